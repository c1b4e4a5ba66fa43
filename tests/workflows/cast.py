"""Words for tests of casts: people who are enrolled, what they allow, and a video with them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from temporalio.client import WorkflowHandle

from activities.ledger import Context, Decision
from domain.account.handle import HANDLE, ClaimHandle
from domain.account.handles import handle_key
from domain.consent.appearance import APPEARANCE, AppearanceNoted, Appearing, appearance_id
from domain.consent.casting import CASTING, Casting
from domain.consent.commands import (
    ChangeLimits,
    ChangeTier,
    DenyCaster,
    RestatePreferences,
    RevokeConsent,
)
from domain.consent.decider import CONSENT
from domain.consent.preferences import Preference
from domain.consent.situations import Held
from domain.consent.terms import Tier
from domain.generation.brief import Brief, Line, Shot
from tests import words
from tests.workflows.enrolling import an_account, an_attempt, submitted
from tests.workflows.examiner import a_clip
from tests.workflows.lab import Lab, draw
from workflows.contracts import Outcome

CONTEXT = Context("client/test", "test")


@dataclass
class Person:
    """Somebody with an approved cameo and a handle."""

    lab: Lab
    name: str
    account_id: str
    cameo_id: str

    @property
    def handle(self) -> str:
        return f"@{self.name}"

    async def lets(self, tier: Tier) -> None:
        """Say who may cast."""
        await self._say(ChangeTier, tier=tier, age_band="adult")

    async def wishes(self, *wishes: Preference) -> None:
        await self._say(RestatePreferences, wishes=wishes, salt="5a" * 32)

    async def forbids(self, **limits: bool) -> None:
        """Set limits: ``publish=False`` lets others generate only."""
        held = await self.consent()
        await self._say(ChangeLimits, limits=held.limits.model_copy(update=limits))

    async def revokes(self) -> None:
        await self._say(RevokeConsent, reason="mine")

    async def denies(self, caster_id: str) -> None:
        await self._say(DenyCaster, caster_id=caster_id)

    async def _say(self, command: type[Any], **said: Any) -> None:
        built = command(
            command_id=draw("cmd"), at=words.moment(), account_id=self.account_id, **said
        )
        await self.lab.ledger.perform([Decision(CONSENT, self.cameo_id, built)], CONTEXT)

    async def consent(self) -> Held:
        state = (await self.lab.ledger.state(CONSENT, self.cameo_id)).state
        assert isinstance(state, Held)
        return state

    async def retakes(self) -> None:
        """Enrol once more: the next version."""
        attempt = await an_attempt(self.lab, account_id=self.account_id, cameo_id=self.cameo_id)
        await (await submitted(attempt, a_clip(self.name))).reaches("approved")

    async def sees(self, handle: WorkflowHandle[Any, Outcome]) -> AppearanceNoted | None:
        """What the owner is told of a generation."""
        identifier = appearance_id(generation_of(handle), self.cameo_id)
        state = (await self.lab.ledger.state(APPEARANCE, identifier)).state
        return state.noted if isinstance(state, Appearing) else None

    async def told(self) -> list[str]:
        """The kinds of notice that the account was posted about casts."""
        notices = [
            each
            for each in await self.lab.log.read_all(limit=100_000)
            if each.type.startswith("notice-posted")
        ]
        said = [json.loads(each.data) for each in notices]
        return [
            each["kind"]
            for each in said
            if each["account_id"] == self.account_id and each["kind"].startswith("cast-")
        ]


async def a_person(lab: Lab, tier: Tier = "everyone") -> Person:
    """Enrolled, with a handle of their own, and cast by whom the tier says."""
    name = f"p{draw('acc')[-12:].lower()}"
    attempt = await submitted(await an_attempt(lab), a_clip(name))
    await attempt.reaches("approved")
    claim = ClaimHandle(
        command_id=draw("cmd"),
        at=words.moment(),
        handle=name,
        account_id=attempt.account_id,
        cameo_id=attempt.cameo_id,
    )
    await lab.ledger.perform([Decision(HANDLE, handle_key(name), claim)], CONTEXT)
    person = Person(lab, name, attempt.account_id, attempt.cameo_id)
    if tier != "only-me":
        await person.lets(tier)
    return person


def a_brief(*people: Person, seconds: float = 1.0, **changes: Any) -> Brief:
    """A video with these people, sampled by the test's own sampler; the prompt calls the last."""
    *cast, last = people
    prompt = f"a dance with {last.handle}"
    lines = tuple(Line(speaker=each.handle, text="Hello.") for each in cast[:1])
    shot = Shot(
        prompt=prompt, seconds=seconds, cast=tuple(each.handle for each in cast), lines=lines
    )
    return Brief.model_validate(
        {
            "prompt": prompt,
            "shots": (shot,),
            "width": 128,
            "height": 80,
            "fps": 8,
            "sampler": "players",
            **changes,
        }
    )


async def a_caster(lab: Lab) -> str:
    """A grown-up without a cameo."""
    return await an_account(lab)


def generation_of(handle: WorkflowHandle[Any, Any]) -> str:
    return str(handle.id.partition("/")[2])


async def casting_of(lab: Lab, handle: WorkflowHandle[Any, Any]) -> Casting:
    """Everything that was decided about a generation's cast."""
    return (await lab.ledger.state(CASTING, generation_of(handle))).state


async def acts_of(lab: Lab, handle: WorkflowHandle[Any, Any]) -> list[tuple[str, bool]]:
    """At which doors it was decided, and how."""
    casting = await casting_of(lab, handle)
    return [(each.decision.act, each.permitted) for each in casting.decisions]
