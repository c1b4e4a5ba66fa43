"""A reader that tails the log misses nothing, however many write; a naive log shows why."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import NamedTuple

import asyncpg
import pytest

from domain.kernel.ports import START, Expected
from infra.eventlog.postgres import PostgresEventLog
from tests.contracts.events import Scope, write
from tests.servers import PostgresServer

pytestmark = pytest.mark.servers

WRITERS = 24
WRITING_SECONDS = 4.0
CONTROL_SECONDS_MAX = 15.0

NAIVE_LOG = """
CREATE TABLE naive_events (
    position bigserial PRIMARY KEY, stream text NOT NULL, revision bigint NOT NULL,
    UNIQUE (stream, revision)
)
"""


class Seen(NamedTuple):
    """What a reader knows of an event."""

    position: int
    stream: str
    revision: int


ReadAfter = Callable[[int], Awaitable[list[Seen]]]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


class Tail:
    """A reader as projections are: it asks for what stands after the last position it saw."""

    def __init__(self, read_after: ReadAfter) -> None:
        self._read_after = read_after
        self._done = asyncio.Event()
        self.seen: list[Seen] = []

    async def follow(self) -> None:
        """Read until nothing is left after the writers are done."""
        while True:
            done = self._done.is_set()
            batch = await self._read_after(self.seen[-1].position if self.seen else START)
            self.seen += batch
            if done and not batch:
                return

    def finish(self) -> None:
        self._done.set()

    def skipped(self, everything: list[Seen]) -> set[Seen]:
        """What stands in the log though this reader will never meet it."""
        return set(everything) - set(self.seen)


def in_stream_order(seen: list[Seen]) -> bool:
    """Whether each stream's events came as 0, 1, 2 and so on."""
    following: dict[str, int] = {}
    for event in seen:
        if event.revision != following.get(event.stream, 0):
            return False
        following[event.stream] = event.revision + 1
    return True


async def test_a_tailing_reader_misses_nothing_and_meets_each_stream_in_order(
    server: PostgresServer,
) -> None:
    await PostgresEventLog.migrate(server.dsn)
    scope = Scope()
    stop_at = asyncio.get_running_loop().time() + WRITING_SECONDS

    async def writer(log: PostgresEventLog, number: int) -> int:
        written = 0
        while asyncio.get_running_loop().time() < stop_at:
            own = scope.entry(written - 1, f"{number}/{written}", stream=f"own {number}")
            shared = scope.entry(Expected.ANY, f"{number}/{written}/shared", stream="shared")
            await write(log, own, *([shared] if written % 4 == 0 else []))
            written += 1
        return written

    async with AsyncExitStack() as stack:
        # as many processes would: several logs, each with a committer of its own
        logs = [await stack.enter_async_context(PostgresEventLog(server.dsn)) for _ in range(6)]

        async def read_after(position: int) -> list[Seen]:
            events = await logs[0].read_all(position)
            return [Seen(event.position, event.stream, event.revision) for event in events]

        tail = Tail(read_after)
        async with asyncio.TaskGroup() as group:
            group.create_task(tail.follow())
            writers = [group.create_task(writer(logs[n % len(logs)], n)) for n in range(WRITERS)]
            written = await asyncio.gather(*writers)
            tail.finish()

        everything: list[Seen] = []
        while page := await read_after(everything[-1].position if everything else START):
            everything += page

    assert min(written) > 0
    assert len(everything) == sum(written) + sum((count + 3) // 4 for count in written)
    assert tail.seen == everything
    assert in_stream_order(tail.seen)


async def test_the_control_a_log_on_a_bare_serial_number_makes_readers_skip(
    server: PostgresServer,
) -> None:
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            asyncpg.create_pool(server.dsn, min_size=WRITERS + 2, max_size=WRITERS + 2)
        )
        await pool.execute(NAIVE_LOG)
        stop = asyncio.Event()

        async def writer(number: int) -> None:
            for revision in range(1_000_000):
                if stop.is_set():
                    return
                await pool.execute(
                    "INSERT INTO naive_events (stream, revision) VALUES ($1, $2)",
                    f"own {number}",
                    revision,
                )

        async def read_after(position: int) -> list[Seen]:
            rows = await pool.fetch(
                "SELECT position, stream, revision FROM naive_events "
                "WHERE position > $1 ORDER BY position",
                position,
            )
            return [Seen(*row) for row in rows]

        async def until_something_is_skipped(tail: Tail) -> None:
            while True:
                await asyncio.sleep(0.25)
                if tail.seen and tail.skipped(await read_until(tail.seen[-1].position)):
                    return

        async def read_until(position: int) -> list[Seen]:
            return [event for event in await read_after(START) if event.position <= position]

        tail = Tail(read_after)
        async with asyncio.TaskGroup() as group:
            group.create_task(tail.follow())
            writers = [group.create_task(writer(n)) for n in range(WRITERS)]
            async with asyncio.timeout(CONTROL_SECONDS_MAX):
                await until_something_is_skipped(tail)
            stop.set()
            await asyncio.gather(*writers)
            tail.finish()

        assert tail.skipped(await read_after(START))
