"""Whoever writes and then waits, reads what was written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from domain.catalog import EVENTS
from domain.kernel.ports import EventLog
from projections.ending import ended
from projections.feed import FEED
from projections.generations import GENERATIONS, GenerationsReader
from projections.rebuild import rebuild
from projections.runner import Runner
from projections.watermarks import NotYetVisible, Watermarks
from tests import words
from tests.projections.given import folded, happened

pytestmark = pytest.mark.servers


@pytest.fixture
async def watermarks(dsn: str) -> AsyncIterator[Watermarks]:
    async with Watermarks(dsn, (GENERATIONS, FEED)) as watermarks:
        yield watermarks


async def test_what_was_written_is_there_when_the_wait_ends(
    log: EventLog, dsn: str, watermarks: Watermarks, pool: asyncpg.Pool
) -> None:
    runners = [Runner(each, log, EVENTS, dsn) for each in (GENERATIONS, FEED)]
    tasks = [asyncio.create_task(runner.run()) for runner in runners]
    for event in (words.video_requested(), words.sampling_started(), words.take_sampled()):
        await watermarks.wait_until(await happened(log, event), 5.0)
        row = await GenerationsReader(pool).get(words.GENERATION_ID)
        assert row is not None
        assert row.updated_at == event.at
    for task in tasks:
        await ended(task)


async def test_a_wait_for_a_projection_that_nobody_runs_says_which(
    log: EventLog, dsn: str, watermarks: Watermarks
) -> None:
    position = await happened(log, words.video_requested())
    await folded(GENERATIONS, log, dsn)
    await watermarks.wait_until(position, 5.0, ["generations"])
    with pytest.raises(NotYetVisible, match="feed did not come to position"):
        await watermarks.wait_until(position, 0.2)


async def test_an_unknown_projection_is_a_mistake_and_not_a_wait(watermarks: Watermarks) -> None:
    with pytest.raises(KeyError):
        await watermarks.wait_until(1, 5.0, ["generation"])


async def test_a_wait_outlives_its_connection_and_a_rebuild(
    log: EventLog, dsn: str, watermarks: Watermarks
) -> None:
    await watermarks.wait_until(0, 5.0)
    position = await happened(log, words.video_requested())
    waiting = asyncio.create_task(watermarks.wait_until(position, 10.0, ["generations"]))
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'callsheet-projections-watermarks' "
        "AND datname = current_database()"
    )
    await connection.close()
    await rebuild(GENERATIONS, log, EVENTS, dsn)
    await waiting
