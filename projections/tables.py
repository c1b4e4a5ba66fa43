"""One projection's tables in one schema: its rows, its checkpoint and what it had to put aside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Final, Generic
from uuid import UUID

import asyncpg

from domain.kernel.catalog import Catalog
from domain.kernel.envelope import RecordedEvent
from projections.faults import is_poison
from projections.projection import OnPoison, Projection, R, fact_of, name_of
from projections.sql import Statements

FRAME: Final = Statements("frame.sql", "read_model")
_WAITING_BEHIND: Final = "WaitsBehindParked"
_RETRY_EVENTS: Final = 500


class Overtaken(Exception):
    """Another runner moved the checkpoint. Read it and go on from there."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a projection has come, under which version of its folding, leaving how many aside."""

    position: int
    version: int
    parked: int


@dataclass(frozen=True, slots=True)
class Parked:
    """An event that was put aside, and the name of the error's type. It quotes nothing."""

    position: int
    stream: str
    revision: int
    event_id: UUID
    event_type: str
    recorded_at: datetime
    error: str

    @classmethod
    def of(cls, event: RecordedEvent, error: str) -> Parked:
        """Put this event aside."""
        return cls(
            event.position,
            event.stream,
            event.revision,
            event.event_id,
            event.type,
            event.recorded_at,
            error,
        )


class Tables(Generic[R]):
    """Writes through one connection. Each public method is one transaction, or part of yours."""

    def __init__(
        self,
        projection: Projection[R],
        catalog: Catalog,
        connection: asyncpg.Connection,
        schema: str | None = None,
    ) -> None:
        self._projection = projection
        self._catalog = catalog
        self._connection = connection
        self.schema = schema or projection.schema

    async def create(self) -> None:
        """Make the schema and its empty tables, standing before the first event."""
        async with self._connection.transaction():
            await self._connection.execute(f"CREATE SCHEMA {self.schema}")
            await self._connection.execute(self._frame("create"))
            await self._connection.execute(self._own("create"))
            await self._connection.execute(self._frame("begin"), self._projection.version)

    async def exist(self) -> bool:
        """Whether the schema has been created."""
        found = await self._connection.fetchval(
            "SELECT to_regclass($1) IS NOT NULL", f"{self.schema}.checkpoint"
        )
        return bool(found)

    async def standing(self) -> Standing:
        """How far these tables have come."""
        return await self._standing("standing")

    async def advance(self, position: int, events: Sequence[RecordedEvent]) -> int:
        """Fold events that follow a position, together with the checkpoint, or raise and change
        nothing; return how many events are parked in all.

        Raises ``Overtaken`` when the checkpoint is not at ``position`` any more.
        """
        async with self._connection.transaction():
            parked: int | None = await self._connection.fetchval(
                self._frame("advance"),
                position,
                events[-1].position,
                self._projection.version,
                self._projection.name if self.schema == self._projection.schema else None,
            )
            if parked is None:
                raise Overtaken
            stopped = await self._stopped_streams() if parked else set()
            return await self._take(events, stopped) or parked

    async def retry(self, read: Callable[[Parked], Awaitable[RecordedEvent]]) -> int:
        """Fold what was put aside, oldest first; return how many events are still parked."""
        cursor = 0
        while True:
            async with self._connection.transaction():
                standing = await self._standing("hold")
                rows = await self.parked(after=cursor, limit=_RETRY_EVENTS)
                if not rows:
                    return standing.parked
                stopped = await self._stopped_streams(until=cursor)
                cursor = rows[-1].position
                await self._connection.execute(
                    self._frame("unpark"), [row.position for row in rows]
                )
                await self._take([await read(row) for row in rows], stopped)
                await self._connection.execute(self._frame("count_parked"))

    async def parked(self, after: int = 0, limit: int = 1000) -> list[Parked]:
        """Events that were put aside, oldest first."""
        rows = await self._connection.fetch(self._frame("parked"), after, limit)
        return [Parked(*row) for row in rows]

    async def exclude_others(self) -> None:
        """Until the end of your transaction nobody else reads or moves the checkpoint."""
        await self._connection.execute(self._frame("exclude"))

    async def announce(self) -> None:
        """Wake those who wait for a position, when your transaction commits."""
        await self._connection.execute(self._frame("announce"), self._projection.name)

    async def analyze(self) -> None:
        """Let the planner know a table that was filled in one go."""
        await self._connection.execute(f"ANALYZE {self.schema}.{self._projection.table}")

    async def _standing(self, statement: str) -> Standing:
        row = await self._connection.fetchrow(self._frame(statement))
        assert row is not None, "the checkpoint's row is made with its table"
        return Standing(*row)

    def _frame(self, name: str) -> str:
        return FRAME.within(self.schema, name)

    def _own(self, name: str) -> str:
        return self._projection.sql.within(self.schema, name)

    async def _stopped_streams(self, until: int | None = None) -> set[str]:
        if self._projection.on_poison is OnPoison.SKIP:
            return set()
        if until is None:
            rows = await self._connection.fetch(self._frame("stopped_streams"))
        else:
            rows = await self._connection.fetch(self._frame("stopped_streams_until"), until)
        return {row[0] for row in rows}

    async def _take(self, events: Sequence[RecordedEvent], stopped: set[str]) -> int:
        """Fold what concerns the projection and park what cannot be; return how much is parked, or
        0 when nothing was added to it."""
        folds = self._projection.folds
        concerning = [event for event in events if name_of(event.type) in folds]
        aside: list[Parked] = []
        await self._fold_or_park(concerning, stopped, aside)
        if not aside:
            return 0
        columns = zip(*map(astuple, aside), strict=True)
        await self._connection.execute(self._frame("park"), *columns)
        return int(await self._connection.fetchval(self._frame("count_parked")))

    async def _fold_or_park(
        self, events: Sequence[RecordedEvent], stopped: set[str], aside: list[Parked]
    ) -> None:
        """Fold all at once; when that fails, halve until the event that is to blame is alone."""
        if stopped:
            aside.extend(Parked.of(e, _WAITING_BEHIND) for e in events if e.stream in stopped)
            events = [event for event in events if event.stream not in stopped]
        if not events:
            return
        try:
            async with self._connection.transaction():
                await self._fold(events)
        except Exception as error:
            if not is_poison(error):
                raise
            if len(events) > 1:
                half = len(events) // 2
                await self._fold_or_park(events[:half], stopped, aside)
                await self._fold_or_park(events[half:], stopped, aside)
                return
            aside.append(Parked.of(events[0], type(error).__name__))
            if self._projection.on_poison is OnPoison.STOP_STREAM:
                stopped.add(events[0].stream)

    async def _fold(self, events: Sequence[RecordedEvent]) -> None:
        projection = self._projection
        facts = [fact_of(event, self._catalog) for event in events]
        keys = {projection.key(fact) for fact in facts}
        rows = {
            record[0]: projection.row(*record)
            for record in await self._connection.fetch(self._own("load"), list(keys))
        }
        for fact in facts:
            projection.fold(rows, fact)
        columns = zip(*map(projection.columns, rows.values()), strict=True)
        await self._connection.execute(self._own("save"), *columns)
