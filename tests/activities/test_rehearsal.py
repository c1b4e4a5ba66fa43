"""The dry run's door says what the doors of a generation say, at the same position of the log."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from pydantic import ValidationError

from activities.consent.office import CastingOffice
from activities.ledger import Context, Decision, Ledger
from activities.orders import Errand, ReleaseOrder
from domain.account.handle import HANDLE, HandleClaimed
from domain.account.handles import handle_key
from domain.catalog import EVENTS
from domain.consent.casting import CASTING, Casting
from domain.consent.check import ConsentDecision
from domain.consent.commands import RevokeConsent
from domain.consent.decider import CONSENT
from domain.consent.events import ConsentOpened
from domain.consent.refusals import CalledUnknown, CastNotPermitted
from domain.consent.roles import AdmittedCast
from domain.consent.situations import Held
from domain.generation.brief import Brief
from domain.generation.commands import RequestVideo
from domain.generation.decider import GENERATION
from domain.generation.refusals import GenerationUnknown
from domain.kernel.errors import Refusal
from infra import receipts
from infra.api.briefs import GenerationRequest, LineRequest, ShotRequest
from infra.api.checking import CheckRequest, decided
from infra.api.doors import Doors
from infra.cli.consent_proofs import tell
from infra.cli.consent_worlds import RandomWorld, WorldMaker
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from tests import words
from tests.words import an_id

CODEC = CatalogCodec(EVENTS)
CONTEXT = Context("client/test", "test")
FRESH = an_id("gen", 78)
WORLDS = 60
DEEDS = ("waits on the beach", "sings in a bar", "votes", "sleeps", "walks home", "plays poker")


@dataclass
class Round:
    """One random world in a log, and what somebody asks for in it."""

    log: MemoryEventLog
    office: CastingOffice
    doors: Doors
    world: RandomWorld
    request: GenerationRequest

    @property
    def brief(self) -> Brief:
        return self.request.brief()

    @property
    def asked(self) -> dict[str, Any]:
        plan = self.world.plan
        return {
            "generation_id": FRESH,
            "account_id": plan.caster_id,
            "command_id": "ask",
            "at": plan.at,
            "actor": "client/test",
        }

    async def dry(self, **body: Any) -> ConsentDecision | str:
        """What the dry run's door says."""
        try:
            return await decided(self.doors, CheckRequest(**body), self.world.plan.caster_id)
        except Refusal as refusal:
            return refusal.code

    async def admitted(self) -> tuple[ConsentDecision | str, AdmittedCast | None]:
        """What admission says, and whom it admitted."""
        try:
            admitted = await self.office.admit(Errand(**self.asked), self.brief, CONTEXT)
        except CastNotPermitted:
            admitted = None
        except CalledUnknown as unknown:
            return unknown.code, None
        casting = await self.casting()
        assert casting.admission is not None
        return casting.admission.decision, admitted

    async def released(self, admitted: AdmittedCast) -> ConsentDecision:
        """What the release says."""
        order = ReleaseOrder(
            **(self.asked | {"command_id": "release"}),
            video_id=words.VIDEO_ID,
            rendition=words.RENDITION,
            brief=self.brief,
        )
        with suppress(CastNotPermitted):
            await self.office.release(order, admitted, [], CONTEXT)
        decision = (await self.casting()).decisions[-1].decision
        assert decision.act == "publish"
        return decision

    async def casting(self) -> Casting:
        ledger = Ledger(self.log, CODEC)
        return (await ledger.state(CASTING, FRESH)).state


async def a_round(seed: int, home: Path) -> Round:
    chance = np.random.default_rng(seed)
    world, log = WorldMaker(seed).world(), MemoryEventLog()
    await tell(log, world.told)
    cameos = sorted({each.cameo_id for each in world.plan.cast})
    opened = [event for _, event in world.told if isinstance(event, ConsentOpened)]
    owners = {each.cameo_id: each.owner_id for each in opened}
    handles = {
        f"@num{place}{second}": cameo for place, cameo in enumerate(cameos) for second in "ab"
    }
    claims = [
        (
            HANDLE.stream(handle_key(handle)),
            HandleClaimed(
                at=world.plan.at,
                handle=handle[1:],
                account_id=owners.get(cameo, world.plan.caster_id),
                cameo_id=cameo,
            ),
        )
        for handle, cameo in handles.items()
    ]
    await tell(log, claims, "claims")
    names = [*handles, *handles, "@nobody.here"]
    office = CastingOffice(log, CODEC, receipts.ensure(home))
    doors = SimpleNamespace(
        ledger=Ledger(log, CODEC),
        office=office,
        desk=office.desk,
        clock=lambda: world.plan.at,
        draw=lambda prefix: an_id(prefix, 77),
    )
    return Round(log, office, cast(Doors, doors), world, a_request(chance, names))


def a_request(chance: np.random.Generator, names: list[str]) -> GenerationRequest:
    """Shots with a few of these people, of whom some speak and some are only spoken of."""
    shots = []
    for _ in range(int(chance.integers(1, 3))):
        people = list(dict.fromkeys(chance.choice(names, size=int(chance.integers(0, 3))).tolist()))
        deed = str(chance.choice(DEEDS))
        lines = [
            LineRequest(text=f"She {chance.choice(DEEDS)}", speaker=each)
            for each in people
            if chance.random() < 0.4
        ]
        shots.append(ShotRequest(prompt=f"Somebody {deed}", seconds=6.0, cast=people, lines=lines))
    also = str(chance.choice(names)) if chance.random() < 0.3 else "somebody"
    return GenerationRequest(prompt=f"{also} {chance.choice(DEEDS)}", shots=shots)


async def test_the_dry_run_of_a_brief_is_what_its_admission_decides(tmp_path: Path) -> None:
    seen: Counter[str] = Counter()
    for seed in range(WORLDS):
        each = await a_round(seed, tmp_path)
        dry = await each.dry(brief=each.request)
        if not any(each.brief.called):
            assert isinstance(dry, ConsentDecision)
            assert (dry.permitted, dry.verdicts) == (True, ())
            continue
        admission, _ = await each.admitted()
        assert dry == admission, f"seed {seed}"
        if isinstance(dry, str):
            seen[dry] += 1
            continue
        seen["permitted" if dry.permitted else "refused"] += 1
        seen.update({reason for verdict in dry.verdicts for reason in verdict.reasons})
    told = {"permitted", "refused", "called-unknown", "voice-refused", "scene-refused"}
    assert told <= set(seen), seen


async def test_the_dry_run_of_a_publication_is_what_the_release_decides(tmp_path: Path) -> None:
    seen: Counter[bool] = Counter()
    for seed in range(WORLDS):
        each = await a_round(seed, tmp_path)
        if not any(each.brief.called):
            continue
        _, admitted = await each.admitted()
        if admitted is None:
            continue
        asked = RequestVideo(
            command_id="request",
            at=each.world.plan.at,
            generation_id=FRESH,
            account_id=each.world.plan.caster_id,
            brief=each.brief,
        )
        ledger = Ledger(each.log, CODEC)
        await ledger.perform([Decision(GENERATION, asked.generation_id, asked)], CONTEXT)
        if seed % 2:
            cameo = admitted.roles[0].cameo_id
            consent = (await ledger.state(CONSENT, cameo)).state
            assert isinstance(consent, Held)
            revoke = RevokeConsent(
                command_id="revoke",
                at=each.world.plan.at + timedelta(seconds=1),
                account_id=consent.owner_id,
                reason="mine",
            )
            await ledger.perform([Decision(CONSENT, cameo, revoke)], CONTEXT)
        dry = await each.dry(act="publish", generation_id=asked.generation_id)
        assert isinstance(dry, ConsentDecision)
        assert dry == await each.released(admitted), f"seed {seed}"
        seen[dry.permitted] += 1
    assert min(seen[True], seen[False]) > 1, seen


async def test_a_generation_of_another_and_one_that_never_was_are_unknown(tmp_path: Path) -> None:
    each = await a_round(1, tmp_path)
    told = await each.dry(act="publish", generation_id=FRESH)
    assert told == GenerationUnknown.code
    await Ledger(each.log, CODEC).perform(
        [Decision(GENERATION, words.GENERATION_ID, words.request_video())], CONTEXT
    )
    told = await each.dry(act="publish", generation_id=words.GENERATION_ID)
    assert told == GenerationUnknown.code


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"act": "publish", "cast": [{"handle": "@ada"}]}, "name the generation_id"),
        ({"generation_id": words.GENERATION_ID}, "ask one thing"),
        ({}, "ask one thing"),
        ({"brief": {"prompt": "@ada"}, "cast": [{"handle": "@ada"}]}, "ask one thing"),
        ({"brief": {"prompt": "@ada"}, "surface": "cinema"}, "leave out surface"),
        ({"cast": []}, "the cast is empty"),
    ],
)
def test_what_cannot_be_asked_together_is_refused_with_what_to_ask_instead(
    body: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        CheckRequest.model_validate(body)


def test_whoever_is_cast_without_a_brief_is_silent_unless_said_otherwise() -> None:
    [silent] = CheckRequest.model_validate({"cast": [{"handle": "@ada"}]}).cast
    assert (silent.face, silent.voice) == (True, False)
