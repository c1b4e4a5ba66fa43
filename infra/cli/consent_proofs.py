"""What must hold about consent, tried out on a real log: the same answer, and exact budgets."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from activities.consent.desk import ConsentDesk
from activities.ledger import Contended, Context
from domain.account.relations import AgeBandDeclared
from domain.cameo.cameo import CameoVersion, References, VersionApproved
from domain.catalog import EVENTS
from domain.consent.check import Reason
from domain.consent.decider import CONSENT
from domain.consent.events import ConsentOpened, LimitsChanged, TierChanged
from domain.consent.plan import CastMember, CastPlan
from domain.consent.situations import Held
from domain.consent.terms import Limits
from domain.kernel.envelope import Metadata
from domain.kernel.ids import event_id, mint
from domain.kernel.model import Event
from domain.kernel.ports import EventLog, Expected, StreamAppend
from infra.cli.consent_worlds import BEGIN, STILL, WorldMaker
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog

CODEC = CatalogCodec(EVENTS)
CONTEXT = Context("bench/consent", "bench/consent")
WORLDS_A_WALK = 15
_PIECE = 500
_METADATA = Metadata(actor="bench/consent", correlation_id="bench", causation_id="bench")


@dataclass(frozen=True)
class Equality:
    """How many worlds were tried, how many answers differed, how many were permitted."""

    worlds: int
    differences: int
    permitted: int


@dataclass(frozen=True)
class Race:
    """What came of many requests for one budget."""

    requests: int
    budget: int
    admitted: int
    reserved: int
    """How many uses stand in the consent's stream afterwards."""
    refused: int
    """How many were refused because the budget was used up, and for no other reason."""


async def tell(log: EventLog, told: Sequence[tuple[str, Event]], name: str = "told") -> None:
    """Write a past into a log, in its order."""
    for index, (stream, event) in enumerate(told):
        new = CODEC.encode(event, event_id(f"{name}-{index}@{stream}", 0), _METADATA)
        await log.append([StreamAppend(stream, int(Expected.ANY), [new])])


async def tell_at_once(log: EventLog, told: Sequence[tuple[str, Event]], name: str) -> None:
    """Write a long past stream by stream, in large pieces: faster, in another order of streams."""
    streams: dict[str, list[Event]] = {}
    for stream, event in told:
        streams.setdefault(stream, []).append(event)
    for stream, events in streams.items():
        for start in range(0, len(events), _PIECE):
            new = [
                CODEC.encode(event, event_id(f"{name}-{start}@{stream}", index), _METADATA)
                for index, event in enumerate(events[start : start + _PIECE])
            ]
            await log.append([StreamAppend(stream, int(Expected.ANY), new)])


async def dry_run_equals_admission(worlds: int, seed: int) -> Equality:
    """Ask without writing, then for good, in each world; then ask again about that position.

    What was permitted must have its uses reserved, and be permitted at the start on the GPU.
    Worlds come in walks: what one admission wrote is a part of the next world.
    """
    maker, differences, permitted = WorldMaker(seed), 0, 0
    for begun in range(0, worlds, WORLDS_A_WALK):
        walk, log = maker.walk(), MemoryEventLog()
        desk = ConsentDesk(log, CODEC)
        for number in range(begun, min(begun + WORLDS_A_WALK, worlds)):
            world = walk.next()
            await tell(log, world.told, f"told-{number}")
            before = await log.head()
            same, admitted = await _agree(desk, world.plan)
            differences += not same
            permitted += admitted
            written = await log.read_all(before)
            walk.judged(world.plan, [(each.stream, CODEC.decode(each)) for each in written])
    return Equality(worlds, differences, permitted)


async def _agree(desk: ConsentDesk, plan: CastPlan) -> tuple[bool, bool]:
    """Whether the answers agree, and whether they permit."""
    dry = await desk.look(plan, "admission")
    admitted = await desk.admit(plan, f"admit-{plan.generation_id}", CONTEXT)
    again = await desk.look(plan, "admission", dry.decision.position)
    same = dry.decision == admitted.decision == again.decision
    if same and admitted.decision.permitted:
        same = (await desk.look(_for_the_gpu(plan), "gpu-start")).decision.permitted
    return same, admitted.decision.permitted


def _for_the_gpu(plan: CastPlan) -> CastPlan:
    return plan.model_copy(update={"at": plan.at + timedelta(seconds=1)})


async def race_for_budget(logs: Sequence[EventLog], requests: int, budget: int) -> Race:
    """Many requests at once for one budget, through as many desks as there are logs.

    Each desk stands for a process of its own: it shares nothing with the others but the log.
    """
    owner, cameo = _id("acc", 1), _id("cam", 2)
    casters = [_id("acc", 10 + each) for each in range(8)]
    await tell(logs[0], _popular(owner, cameo, casters, budget), "popular")
    desks = [ConsentDesk(log, CODEC) for log in logs]

    async def ask(number: int) -> tuple[Reason, ...] | None:
        plan = CastPlan(
            generation_id=_id("gen", 1000 + number),
            caster_id=casters[number % len(casters)],
            plan_key="p" * 64,
            cast=(CastMember(cameo_id=cameo, version=1),),
            at=BEGIN,
        )
        desk = desks[number % len(desks)]
        while True:
            try:
                answer = await desk.admit(plan, f"admit-{number}", CONTEXT)
            except Contended:
                continue
            return None if answer.decision.permitted else answer.decision.verdicts[0].reasons

    answers = await asyncio.gather(*(ask(each) for each in range(requests)))
    recorded = await logs[0].read_stream(CONSENT.stream(cameo))
    state: Any = CONSENT.fold(CODEC.decode(each) for each in recorded)  # type: ignore[misc]
    assert isinstance(state, Held)
    return Race(
        requests=requests,
        budget=budget,
        admitted=sum(each is None for each in answers),
        reserved=state.used,
        refused=sum(each == ("budget-exhausted",) for each in answers),
    )


def _popular(
    owner: str, cameo: str, casters: Sequence[str], budget: int
) -> list[tuple[str, Event]]:
    """Everybody may cast this cameo, so many times in all."""
    expires_at = BEGIN + timedelta(days=365)
    version = CameoVersion(
        number=1,
        enrolment_id=_id("enr", 3),
        references=References(stills=(STILL,)),
        destroy_by=expires_at,
    )
    limits = Limits(expires_at=expires_at)
    bounded = Limits(expires_at=expires_at, uses_max=budget)
    consent = CONSENT.stream(cameo)
    return [
        *(
            (f"relations-{each}", AgeBandDeclared(at=BEGIN, account_id=each, band="adult"))
            for each in (owner, *casters)
        ),
        (
            f"cameo-{cameo}",
            VersionApproved(
                at=BEGIN, cameo_id=cameo, account_id=owner, kind="person", version=version
            ),
        ),
        (
            consent,
            ConsentOpened(
                at=BEGIN,
                cameo_id=cameo,
                owner_id=owner,
                kind="person",
                tier="only-me",
                limits=limits,
                revision=1,
            ),
        ),
        (consent, TierChanged(at=BEGIN, cameo_id=cameo, tier="everyone", revision=2)),
        (consent, LimitsChanged(at=BEGIN, cameo_id=cameo, limits=bounded, revision=3)),
    ]


def _id(prefix: str, number: int) -> str:
    return mint(prefix, BEGIN, number.to_bytes(10, "big"))
