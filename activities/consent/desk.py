"""The consent desk: reads the facts at one position, asks the one check, and admits exactly.

An admission is one atomic append: a reserved use in each cameo's consent and the recorded decision,
on the condition that nothing the check had looked at has changed since. Who loses a race reads
again and decides anew; so a budget of n admits n, however many ask at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Final
from weakref import WeakValueDictionary

from activities.consent.reader import FactsReader, Sight
from activities.ledger import (
    Contended,
    Context,
    Decision,
    Guard,
    Ledger,
    Standing,
    envelopes,
)
from domain.account.relating import RELATIONS
from domain.cameo.keeping import CAMEO
from domain.consent.casting import (
    CASTING,
    Casting,
    CastingDecided,
    RecordDecision,
)
from domain.consent.check import ConsentDecision, check
from domain.consent.commands import ReserveUse
from domain.consent.decider import CONSENT
from domain.consent.plan import CastPlan
from domain.consent.receipt import Receipt, receipts
from domain.consent.situations import Consent, Held
from domain.consent.terms import Act
from domain.consent.world import World
from domain.kernel.ids import event_id
from domain.kernel.ports import EventCodec, EventLog, StreamAppend, StreamCheck, WrongRevision

ATTEMPTS_MAX: Final = 32


class FactsMoved(Exception):
    """Something that the check looked at has changed since."""


@dataclass(frozen=True)
class Answer:
    """What was decided about a plan, and the world that it was decided from."""

    plan: CastPlan
    decision: ConsentDecision
    world: World

    def named(self, plan_key: str) -> Answer:
        """The same answer about a plan of this name."""
        return replace(self, plan=self.plan.model_copy(update={"plan_key": plan_key}))

    def receipts(self) -> tuple[Receipt, ...]:
        """One receipt for each person of a decision that permits."""
        return receipts(self.world, self.plan, self.decision)

    def guards(self) -> tuple[Guard, ...]:
        """What must not have changed by the time of an append that rests on this answer.

        The ledger raises ``FactsMoved`` for what has; look again then. Uses of other generations
        do not matter.
        """
        world, plan = self.world, self.plan
        found = [
            Guard(CAMEO, each.cameo_id, _same(world.cameo(each.cameo_id))) for each in plan.cast
        ]
        people = {plan.caster_id, *_owners(world)}
        found += [Guard(RELATIONS, each, _same(world.relations(each))) for each in sorted(people)]
        found += [
            Guard(CONSENT, each.cameo_id, _same_terms(world, each.cameo_id, plan.generation_id))
            for each in plan.cast
        ]
        return tuple(found)


class ConsentDesk:
    """Answers whether a cast is permitted, for every door."""

    def __init__(self, log: EventLog, codec: EventCodec) -> None:
        self._log, self._codec = log, codec
        self._ledger, self._facts = Ledger(log, codec), FactsReader(log, codec)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def world(
        self, cameo_ids: Iterable[str], caster_id: str, position: int | None = None
    ) -> World:
        """What is true about these cameos and this caster now, or was at an earlier position."""
        return (await self._facts.sight(cameo_ids, caster_id, position)).world

    async def look(self, plan: CastPlan, act: Act, position: int | None = None) -> Answer:
        """What the check says, without writing anything: the dry run, and the later doors."""
        return (await self._look(plan, act, position))[0]

    async def admit(
        self,
        plan: CastPlan,
        command_id: str,
        context: Context,
        guards: Sequence[Guard] = (),
        key: Callable[[ConsentDecision], str] | None = None,
    ) -> Answer:
        """Decide at admission and write it down; a permitted cast has its uses reserved.

        ``key`` names a plan by what is decided about it; without one it keeps its own name. Asked
        again for the same plan, it gives the first answer. Raises ``Contended`` when others kept
        moving the streams, and what the ``guards`` raise, which must hold at the append.
        """
        async with self._turn([each.cameo_id for each in plan.cast]):
            for _ in range(ATTEMPTS_MAX):
                casting = await self._ledger.state(CASTING, plan.generation_id)
                if known := await self._known(plan, casting.state, key):
                    return known
                answer, sight = await self._look(plan, "admission")
                if key is not None:
                    answer = answer.named(key(answer.decision))
                appends = self._appends(answer, sight, casting, command_id, context)
                written = {each.stream for each in appends}
                held = [await self._ledger.check(each) for each in guards]
                try:
                    await self._log.append(appends, (*_unmoved(answer, sight, written), *held))
                except WrongRevision:
                    continue
                return answer
        raise Contended(f"casting-{plan.generation_id} met {ATTEMPTS_MAX} races; try again.")

    async def allow(
        self,
        plan: CastPlan,
        act: Act,
        decisions: Sequence[Decision],
        command_id: str,
        context: Context,
        guards: Sequence[Guard] = (),
    ) -> Answer:
        """Carry out what rests on consent, in one append with the record of why it may.

        This is how the GPU is started and how a video is published: consent is judged, and the
        append fails when anything it was judged from has changed. What is refused is recorded, and
        nothing else is done. The same command asked again gives its first answer; another command
        is judged anew. Raises ``Contended``, or what the decisions themselves refuse.
        """
        for _ in range(ATTEMPTS_MAX):
            if known := await self._carried_out(plan, command_id):
                return known
            answer = await self.look(plan, act)
            record = _record(answer, command_id)
            if not answer.decision.permitted:
                await self._ledger.perform([record], context)
                return answer
            with suppress(FactsMoved, Contended):
                await self._ledger.perform(
                    [*decisions, record], context, (*answer.guards(), *guards)
                )
                return answer
        raise Contended(f"casting-{plan.generation_id} met {ATTEMPTS_MAX} races; try again.")

    async def record(self, answer: Answer, command_id: str, context: Context) -> None:
        """Write down what was decided at a later door."""
        await self._ledger.perform([_record(answer, command_id)], context)

    async def _look(
        self, plan: CastPlan, act: Act, position: int | None = None
    ) -> tuple[Answer, Sight]:
        cast = [each.cameo_id for each in plan.cast]
        sight = await self._facts.sight(cast, plan.caster_id, position)
        return Answer(plan, check(sight.world, plan, act), sight.world), sight

    async def _known(
        self, plan: CastPlan, casting: Casting, key: Callable[[ConsentDecision], str] | None
    ) -> Answer | None:
        """The answer that this plan's admission was given before."""
        for decided in casting.decisions:
            names = {plan.plan_key, *((key(decided.decision),) if key else ())}
            if decided.plan_key in names and decided.decision.act == "admission":
                return await self._given(plan, decided)
        return None

    async def _carried_out(self, plan: CastPlan, command_id: str) -> Answer | None:
        """The answer that this very command was given before."""
        stream = CASTING.stream(plan.generation_id)
        first = event_id(f"{command_id}@{stream}", 0)
        for each in await self._log.read_stream(stream):
            if each.event_id == first:
                decided = self._codec.decode(each)
                assert isinstance(decided, CastingDecided)
                return await self._given(plan, decided)
        return None

    async def _given(self, plan: CastPlan, decided: CastingDecided) -> Answer:
        """An answer of the past, with the world that it was decided from."""
        cast = [each.cameo_id for each in plan.cast]
        world = await self.world(cast, plan.caster_id, decided.decision.position)
        said = {"at": decided.at, "plan_key": decided.plan_key}
        return Answer(plan.model_copy(update=said), decided.decision, world)

    def _appends(
        self,
        answer: Answer,
        sight: Sight,
        casting: Standing[Casting],
        command_id: str,
        context: Context,
    ) -> list[StreamAppend]:
        """The decision, and each use where its consent was read. Nothing is read again."""
        record = _record(answer, command_id)
        draft: list[tuple[Decision, Any, int]] = [(record, casting.state, casting.revision)]
        if answer.decision.permitted:
            for each in _reservations(answer, command_id):
                consent = answer.world.consent(each.identifier)
                revision = sight.revisions[CONSENT.stream(each.identifier)]
                draft.insert(0, (each, consent, revision))
        appends = []
        for decision, state, revision in draft:
            stream = decision.decider.stream(decision.identifier)
            events = decision.decider.decide(decision.command, state)
            new = envelopes(self._codec, events, stream, decision.command, context)
            appends += [StreamAppend(stream, revision, new)] if new else []
        return appends

    @asynccontextmanager
    async def _turn(self, cameo_ids: Iterable[str]) -> AsyncIterator[None]:
        """One admission at a time for a cameo in this process, so that races cost less.

        Exactness rests on the log alone; other processes are met there.
        """
        async with AsyncExitStack() as stack:
            for each in sorted(cameo_ids):
                lock = self._turns.setdefault(each, asyncio.Lock())
                await stack.enter_async_context(lock)
            yield


def _unmoved(answer: Answer, sight: Sight, written: set[str]) -> tuple[StreamCheck, ...]:
    """That nothing has moved which a permission rests on; a refusal rests on nothing."""
    if not answer.decision.permitted:
        return ()
    return tuple(
        StreamCheck(stream, revision)
        for stream, revision in sorted(sight.revisions.items())
        if stream not in written
    )


def _record(answer: Answer, command_id: str) -> Decision:
    plan = answer.plan
    command = RecordDecision(
        command_id=command_id,
        at=plan.at,
        generation_id=plan.generation_id,
        caster_id=plan.caster_id,
        plan_key=plan.plan_key,
        decision=answer.decision,
    )
    return Decision(CASTING, plan.generation_id, command)


def _reservations(answer: Answer, command_id: str) -> list[Decision]:
    plan, found = answer.plan, []
    for verdict in answer.decision.verdicts:
        assert verdict.rule is not None, "a verdict that permits names its rule"
        command = ReserveUse(
            command_id=command_id,
            at=plan.at,
            generation_id=plan.generation_id,
            caster_id=plan.caster_id,
            version=verdict.version,
            rule=verdict.rule,
            revision=verdict.revision,
            position=answer.decision.position,
        )
        found.append(Decision(CONSENT, verdict.cameo_id, command))
    return found


def _owners(world: World) -> set[str]:
    return {each.owner_id for each in world.consents.values() if isinstance(each, Held)}


def _same(seen: object) -> Callable[[Any], None]:
    def require(now: Any) -> None:
        if now != seen:
            raise FactsMoved

    return require


def _same_terms(world: World, cameo_id: str, generation_id: str) -> Callable[[Consent], None]:
    """The same terms and the same use of this generation; uses of others do not matter."""

    def of(consent: Consent) -> tuple[object, ...]:
        if not isinstance(consent, Held):
            return ()
        return consent.revision, consent.epoch, consent.uses.get(generation_id)

    seen = of(world.consent(cameo_id))

    def require(now: Consent) -> None:
        if of(now) != seen:
            raise FactsMoved

    return require
