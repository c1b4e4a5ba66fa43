"""Every event counts once, whoever folds it, whatever dies, and whatever cannot be folded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import asyncpg
import pytest

from domain.catalog import EVENTS
from domain.kernel.ports import EventLog
from infra.cli.bench_stories import stories
from infra.eventlog.memory import MemoryEventLog
from projections.connection import writing
from projections.feed import FEED
from projections.generations import GENERATIONS, GenerationsReader
from projections.notices import NOTICES
from projections.registry import prepare_projections
from projections.retry import retry
from projections.runner import Runner
from projections.tables import Parked, Standing, Tables
from tests import words
from tests.projections.given import bytes_of, folded, happened, told, unreadable, written

pytestmark = pytest.mark.servers


@asynccontextmanager
async def running(*runners: Runner) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(runner.run()) for runner in runners]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def until(condition: Callable[[], bool], seconds_max: float = 20.0) -> None:
    async with asyncio.timeout(seconds_max):
        while not condition():
            await asyncio.sleep(0.02)


async def standing(dsn: str) -> Standing:
    async with writing(dsn, "test") as connection:
        return await Tables(GENERATIONS, EVENTS, connection).standing()


async def parked(dsn: str) -> list[Parked]:
    async with writing(dsn, "test") as connection:
        return await Tables(GENERATIONS, EVENTS, connection).parked()


async def status_of(number: int, pool: asyncpg.Pool) -> str | None:
    row = await GenerationsReader(pool).get(words.an_id("gen", number))
    return row.status if row else None


async def test_however_the_log_is_cut_the_rows_are_the_same(log: EventLog, dsn: str) -> None:
    await told(log, stories(40))
    seen = set()
    for batch in (1, 7, 100, 5000):
        for projection in (GENERATIONS, FEED, NOTICES):
            await folded(projection, log, dsn, batch)
        seen.add(tuple([await bytes_of(each, dsn) for each in (GENERATIONS, FEED, NOTICES)]))
        await start_over(dsn)
    assert len(seen) == 1
    assert next(iter(seen))[0].rows == 40


async def test_positions_may_leave_gaps(dsn: str, pool: asyncpg.Pool) -> None:
    log = MemoryEventLog()
    await happened(log, words.video_requested(), words.sampling_started())
    position = await happened(log, words.sampling_advanced(5))
    await folded(GENERATIONS, log, dsn)
    assert position > 3
    assert (await standing(dsn)).position == position
    assert await status_of(1, pool) == "sampling"


async def test_what_happens_is_folded_as_it_happens(
    log: EventLog, dsn: str, pool: asyncpg.Pool
) -> None:
    runner = Runner(GENERATIONS, log, EVENTS, dsn)
    async with running(runner):
        for event in (words.video_requested(), words.sampling_started(), words.take_sampled()):
            position = await happened(log, event)
            await until(lambda position=position: runner.position == position, 3.0)  # type: ignore[misc]
    assert await status_of(1, pool) == "sampled"


async def test_events_that_concern_nobody_still_move_the_checkpoint(
    log: EventLog, dsn: str
) -> None:
    position = await happened(log, words.video_requested())
    runner = await folded(FEED, log, dsn)
    assert runner.position == position


async def test_applying_an_event_again_changes_nothing(log: EventLog, dsn: str) -> None:
    await told(log, stories(10))
    await folded(GENERATIONS, log, dsn)
    once = await bytes_of(GENERATIONS, dsn)
    connection = await asyncpg.connect(dsn)
    await connection.execute("UPDATE read_generations.checkpoint SET position = 0")
    await connection.close()
    await folded(GENERATIONS, log, dsn, batch=13)
    assert await bytes_of(GENERATIONS, dsn) == once


async def test_three_competing_runners_and_killed_backends_lose_and_double_nothing(
    log: EventLog, dsn: str
) -> None:
    runners = [Runner(GENERATIONS, log, EVENTS, dsn, batch_events_max=37) for _ in range(3)]
    async with running(*runners):
        killing = asyncio.create_task(kill_backends(dsn, 25))
        await told(log, stories(300))
        kills = await killing
        head = await log.head()
        await until(lambda: max(runner.position for runner in runners) == head)
    assert kills >= 10
    competed = await bytes_of(GENERATIONS, dsn)
    await start_over(dsn)
    await folded(GENERATIONS, log, dsn)
    assert competed == await bytes_of(GENERATIONS, dsn)
    assert competed.rows == 300


async def test_a_runner_that_is_cancelled_in_the_middle_leaves_a_whole_batch_or_none(
    log: EventLog, dsn: str
) -> None:
    await told(log, stories(150))
    head, positions = await log.head(), [0]
    while positions[-1] < head:
        task = asyncio.create_task(Runner(GENERATIONS, log, EVENTS, dsn, batch_events_max=50).run())
        await asyncio.sleep(0.06)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        positions.append((await standing(dsn)).position)
    assert positions == sorted(positions)
    interrupted = await bytes_of(GENERATIONS, dsn)
    await start_over(dsn)
    await folded(GENERATIONS, log, dsn)
    assert interrupted == await bytes_of(GENERATIONS, dsn)


async def test_an_event_that_cannot_be_folded_is_put_aside_alone(
    log: EventLog, dsn: str, pool: asyncpg.Pool
) -> None:
    await happened(log, words.video_requested(), words.sampling_started())
    other = f"generation-{words.an_id('gen', 2)}"
    position = await written(log, other, unreadable("video-requested.v1", other))
    await happened(log, words.take_sampled())
    await folded(GENERATIONS, log, dsn)
    [aside] = await parked(dsn)
    assert (aside.position, aside.stream, aside.event_type) == (
        position,
        other,
        "video-requested.v1",
    )
    assert aside.error == "KeyError"
    assert await status_of(1, pool) == "sampled"
    assert await standing(dsn) == Standing(await log.head(), GENERATIONS.version, 1)


async def test_what_the_database_refuses_is_put_aside_without_its_words(
    log: EventLog, dsn: str
) -> None:
    stream = f"generation-{words.GENERATION_ID}"
    data = words.video_requested().model_dump_json().replace("a red boat", "canary\\u0000")
    await written(log, stream, unreadable("video-requested.v1", stream, data.encode()))
    await folded(GENERATIONS, log, dsn)
    [aside] = await parked(dsn)
    assert aside.error == "CharacterNotInRepertoireError"
    assert "canary" not in repr(aside)


async def test_an_event_of_a_newer_program_is_put_aside(log: EventLog, dsn: str) -> None:
    stream = f"generation-{words.GENERATION_ID}"
    await written(log, stream, unreadable("video-requested.v9", stream))
    await folded(GENERATIONS, log, dsn)
    assert [each.error for each in await parked(dsn)] == ["UnknownEvent"]


async def test_behind_a_parked_event_its_stream_waits_and_the_others_go_on(
    log: EventLog, dsn: str, pool: asyncpg.Pool
) -> None:
    stream = f"generation-{words.GENERATION_ID}"
    await happened(log, words.video_requested())
    await written(log, stream, unreadable("sampling-started.v1", stream))
    await happened(log, words.take_sampled())
    await folded(GENERATIONS, log, dsn)
    # later batches remember it too
    await happened(log, words.rendition_stored(), words.generation_completed())
    await folded(GENERATIONS, log, dsn)
    assert [each.error for each in await parked(dsn)] == [
        "KeyError",
        *["WaitsBehindParked"] * 3,
    ]
    assert await status_of(1, pool) == "requested"


async def test_a_projection_of_single_events_skips_what_it_cannot_fold(
    log: EventLog, dsn: str, pool: asyncpg.Pool
) -> None:
    await written(log, "video-x", unreadable("video-released.v1", "video-x"))
    await told(log, stories(5))
    runner = await folded(FEED, log, dsn)
    assert runner.parked == 1
    assert (await bytes_of(FEED, dsn)).rows > 0


async def test_a_retry_folds_what_was_mended_and_keeps_the_rest_aside(
    log: EventLog, dsn: str, pool: asyncpg.Pool
) -> None:
    broken = f"generation-{words.an_id('gen', 2)}"
    await written(log, broken, unreadable("video-requested.v1", broken))
    await happened(log, words.video_requested(), words.sampling_started(), words.take_sampled())
    # a mistake in the database, mended before the retry
    await pool.execute(
        "ALTER TABLE read_generations.generations ADD CONSTRAINT mistake CHECK (attempt < 1)"
    )
    await folded(GENERATIONS, log, dsn)
    assert [each.error for each in await parked(dsn)] == [
        "KeyError",
        "CheckViolationError",
        "WaitsBehindParked",
    ]
    await pool.execute("ALTER TABLE read_generations.generations DROP CONSTRAINT mistake")
    assert await retry(GENERATIONS, log, EVENTS, dsn) == 1
    assert [each.stream for each in await parked(dsn)] == [broken]
    assert await status_of(1, pool) == "sampled"
    assert (await standing(dsn)).parked == 1


async def test_a_runner_waits_for_a_server_that_is_not_there_yet(log: EventLog, dsn: str) -> None:
    await happened(log, words.video_requested())
    connection = await asyncpg.connect(dsn)
    await connection.execute("ALTER SCHEMA read_generations RENAME TO away")
    runner = Runner(GENERATIONS, log, EVENTS, dsn)
    async with running(runner):
        await asyncio.sleep(0.3)
        assert runner.position == 0
        await connection.execute("ALTER SCHEMA away RENAME TO read_generations")
        await until(lambda: runner.position > 0)
    await connection.close()


async def test_a_runner_leaves_tables_of_another_version_alone(log: EventLog, dsn: str) -> None:
    await happened(log, words.video_requested())
    connection = await asyncpg.connect(dsn)
    await connection.execute("UPDATE read_generations.checkpoint SET version = version + 1")
    await connection.close()
    runner = Runner(GENERATIONS, log, EVENTS, dsn)
    async with running(runner):
        await asyncio.sleep(0.5)
    assert (await standing(dsn)).position == 0


async def start_over(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    for projection in (GENERATIONS, FEED, NOTICES):
        await connection.execute(f"DROP SCHEMA {projection.schema} CASCADE")
    await connection.close()
    await prepare_projections(dsn)


async def kill_backends(dsn: str, times: int) -> int:
    """Terminate the runners' sessions again and again; how many were met."""
    connection = await asyncpg.connect(dsn)
    killed = 0
    for _ in range(times):
        await asyncio.sleep(0.1)
        killed += await connection.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE application_name = 'callsheet-projections-generations' "
            "AND datname = current_database()"
        )
    await connection.close()
    return killed
