"""Random worlds for consent: people, cameos and a past that the deciders themselves allowed.

A world comes from a seed alone. Its past is a walk of random commands; what a decider refuses is
left out. The last thing is a plan that somebody wants to have admitted. A walk that goes on after
it gives another world, and so on: many worlds at the price of one past.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from domain.account.relating import (
    RELATIONS,
    BlockAccount,
    DeclareAgeBand,
    FollowAccount,
    UnblockAccount,
    UnfollowAccount,
)
from domain.cameo.cameo import CameoVersion, References
from domain.cameo.keeping import CAMEO, ApproveVersion, DeleteCameo, ReinstateCameo, SuspendCameo
from domain.consent import commands as ask
from domain.consent.decider import CONSENT
from domain.consent.plan import CastMember, CastPlan
from domain.consent.preferences import Preference
from domain.consent.terms import Limits
from domain.kernel.decider import Decider
from domain.kernel.errors import Refusal
from domain.kernel.ids import mint
from domain.kernel.model import Command, Event
from domain.video.media import MediaFile, content_key

ACCOUNTS: Final = 4
CAMEOS: Final = 3
STEPS_MAX: Final = 24
STEPS_BETWEEN_MAX: Final = 5
BEGIN: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
_SCENES: Final = ("beach", "bar", "crowd")
_TOPICS: Final = ("politics", "gambling", "health")
STILL: Final = MediaFile(
    key=content_key("f" * 64, "image/jpeg"), sha256="f" * 64, size=1000, content_type="image/jpeg"
)


@dataclass
class Past:
    """What happened, as (stream, event), and how every aggregate stands after it."""

    told: list[tuple[str, Event]] = field(default_factory=list)
    states: dict[str, Any] = field(default_factory=dict)
    at: datetime = BEGIN

    def tell(self, decider: Decider[Any, Any, Any], identifier: str, command: Command) -> None:
        """Carry a command out; one that is refused changes nothing."""
        stream = decider.stream(identifier)
        state = self.states.get(stream, decider.initial)
        try:
            events: Sequence[Event] = decider.decide(command, state)
        except Refusal:
            return
        for event in events:
            state = decider.evolve(state, event)
            self.told.append((stream, event))
        self.states[stream] = state

    def hear(self, happened: Sequence[tuple[str, Event]]) -> None:
        """What others decided about consent, so that it stands here as it stands in the log."""
        for stream, event in happened:
            if stream in self.states and stream.startswith(CONSENT.category):
                evolve: Callable[[Any, Any], Any] = CONSENT.evolve
                self.states[stream] = evolve(self.states[stream], event)


@dataclass(frozen=True)
class RandomWorld:
    """A past, and the plan that is to be judged after it."""

    told: tuple[tuple[str, Event], ...]
    plan: CastPlan


class WorldMaker:
    """Makes one world after another from one seed."""

    def __init__(self, seed: int) -> None:
        self._chance = np.random.default_rng(seed)
        self._serial = 0

    def world(self) -> RandomWorld:
        """The next world; its ids are new, so that many worlds fit into one log."""
        walk = self._begun()
        for _ in range(int(self._chance.integers(0, STEPS_MAX))):
            walk.past.at += timedelta(hours=1)
            walk.step()
        return RandomWorld(tuple(walk.past.told), walk.plan())

    def walk(self) -> Walk:
        """A past that begins, and goes on as long as it is asked to."""
        return Walk(self._begun(), lambda: self._id("gen"))

    def _begun(self) -> _Walk:
        accounts = [self._id("acc") for _ in range(ACCOUNTS)]
        cameos = [self._id("cam") for _ in range(CAMEOS)]
        generations = [self._id("gen") for _ in range(4)]
        walk = _Walk(self._chance, Past(), accounts, cameos, generations)
        walk.begin()
        return walk

    def _id(self, prefix: str) -> str:
        self._serial += 1
        return mint(prefix, BEGIN, self._serial.to_bytes(10, "big"))


class Walk:
    """Worlds one after the other, each a little later than the one before."""

    def __init__(self, walk: _Walk, fresh: Callable[[], str]) -> None:
        self._walk, self._fresh = walk, fresh
        self._told = 0

    def next(self) -> RandomWorld:
        """What happened since the last world, and what somebody wants now."""
        past = self._walk.past
        for _ in range(self._walk.below(STEPS_BETWEEN_MAX)):
            past.at += timedelta(hours=1)
            self._walk.step()
        news = tuple(past.told[self._told :])
        self._told = len(past.told)
        return RandomWorld(news, self._walk.plan())

    def judged(self, plan: CastPlan, happened: Sequence[tuple[str, Event]]) -> None:
        """What an admission wrote is a part of the past; its generation is not asked for again."""
        self._walk.past.hear(happened)
        asked = self._walk.generations
        asked[asked.index(plan.generation_id)] = self._fresh()


class _Walk:
    """One past in the making."""

    def __init__(
        self,
        chance: np.random.Generator,
        past: Past,
        accounts: list[str],
        cameos: list[str],
        generations: list[str],
    ) -> None:
        self.chance, self.past = chance, past
        self.accounts, self.cameos, self.generations = accounts, cameos, generations
        self.owner = {each: accounts[index % 2] for index, each in enumerate(cameos)}
        self.steps: tuple[Callable[[], None], ...] = (
            *(self._relation,) * 6,
            *(self._list,) * 4,
            *(self._tier,) * 4,
            *(self._limits,) * 2,
            *(self._use,) * 4,
            self._age,
            self._keeping,
            self._revocation,
            self._wishes,
        )

    def begin(self) -> None:
        """Ages, enrolments and opened consents; now and then something is missing."""
        for account in self.accounts:
            if self._luck(0.97):
                self._age(account)
            for other in self.accounts:
                if other != account and self._luck(0.4):
                    follow = FollowAccount(**self._now(), account_id=account, other_id=other)
                    self.past.tell(RELATIONS, account, follow)
        for cameo in self.cameos:
            if self._luck(0.97):
                self._enrol(cameo, 1)
            if self._luck(0.97):
                opened = ask.OpenConsent(
                    **self._now(),
                    cameo_id=cameo,
                    owner_id=self.owner[cameo],
                    kind=self._kind(cameo),
                )
                self.past.tell(CONSENT, cameo, opened)
                self._tier(cameo)

    def step(self) -> None:
        """One more thing that somebody does."""
        self.steps[self.below(len(self.steps))]()

    def plan(self) -> CastPlan:
        """What somebody wants to have admitted, sooner or later."""
        count = self._one((1, 1, 1, 2, 2, 3))
        cast_from = self.chance.permutation(self.cameos)[:count].tolist()
        cast = tuple(
            CastMember(
                cameo_id=cameo,
                version=1 + self.below(16) // 15,
                face=self._luck(0.9),
                voice=self._luck(0.8),
            )
            for cameo in cast_from
        )
        return CastPlan(
            generation_id=self._one(self.generations),
            caster_id=self._one(self.accounts),
            plan_key="p" * 64,
            cast=cast,
            at=self.past.at + timedelta(days=self._one((*(1,) * 8, 30, 400))),
            destination=self._one(("draft", "post")),
            scenes=tuple(each for each in _SCENES if self._luck(0.05)),
            topics=tuple(each for each in _TOPICS if self._luck(0.05)),
            territory=self._one((None, "DE", "DE", "DE", "FR")),
        )

    def _relation(self) -> None:
        one, other = self._one(self.accounts), self._one(self.accounts)
        kind = self._one((*(FollowAccount,) * 3, UnfollowAccount, BlockAccount, UnblockAccount))
        command = kind(**self._now(), account_id=one, other_id=other)
        self.past.tell(RELATIONS, one, command)

    def _age(self, account: str | None = None) -> None:
        account = account or self._one(self.accounts)
        band = self._one((*("adult",) * 14, "under_18", "under_13"))
        self.past.tell(
            RELATIONS, account, DeclareAgeBand(**self._now(), account_id=account, band=band)
        )

    def _enrol(self, cameo: str, number: int) -> None:
        version = CameoVersion(
            number=number,
            enrolment_id=cameo.replace("cam_", "enr_"),
            references=References(stills=(STILL,)),
            destroy_by=self.past.at + timedelta(days=365),
        )
        command = ApproveVersion(
            **self._now(),
            cameo_id=cameo,
            account_id=self.owner[cameo],
            kind=self._kind(cameo),
            version=version,
        )
        self.past.tell(CAMEO, cameo, command)

    def _keeping(self) -> None:
        cameo = self._one(self.cameos)
        match self.below(8):
            case 0:
                self.past.tell(CAMEO, cameo, DeleteCameo(**self._now(), reason="owner-asked"))
            case 1 | 2:
                suspend = SuspendCameo(**self._now(), reason="rescored", alarm="rescore")
                self.past.tell(CAMEO, cameo, suspend)
            case 3 | 4:
                self.past.tell(CAMEO, cameo, ReinstateCameo(**self._now(), reason="reviewed"))
            case _:
                self._enrol(cameo, 2)

    def _tier(self, cameo: str | None = None) -> None:
        cameo = cameo or self._one(self.cameos)
        tier = self._one(("only-me", "approved", "mutuals", "everyone", "everyone"))
        self._owner_asks(ask.ChangeTier, cameo, tier=tier, age_band="adult")

    def _list(self) -> None:
        approving = (ask.ApproveCaster, ask.ApproveCaster, ask.RemoveApproval)
        kind = self._one((*approving, ask.DenyCaster, ask.RemoveDenial))
        self._owner_asks(kind, self._one(self.cameos), caster_id=self._one(self.accounts))

    def _limits(self) -> None:
        limits = Limits(
            expires_at=self.past.at + timedelta(days=self._one((20, 365, 365, 700))),
            uses_max=self._one((None, None, None, 0, 1, 2)),
            refused_scenes=tuple(each for each in _SCENES if self._luck(0.2)),
            refused_topics=tuple(each for each in _TOPICS if self._luck(0.2)),
            face=self._luck(0.9),
            voice=self._luck(0.8),
            generate=self._luck(0.9),
            publish=self._luck(0.8),
            territories=self._one((None, None, ("DE",))),
        )
        self._owner_asks(ask.ChangeLimits, self._one(self.cameos), limits=limits)

    def _wishes(self) -> None:
        wishes = (Preference(kind="always", thing=self._one(("a hat", "a scarf"))),)
        salt = "5a" * 32
        self._owner_asks(ask.RestatePreferences, self._one(self.cameos), wishes=wishes, salt=salt)

    def _revocation(self) -> None:
        cameo = self._one(self.cameos)
        if self._luck(0.5):
            self._owner_asks(ask.RevokeConsent, cameo, reason="owner-asked")
        else:
            self._owner_asks(ask.RestoreConsent, cameo)

    def _use(self) -> None:
        cameo, generation = self._one(self.cameos), self._one(self.generations)
        if self._luck(0.3):
            release = ask.ReleaseUse(**self._now(), generation_id=generation, reason="failed")
            self.past.tell(CONSENT, cameo, release)
            return
        held = self.past.states.get(CONSENT.stream(cameo))
        caster = self._one(self.accounts)
        reserve = ask.ReserveUse(
            **self._now(),
            generation_id=generation,
            caster_id=caster,
            version=1,
            rule="self" if caster == self.owner[cameo] else "everyone",
            revision=held.revision if held else 1,
            position=1,
        )
        self.past.tell(CONSENT, cameo, reserve)

    def _owner_asks(self, kind: type[ask.OwnersCommand], cameo: str, **fields: Any) -> None:
        command = kind(**self._now(), account_id=self.owner[cameo], **fields)
        self.past.tell(CONSENT, cameo, command)

    def _kind(self, cameo: str) -> Any:
        return "pet" if cameo == self.cameos[-1] else "person"

    def _now(self) -> Any:
        return {"command_id": f"c{len(self.past.told)}", "at": self.past.at}

    def below(self, bound: int) -> int:
        """One of so many, by chance."""
        return int(self.chance.integers(bound))

    def _one(self, choices: Sequence[Any]) -> Any:
        return choices[self.below(len(choices))]

    def _luck(self, share: float) -> bool:
        return bool(self.chance.random() < share)
