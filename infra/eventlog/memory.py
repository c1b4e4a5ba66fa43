"""The event log's twin in memory: the same manners, for tests and for trying things out."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Final, Self
from uuid import UUID

from domain.kernel.envelope import NewEvent, RecordedEvent
from domain.kernel.ports import (
    START,
    Appended,
    Expected,
    StreamAppend,
    StreamCheck,
    WrongRevision,
)
from infra.clock import Clock, system_clock
from infra.eventlog.codec import encode_metadata
from infra.eventlog.requests import id_taken, require_valid

POSITION_STEP: Final = 8
"""Positions leave gaps, so that nobody counts on a log without them."""


class MemoryEventLog:
    """All events in one list. It belongs to one event loop and forgets everything at the end."""

    def __init__(self, clock: Clock = system_clock) -> None:
        self._clock = clock
        self._events: list[RecordedEvent] = []
        self._streams: dict[str, list[RecordedEvent]] = {}
        self._by_id: dict[UUID, RecordedEvent] = {}
        self._grown = asyncio.Condition()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    async def append(
        self, appends: Sequence[StreamAppend], checks: Sequence[StreamCheck] = ()
    ) -> Appended:
        """Write to several streams atomically, or raise ``WrongRevision`` and write nothing."""
        require_valid(appends, checks)
        async with self._grown:
            if repeated := self._repeated(appends):
                return repeated
            entries: list[StreamAppend | StreamCheck] = [*appends, *checks]
            for entry in entries:
                self._require_revision(entry)
            self._require_new_ids(appends)
            revisions = tuple(self._write(entry) for entry in appends)
            self._grown.notify_all()
            return Appended(self._last_position(), revisions)

    async def read_stream(
        self, stream: str, after: int = -1, limit: int | None = None
    ) -> list[RecordedEvent]:
        """A stream's events after a revision, oldest first."""
        first = max(after + 1, 0)
        return self._streams.get(stream, [])[first : None if limit is None else first + limit]

    async def read_all(self, after: int = START, limit: int = 1000) -> list[RecordedEvent]:
        """Events of all streams after a position, in log order."""
        first = bisect_right(self._events, after, key=lambda event: event.position)
        return self._events[first : first + limit]

    async def head(self) -> int:
        """The position of the last event, or ``START``."""
        return self._last_position()

    async def subscribe(self, after: int = START) -> AsyncIterator[list[RecordedEvent]]:
        """Batches after a position, then new ones as they are written."""
        while True:
            async with self._grown:
                while self._last_position() <= after:
                    await self._grown.wait()
            batch = await self.read_all(after)
            after = batch[-1].position
            yield batch

    def _repeated(self, appends: Sequence[StreamAppend]) -> Appended | None:
        """Where these very events stand already, when that is where they would be written."""
        lasts = [self._standing(entry) for entry in appends]
        found = [last for last in lasts if last is not None]
        if len(found) < len(appends):
            return None
        return Appended(max(e.position for e in found), tuple(e.revision for e in found))

    def _standing(self, entry: StreamAppend) -> RecordedEvent | None:
        first = self._by_id.get(entry.events[0].event_id)
        if first is None or first.stream != entry.stream:
            return None
        if entry.expected >= Expected.NO_STREAM and first.revision != entry.expected + 1:
            return None
        there = self._streams[entry.stream][first.revision : first.revision + len(entry.events)]
        same = [event.event_id for event in there] == [event.event_id for event in entry.events]
        return there[-1] if same else None

    def _require_revision(self, entry: StreamAppend | StreamCheck) -> None:
        actual = len(self._streams.get(entry.stream, [])) - 1
        exists = entry.expected == Expected.EXISTS and actual >= 0
        if not (entry.expected in (actual, Expected.ANY) or exists):
            raise WrongRevision(entry.stream, entry.expected, actual)

    def _require_new_ids(self, appends: Sequence[StreamAppend]) -> None:
        for entry in appends:
            if any(event.event_id in self._by_id for event in entry.events):
                raise id_taken(entry.stream)

    def _write(self, entry: StreamAppend) -> int:
        stream = self._streams.setdefault(entry.stream, [])
        for event in entry.events:
            recorded = self._recorded(event, entry.stream, len(stream))
            stream.append(recorded)
            self._events.append(recorded)
            self._by_id[event.event_id] = recorded
        return len(stream) - 1

    def _recorded(self, event: NewEvent, stream: str, revision: int) -> RecordedEvent:
        return RecordedEvent(
            position=self._last_position() + POSITION_STEP,
            stream=stream,
            revision=revision,
            event_id=event.event_id,
            type=event.type,
            data=event.data,
            meta=encode_metadata(event.metadata),
            recorded_at=self._clock(),
        )

    def _last_position(self) -> int:
        return self._events[-1].position if self._events else START
