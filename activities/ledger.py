"""The ledger: load a stream, fold it, decide, and append where it was read.

A command's events get ids that follow from the command, so a step that is done twice finds its own
events and stops. Several decisions are written in one atomic append, or not at all.

What was folded up to some revision stays true. Of the few streams that are long, such as the
consent of a cameo that many cast, that is kept, so that only their news is read again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from domain.kernel.decider import Decider
from domain.kernel.envelope import Metadata, NewEvent
from domain.kernel.ids import event_id
from domain.kernel.model import Command, Event
from domain.kernel.ports import (
    START,
    EventCodec,
    EventLog,
    Expected,
    LogUnavailable,
    StreamAppend,
    StreamCheck,
    WrongRevision,
)

S = TypeVar("S")

ATTEMPTS_MAX: Final = 8
LONG: Final = 256
"""A stream of so many events is kept as it was read."""
LONG_STREAMS_KEPT: Final = 256
PAGE: Final = 1000


class Contended(LogUnavailable):
    """Other writers kept moving the stream between reading and appending. Trying again is safe."""


@dataclass(frozen=True)
class Context:
    """Who acts, in which story, under which trace."""

    actor: str
    correlation_id: str
    traceparent: str | None = None


@dataclass(frozen=True)
class Standing(Generic[S]):
    """A situation, and the revision of the last event that led to it (-1: no events)."""

    state: S
    revision: int
    position: int


@dataclass(frozen=True)
class Decision:
    """One command for one aggregate."""

    decider: Decider[Any, Any, Any]
    identifier: str
    command: Command


@dataclass(frozen=True)
class Guard:
    """What must hold elsewhere, and must not have moved by the time of the append."""

    decider: Decider[Any, Any, Any]
    identifier: str
    require: Callable[[Any], None]


@dataclass(frozen=True)
class Performed:
    """What came of it: the situations reached, the new events, and where in the log they stand."""

    states: tuple[Any, ...]
    events: tuple[Event, ...]
    position: int


@dataclass(frozen=True)
class _Read:
    """A stream up to a revision: how it stands, and which events led there."""

    state: Any
    revision: int = int(Expected.NO_STREAM)
    position: int = START
    ids: set[UUID] = field(default_factory=set)


@dataclass
class _Draft:
    appends: list[StreamAppend] = field(default_factory=list)
    states: list[Any] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    position: int = START


class Ledger:
    """Decides on the event log for every activity that has something to decide."""

    def __init__(self, log: EventLog, codec: EventCodec) -> None:
        self._log, self._codec = log, codec
        self._long: OrderedDict[str, _Read] = OrderedDict()

    async def state(self, decider: Decider[Any, S, Any], identifier: str) -> Standing[S]:
        """How an aggregate stands."""
        read = await self._read(decider, decider.stream(identifier))
        return Standing(read.state, read.revision, read.position)

    async def events(self, decider: Decider[Any, Any, Any], identifier: str) -> list[Event]:
        """What has happened to an aggregate, oldest first."""
        recorded = await self._log.read_stream(decider.stream(identifier))
        return [self._codec.decode(each) for each in recorded]

    async def check(self, guard: Guard) -> StreamCheck:
        """That a stream stays where it satisfies the guard. Raises what the guard raises."""
        standing = await self.state(guard.decider, guard.identifier)
        guard.require(standing.state)
        return StreamCheck(guard.decider.stream(guard.identifier), standing.revision)

    async def perform(
        self,
        decisions: Sequence[Decision],
        context: Context,
        guards: Sequence[Guard] = (),
    ) -> Performed:
        """Carry out commands, all or none. Raises a ``Refusal``, or ``Contended``."""
        for _ in range(ATTEMPTS_MAX):
            draft = _Draft()
            for decision in decisions:
                await self._decide(decision, context, draft)
            if not draft.appends:
                return Performed(tuple(draft.states), (), draft.position)
            checks = [await self.check(guard) for guard in guards]
            try:
                appended = await self._log.append(draft.appends, checks)
            except WrongRevision:
                continue
            return Performed(tuple(draft.states), tuple(draft.events), appended.position)
        streams = ", ".join(each.decider.stream(each.identifier) for each in decisions)
        raise Contended(f"{streams} moved {ATTEMPTS_MAX} times while deciding; try again.")

    async def _decide(self, decision: Decision, context: Context, draft: _Draft) -> None:
        decider, command = decision.decider, decision.command
        stream = decider.stream(decision.identifier)
        read = await self._read(decider, stream)
        state = read.state
        draft.position = max(draft.position, read.position)

        if event_id(f"{command.command_id}@{stream}", 0) in read.ids:
            draft.states.append(state)
            return  # this very command was carried out before

        events = decider.decide(command, state)
        for event in events:
            state = decider.evolve(state, event)
        draft.states.append(state)
        if events:
            new = envelopes(self._codec, events, stream, command, context)
            draft.appends.append(StreamAppend(stream, read.revision, new))
            draft.events.extend(events)

    async def _read(self, decider: Decider[Any, Any, Any], stream: str) -> _Read:
        """The stream as it is now, from what is kept of it where that is long."""
        read, whole = self._long.get(stream) or _Read(decider.initial), False
        while not whole:
            page = await self._log.read_stream(stream, after=read.revision, limit=PAGE)
            whole = len(page) < PAGE
            if page:
                state = read.state
                for each in page:
                    state = decider.evolve(state, self._codec.decode(each))
                read.ids.update(each.event_id for each in page)
                read = _Read(state, page[-1].revision, page[-1].position, read.ids)
            if read.revision >= LONG:
                self._keep(stream, read)
        return read

    def _keep(self, stream: str, read: _Read) -> None:
        kept = self._long.get(stream)
        if kept is None or kept.revision <= read.revision:
            self._long[stream] = read
        self._long.move_to_end(stream)
        while len(self._long) > LONG_STREAMS_KEPT:
            self._long.popitem(last=False)


def envelopes(
    codec: EventCodec,
    events: Sequence[Event],
    stream: str,
    command: Command,
    context: Context,
) -> list[NewEvent]:
    """A command's events on their way into a stream, under ids that follow from the command."""
    metadata = Metadata(
        actor=context.actor,
        correlation_id=context.correlation_id,
        causation_id=command.command_id,
        traceparent=context.traceparent,
    )
    return [
        codec.encode(event, event_id(f"{command.command_id}@{stream}", index), metadata)
        for index, event in enumerate(events)
    ]
