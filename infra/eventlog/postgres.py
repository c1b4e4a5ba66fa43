"""The event log on PostgreSQL: one writer at a time, so that position order is visibility order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Any, Final, Self

import asyncpg

from domain.kernel.envelope import RecordedEvent
from domain.kernel.ports import START, Appended, LogUnavailable, StreamAppend, StreamCheck
from infra.eventlog import queries
from infra.eventlog.batch import Request
from infra.eventlog.committer import Committer
from infra.eventlog.faults import TRANSIENT, kind_of, pauses
from infra.eventlog.listener import Listener
from infra.eventlog.requests import require_valid

CONNECT_SECONDS_MAX: Final = 3.0
ATTEMPT_SECONDS_MAX: Final = 15.0


class PostgresEventLog:
    """Appends through one committer, reads through a small pool, and listens for growth.

    It outlives the server: entering it needs none, appends and reads wait their limit and then
    raise ``LogUnavailable``, and subscriptions go on when the server is back. The address must
    lead to a session of its own, not to a transaction pooler.
    """

    def __init__(
        self,
        dsn: str,
        *,
        readers_max: int = 4,
        append_seconds_max: float = 10.0,
        read_seconds_max: float = 10.0,
        batch_events_max: int = 1000,
    ) -> None:
        self._dsn = dsn
        self._readers_max = readers_max
        self._read_seconds_max = read_seconds_max
        self._batch_events_max = batch_events_max
        self._committer = Committer(dsn, append_seconds_max)
        self._listener = Listener(dsn)
        self._pool: asyncpg.Pool | None = None

    @staticmethod
    async def migrate(dsn: str) -> None:
        """Create what the log needs and bring its function up to date. Safe to run again."""
        connection = await asyncpg.connect(dsn, timeout=CONNECT_SECONDS_MAX)
        try:
            await connection.execute(queries.MIGRATION)
        finally:
            await connection.close()

    async def __aenter__(self) -> Self:
        self._pool = await asyncpg.create_pool(
            self._dsn,
            min_size=0,
            max_size=self._readers_max,
            timeout=CONNECT_SECONDS_MAX,
            server_settings={"application_name": "callsheet-eventlog-reader"},
        )
        self._committer.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pool, self._pool = self._pool, None
        await self._committer.close()
        await self._listener.close()
        if pool is not None:
            pool.terminate()

    async def append(
        self, appends: Sequence[StreamAppend], checks: Sequence[StreamCheck] = ()
    ) -> Appended:
        """Write to several streams atomically, or raise and write nothing.

        Raises ``WrongRevision`` when a stream is elsewhere, ``LogUnavailable`` when the outcome is
        unknown (append the same again), and ``InvalidAppend`` when trying again cannot help.
        """
        require_valid(appends, checks)
        return await self._committer.commit(Request.of(appends, checks))

    async def read_stream(
        self, stream: str, after: int = -1, limit: int | None = None
    ) -> list[RecordedEvent]:
        """A stream's events after a revision, oldest first."""
        return await self._events(queries.READ_STREAM, stream, after, limit)

    async def read_all(self, after: int = START, limit: int = 1000) -> list[RecordedEvent]:
        """Events of all streams after a position, in log order."""
        return await self._events(queries.READ_ALL, after, limit)

    async def head(self) -> int:
        """The position of the last event, or ``START``."""
        rows = await self._fetch(queries.HEAD)
        return int(rows[0][0])

    async def subscribe(self, after: int = START) -> AsyncIterator[list[RecordedEvent]]:
        """Batches after a position, then new ones, until the reader stops or the log is closed."""
        while self._pool is not None:
            growth = self._listener.growth()
            try:
                batch = await self.read_all(after, self._batch_events_max)
            except LogUnavailable:
                continue  # the read has waited already; the server may be back by now
            if batch:
                after = batch[-1].position
                yield batch
            else:
                await self._listener.wait(growth)

    async def _events(self, query: str, *arguments: Any) -> list[RecordedEvent]:
        return [RecordedEvent(*row) for row in await self._fetch(query, *arguments)]

    async def _fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Read, trying again for ``read_seconds_max`` when the server is away."""
        give_up_at = asyncio.get_running_loop().time() + self._read_seconds_max
        for pause in pauses():
            try:
                return await self._attempt(query, *arguments)
            except asyncpg.DataError:
                raise
            except TRANSIENT as error:
                if asyncio.get_running_loop().time() + pause >= give_up_at:
                    raise LogUnavailable(
                        f"The event log could not be read within {self._read_seconds_max:g} s "
                        f"({kind_of(error)}); try again later."
                    ) from None
                await asyncio.sleep(pause)
        raise AssertionError("pauses() never ends")

    async def _attempt(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        if self._pool is None:
            raise LogUnavailable("The event log is not open; enter it with 'async with' first.")
        async with self._pool.acquire(timeout=self._read_seconds_max) as connection:
            try:
                return await connection.fetch(query, *arguments, timeout=ATTEMPT_SECONDS_MAX)
            except TRANSIENT:
                connection.terminate()  # it may claim to be open and fail again
                raise
