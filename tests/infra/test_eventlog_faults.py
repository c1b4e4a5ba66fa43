"""Whatever dies, an acknowledged event is there once, in its place, and readers go on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from typing import Self

import asyncpg
import pytest

from domain.kernel.envelope import RecordedEvent
from domain.kernel.ports import START, LogUnavailable
from infra.eventlog.postgres import PostgresEventLog
from tests.contracts.events import Scope, said, write
from tests.servers import PostgresServer

pytestmark = pytest.mark.servers

KILL_BACKENDS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name LIKE 'callsheet-eventlog-%'
"""


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


class Writers:
    """Callers that append one event after another and remember what was acknowledged."""

    def __init__(self, logs: list[PostgresEventLog], count: int) -> None:
        self._logs, self._count = logs, count
        self._scope = Scope()
        self._stop = asyncio.Event()
        self.acknowledged = [0] * count

    async def run(self) -> None:
        """Write until told to stop."""
        await asyncio.gather(*(self._write(number) for number in range(self._count)))

    def stop(self) -> None:
        self._stop.set()

    def stream(self, number: int) -> str:
        return self._scope.stream(f"writer {number}")

    async def _write(self, number: int) -> None:
        log = self._logs[number % len(self._logs)]
        while not self._stop.is_set():
            done = self.acknowledged[number]
            entry = self._scope.entry(done - 1, f"{number}/{done}", stream=f"writer {number}")
            with suppress(LogUnavailable):  # the outcome is unknown: append the same again
                await write(log, entry)
                self.acknowledged[number] += 1

    async def assert_each_event_stands_once(self, log: PostgresEventLog) -> None:
        for number, count in enumerate(self.acknowledged):
            events = await log.read_stream(self.stream(number))
            assert said(events) == [f"{number}/{n}" for n in range(count)]


class Subscriber:
    """Follows a log from the start, through whatever happens to it, and keeps everything."""

    def __init__(self, log: PostgresEventLog) -> None:
        self._log = log
        self._grown = asyncio.Condition()
        self.heard: list[RecordedEvent] = []

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def catch_up(self, position: int) -> None:
        """Wait until the event at this position was heard."""
        async with asyncio.timeout(10), self._grown:
            await self._grown.wait_for(lambda: self.heard and self.heard[-1].position >= position)

    async def _follow(self) -> None:
        async for batch in self._log.subscribe(START):
            async with self._grown:
                self.heard += batch
                self._grown.notify_all()


async def everything(log: PostgresEventLog) -> list[RecordedEvent]:
    events: list[RecordedEvent] = []
    while page := await log.read_all(events[-1].position if events else START):
        events += page
    return events


async def test_killed_backends_neither_lose_nor_double_nor_reorder(server: PostgresServer) -> None:
    await PostgresEventLog.migrate(server.dsn)
    async with AsyncExitStack() as stack:
        logs = [await stack.enter_async_context(PostgresEventLog(server.dsn)) for _ in range(2)]
        subscriber = await stack.enter_async_context(Subscriber(logs[0]))
        writers = Writers(logs, 8)
        writing = asyncio.ensure_future(writers.run())

        killer = await asyncpg.connect(server.dsn)
        killed = 0
        for _ in range(150):
            await asyncio.sleep(0.03)
            killed += await killer.fetchval(KILL_BACKENDS)
        await killer.close()
        writers.stop()
        await writing

        await writers.assert_each_event_stands_once(logs[1])
        await subscriber.catch_up(await logs[1].head())
        assert subscriber.heard == await everything(logs[1])

    assert killed > 50
    assert min(writers.acknowledged) > 0


async def writes_go_on(writers: Writers) -> None:
    """Return once a hundred more events are acknowledged. Raises TimeoutError after a minute."""
    enough = sum(writers.acknowledged) + 100
    async with asyncio.timeout(60):
        while sum(writers.acknowledged) < enough:
            await asyncio.sleep(0.1)


async def test_a_server_killed_three_times_keeps_every_acknowledged_event(
    server: PostgresServer,
) -> None:
    await PostgresEventLog.migrate(server.dsn)
    async with (
        PostgresEventLog(server.dsn, append_seconds_max=3.0) as log,
        Subscriber(log) as subscriber,
    ):
        writers = Writers([log], 8)
        writing = asyncio.ensure_future(writers.run())
        for _ in range(3):
            await writes_go_on(writers)
            server.kill()
            await asyncio.to_thread(server.start)
        await writes_go_on(writers)
        writers.stop()
        await writing

        await writers.assert_each_event_stands_once(log)
        await subscriber.catch_up(await log.head())
        assert subscriber.heard == await everything(log)
