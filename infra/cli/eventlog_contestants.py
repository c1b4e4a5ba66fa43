"""Who races in ``bench eventlog``: our log, a library's recorder, and a bare INSERT as the floor.

All write the same payload, one event an append, each writer to a stream of its own, to the same
server with the same durability. ``race`` answers with appends per second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol
from urllib.parse import unquote, urlsplit

import asyncpg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresFactory

from domain.kernel.envelope import Metadata, NewEvent
from domain.kernel.ids import event_id
from domain.kernel.ports import StreamAppend
from infra.eventlog.codec import encode_metadata
from infra.eventlog.postgres import PostgresEventLog

EVENT_TYPE: Final = "video-requested.v1"
DATA: Final = b'{"at":"2026-11-22T12:30:15.250000Z","scene":"' + b"x" * 569 + b'"}'
"""616 bytes, about what the record of a request for a video takes; metadata comes on top."""
METADATA: Final = Metadata(
    actor="account/acc_01J8ZQ4W6V3T2S1R0Q9P8N7M6K",
    correlation_id="generation/gen_01J8ZQ4W6V3T2S1R0Q9P8N7M6K",
    causation_id="cmd_01J8ZQ4W6V3T2S1R0Q9P8N7M6K",
)


class Contestant(Protocol):
    """Somebody who can append."""

    name: str

    async def race(self, writers: int, seconds: float) -> float:
        """Appends per second of so many writers, each waiting for its answer."""
        ...


class OurLog:
    """The event log of this program."""

    name = "eventlog"

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._race = 0

    async def race(self, writers: int, seconds: float) -> float:
        """One process, one committer."""
        self._race += 1
        async with PostgresEventLog(self._dsn) as log:

            async def append(writer: int, number: int) -> None:
                stream = f"bench-{self._race}_{writers}_{writer}"
                event = NewEvent(event_id(stream, number), EVENT_TYPE, DATA, METADATA)
                await log.append([StreamAppend(stream, number - 1, [event])])

            return await _rate(append, writers, seconds)


class PlainInsert:
    """One INSERT and its commit into a table with a serial number: no streams, no order, no retry.

    Each writer has a connection of its own. It is a floor for cost, and no event log.
    """

    name = "plain insert"

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    async def prepare(self) -> None:
        """Make its table."""
        connection = await asyncpg.connect(self._dsn)
        try:
            await connection.execute(
                "CREATE TABLE IF NOT EXISTS plain_events (position bigserial PRIMARY KEY, "
                "stream text NOT NULL, type text NOT NULL, "
                "data bytea NOT NULL, meta bytea NOT NULL)"
            )
        finally:
            await connection.close()

    async def race(self, writers: int, seconds: float) -> float:
        """As many connections as writers."""
        connections = [await asyncpg.connect(self._dsn) for _ in range(writers)]
        meta = encode_metadata(METADATA)
        try:

            async def append(writer: int, number: int) -> None:
                await connections[writer].fetchval(
                    "INSERT INTO plain_events (stream, type, data, meta) "
                    "VALUES ($1, $2, $3, $4) RETURNING position",
                    f"bench-{writer}",
                    EVENT_TYPE,
                    DATA,
                    meta,
                )

            return await _rate(append, writers, seconds)
        finally:
            for connection in connections:
                await connection.close()


class LibraryRecorder:
    """The application recorder of the ``eventsourcing`` package, a thread for each writer.

    In its ordinary mode it locks its table, so that its readers skip nothing, as ours do not. Its
    quick mode (database functions) leaves the lock out, and its readers can skip events.
    """

    def __init__(self, dsn: str, *, quick: bool = False) -> None:
        self.name = "eventsourcing, unordered" if quick else "eventsourcing"
        address = urlsplit(dsn)
        self._environment = {
            "POSTGRES_DBNAME": address.path.lstrip("/"),
            "POSTGRES_HOST": address.hostname or "",
            "POSTGRES_PORT": str(address.port or 5432),
            "POSTGRES_USER": unquote(address.username or ""),
            "POSTGRES_PASSWORD": unquote(address.password or "") or "none",
            # of 2, 5, 16 and 64 connections this was the fastest at 64 writers, or next to it
            "POSTGRES_POOL_SIZE": "5",
            "POSTGRES_MAX_OVERFLOW": "0",
            "POSTGRES_LOCK_TIMEOUT": "10",
            "POSTGRES_ENABLE_DB_FUNCTIONS": "yes" if quick else "no",
        }
        self._race = 0

    async def race(self, writers: int, seconds: float) -> float:
        """Its calls block, so each writer runs in a thread."""
        self._race += 1
        return await asyncio.to_thread(self._race_in_threads, writers, seconds)

    def _race_in_threads(self, writers: int, seconds: float) -> float:
        factory = PostgresFactory(self._environment)
        try:
            recorder = factory.application_recorder()
            state = DATA + encode_metadata(METADATA)

            def append(writer: int, number: int) -> None:
                stream = event_id(f"{self.name}/{self._race}/{writers}", writer)
                event: Any = StoredEvent(stream, number, EVENT_TYPE, state)
                recorder.insert_events([event])

            def write(writer: int) -> int:
                count = 0
                while time.monotonic() < stop_at:
                    count += 1
                    append(writer, count)
                return count

            with ThreadPoolExecutor(writers) as threads:
                list(threads.map(lambda writer: append(writer, 0), range(writers)))
                began = time.monotonic()
                stop_at = began + seconds
                counts = list(threads.map(write, range(writers)))
            return sum(counts) / (time.monotonic() - began)
        finally:
            factory.close()


async def _rate(
    append: Callable[[int, int], Awaitable[None]], writers: int, seconds: float
) -> float:
    """Appends per second of writers that each call ``append(writer, number)`` in turn.

    Each writer appends once before the clock runs: connections are open and plans are made.
    """
    await asyncio.gather(*(append(writer, 0) for writer in range(writers)))
    began = time.monotonic()
    stop_at = began + seconds

    async def write(writer: int) -> int:
        count = 0
        while time.monotonic() < stop_at:
            count += 1
            await append(writer, count)
        return count

    counts = await asyncio.gather(*(write(writer) for writer in range(writers)))
    return sum(counts) / (time.monotonic() - began)
