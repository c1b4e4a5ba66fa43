"""What the log on PostgreSQL promises beyond the contract: limits, neighbours, migrations."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from domain.kernel.envelope import NewEvent
from domain.kernel.ports import Appended, Expected, LogUnavailable, StreamAppend
from infra.eventlog.committer import BATCH_APPENDS_MAX, BATCH_BYTES_MAX
from infra.eventlog.listener import LOOK_EVERY_SECONDS
from infra.eventlog.postgres import PostgresEventLog
from infra.eventlog.requests import InvalidAppend
from tests.contracts.events import METADATA, Scope, said, take, write
from tests.servers import PostgresServer, free_port

pytestmark = pytest.mark.servers

NEW, ANY = Expected.NO_STREAM, Expected.ANY

TAKE_THE_LOCK = "SELECT pg_advisory_lock(hashtextextended('callsheet.eventlog.append', 0))"
EMPTY_CALL = (
    "SELECT * FROM eventlog.append('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', "
    "'{}', '{}')"
)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="module")
async def log(server: PostgresServer) -> AsyncIterator[PostgresEventLog]:
    await PostgresEventLog.migrate(server.dsn)
    async with PostgresEventLog(server.dsn) as log:
        yield log


@pytest.fixture
def scope() -> Scope:
    return Scope()


@asynccontextmanager
async def somebody_holding_the_lock(dsn: str) -> AsyncIterator[None]:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(TAKE_THE_LOCK)
        yield
    finally:
        await connection.close()


def unacceptable(scope: Scope, canary: str) -> StreamAppend:
    """An append that passes every check of ours and that PostgreSQL still cannot keep."""
    metadata = METADATA.model_copy(update={"actor": f"{canary}\x00"})
    event = scope.event("unacceptable")
    return StreamAppend(
        scope.stream("bad"), NEW, [NewEvent(event.event_id, event.type, event.data, metadata)]
    )


async def test_migrating_again_and_side_by_side_changes_nothing(
    server: PostgresServer, log: PostgresEventLog, scope: Scope
) -> None:
    await write(log, scope.entry(NEW, "a"))
    await asyncio.gather(*(PostgresEventLog.migrate(server.dsn) for _ in range(4)))
    await write(log, scope.entry(0, "b"))
    assert said(await log.read_stream(scope.stream())) == ["a", "b"]


async def test_one_unacceptable_append_does_not_take_its_neighbours_down(
    log: PostgresEventLog, scope: Scope
) -> None:
    bad = asyncio.ensure_future(write(log, unacceptable(scope, "canary")))
    good = [
        asyncio.ensure_future(write(log, scope.entry(NEW, f"good {n}", stream=f"good {n}")))
        for n in range(20)
    ]
    assert all(isinstance(answer, Appended) for answer in await asyncio.gather(*good))
    with pytest.raises(InvalidAppend) as refusal:
        await bad
    assert "canary" not in str(refusal.value)
    assert await log.read_stream(scope.stream("bad")) == []


async def test_more_callers_than_a_batch_holds_are_all_served(
    log: PostgresEventLog, scope: Scope
) -> None:
    names = [f"caller {n}" for n in range(BATCH_APPENDS_MAX * 2 + 7)]
    head = await log.head()
    answers = await asyncio.gather(
        *(write(log, scope.entry(NEW, name, stream=name)) for name in names)
    )
    assert len({answer.position for answer in answers}) == len(names)
    assert said(await log.read_all(head, limit=10_000)) == names


async def test_appends_larger_than_a_batch_go_in_one_by_one(
    log: PostgresEventLog, scope: Scope
) -> None:
    def large(name: str) -> StreamAppend:
        event = scope.event(name)
        body = bytes(BATCH_BYTES_MAX * 2 // 3)
        return StreamAppend(
            scope.stream(name), NEW, [NewEvent(event.event_id, event.type, body, METADATA)]
        )

    await asyncio.gather(*(write(log, large(f"large {n}")) for n in range(3)))
    [event] = await log.read_stream(scope.stream("large 2"))
    assert len(event.data) == BATCH_BYTES_MAX * 2 // 3


async def test_many_callers_of_one_stream_take_turns_in_the_order_they_came(
    log: PostgresEventLog, scope: Scope
) -> None:
    names = [f"line {n}" for n in range(100)]
    answers = await asyncio.gather(*(write(log, scope.entry(ANY, name)) for name in names))
    assert [answer.revisions for answer in answers] == [(n,) for n in range(100)]
    assert said(await log.read_stream(scope.stream())) == names


async def test_a_caller_who_leaves_does_not_stop_the_others(
    log: PostgresEventLog, scope: Scope
) -> None:
    callers = [
        asyncio.ensure_future(write(log, scope.entry(NEW, f"caller {n}", stream=f"stream {n}")))
        for n in range(10)
    ]
    await asyncio.sleep(0)
    callers[3].cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    await write(log, scope.entry(NEW, "later"))
    assert all(caller.done() for caller in callers)


async def test_without_a_server_callers_wait_their_limit_and_are_told() -> None:
    nowhere = f"postgresql://postgres@127.0.0.1:{free_port()}/postgres"
    async with PostgresEventLog(nowhere, append_seconds_max=0.4, read_seconds_max=0.4) as log:
        for attempt in (write(log, Scope().entry(NEW, "a")), log.read_all(), log.head()):
            began = time.monotonic()
            with pytest.raises(LogUnavailable, match=r"0\.4 s \(ConnectionRefusedError\)"):
                await attempt
            assert time.monotonic() - began < 2


async def test_a_log_that_is_not_open_says_so(server: PostgresServer) -> None:
    log = PostgresEventLog(server.dsn, read_seconds_max=0.1)
    for attempt in (write(log, Scope().entry(NEW, "a")), log.read_all()):
        with pytest.raises(LogUnavailable, match="not open"):
            await attempt


async def test_a_lock_that_is_never_released_is_not_waited_for_for_ever(
    server: PostgresServer, log: PostgresEventLog, scope: Scope
) -> None:
    async with PostgresEventLog(server.dsn, append_seconds_max=0.5) as hasty:
        async with somebody_holding_the_lock(server.dsn):
            with pytest.raises(LogUnavailable):
                await write(hasty, scope.entry(NEW, "a"))
        first = await write(hasty, scope.entry(NEW, "a"))
    assert await write(log, scope.entry(NEW, "a")) == first
    assert said(await log.read_stream(scope.stream())) == ["a"]


async def test_a_snapshot_older_than_the_lock_is_refused(
    server: PostgresServer, log: PostgresEventLog
) -> None:
    connection = await asyncpg.connect(server.dsn)
    try:
        async with connection.transaction(isolation="repeatable_read"):
            with pytest.raises(asyncpg.RaiseError, match="READ COMMITTED"):
                await connection.fetch(EMPTY_CALL)
    finally:
        await connection.close()


async def test_what_another_process_writes_is_heard_before_the_slow_look(
    server: PostgresServer, log: PostgresEventLog, scope: Scope
) -> None:
    async with PostgresEventLog(server.dsn) as writer:
        await write(writer, scope.entry(NEW, "first"))
        subscription = log.subscribe((await log.read_stream(scope.stream()))[0].position)
        heard = asyncio.ensure_future(take(subscription, 1))
        await asyncio.sleep(0.3)  # LISTEN has taken hold
        began = time.monotonic()
        await write(writer, scope.entry(0, "second"))
        assert said(await heard) == ["second"]
        assert time.monotonic() - began < LOOK_EVERY_SECONDS / 4


async def test_closing_the_log_ends_its_subscriptions(server: PostgresServer) -> None:
    async with PostgresEventLog(server.dsn) as log:
        head = await log.head()

        async def follow() -> int:
            return sum([len(batch) async for batch in log.subscribe(head)])

        reader = asyncio.ensure_future(follow())
        await asyncio.sleep(0.1)
    async with asyncio.timeout(5):
        assert await reader == 0


async def test_what_is_asked_for_by_value_stands_in_columns(
    server: PostgresServer, log: PostgresEventLog, scope: Scope
) -> None:
    await write(log, scope.entry(NEW, "a"))
    connection = await asyncpg.connect(server.dsn)
    try:
        row = await connection.fetchrow(
            "SELECT correlation_id, causation_id, actor, schema_version FROM eventlog.events "
            "WHERE stream = $1",
            scope.stream(),
        )
    finally:
        await connection.close()
    assert row is not None
    assert tuple(row) == (METADATA.correlation_id, METADATA.causation_id, METADATA.actor, 3)
