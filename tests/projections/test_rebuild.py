"""A rebuild gives the bytes of the live tables, and nobody notices that they were exchanged."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import asyncpg
import pytest

from domain.catalog import EVENTS
from domain.consent.appearance import AppearanceNoted
from domain.kernel.model import Event
from domain.kernel.ports import EventLog
from infra.cli.bench_stories import stories
from projections.connection import writing
from projections.generations import GENERATIONS, GenerationsReader
from projections.projection import Projection
from projections.rebuild import Progress, RebuildRefused, bring_up_to_date, rebuild
from projections.registry import PROJECTIONS
from projections.retry import retry
from projections.runner import Runner
from projections.tables import Standing, Tables
from tests import words
from tests.domain.case_words import judge, reached, screened
from tests.domain.consent_words import CAMEO, CASTER, OWNER, version_approved
from tests.domain.test_asking import asked
from tests.domain.test_case import to_allow
from tests.domain.test_enrolment import started
from tests.domain.test_provenance_case import closed, opened
from tests.domain.test_what_if import STARTED
from tests.projections.given import bytes_of, folded, happened, told, unreadable, written

pytestmark = pytest.mark.servers


async def standing(dsn: str, projection: Projection[Any] = GENERATIONS) -> Standing:
    async with writing(dsn, "test") as connection:
        return await Tables(projection, EVENTS, connection).standing()


async def execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(statement)
    await connection.close()


def drafted() -> AppearanceNoted:
    """Somebody's cameo is in somebody else's generation."""
    return AppearanceNoted(
        at=words.NOON,
        appearance_id=words.an_id("apr", 5),
        cameo_id=CAMEO,
        version=1,
        generation_id=words.GENERATION_ID,
        owner_id=OWNER,
        caster_id=CASTER,
        turn="drafted",
        act="admission",
        reasons=(),
    )


def moderated() -> tuple[Event, ...]:
    """A refusal that a batch undid."""
    command = judge(("violence", 900))
    undone = to_allow.model_copy(update={"batch_id": STARTED.batch_id})
    return (screened(command), reached(command), STARTED, undone)


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda projection: projection.name)
async def test_rebuilt_tables_have_the_bytes_of_the_live_ones(
    projection: Projection[Any], log: EventLog, dsn: str
) -> None:
    events = await told(log, stories(120))
    likeness = (version_approved(), started(), asked(), drafted(), *moderated())
    case = (opened(), closed(), opened(99))
    await happened(log, *likeness, *case)
    events += len(likeness) + len(case)
    await folded(projection, log, dsn, batch=11)
    live, before = await bytes_of(projection, dsn), await standing(dsn, projection)
    done = await rebuild(projection, log, EVENTS, dsn)
    assert await bytes_of(projection, dsn) == live
    assert await standing(dsn, projection) == before
    assert (done.events, done.position, done.parked) == (events, await log.head(), 0)
    assert live.rows > 0


async def test_a_rebuild_mends_rows_that_were_spoilt(log: EventLog, dsn: str) -> None:
    await told(log, stories(20))
    await folded(GENERATIONS, log, dsn)
    live = await bytes_of(GENERATIONS, dsn)
    await execute(dsn, "UPDATE read_generations.generations SET status = 'spoilt', attempt = 99")
    assert await bytes_of(GENERATIONS, dsn) != live
    await rebuild(GENERATIONS, log, EVENTS, dsn)
    assert await bytes_of(GENERATIONS, dsn) == live


async def test_it_says_how_far_it_has_come(log: EventLog, dsn: str) -> None:
    events = await told(log, stories(250))
    steps: list[Progress] = []
    await rebuild(GENERATIONS, log, EVENTS, dsn, steps.append)
    assert len(steps) > 1
    assert [step.events for step in steps] == sorted(step.events for step in steps)
    assert steps[-1] == Progress(events, await log.head(), await log.head())


async def test_while_events_arrive_and_people_read_nothing_is_lost_doubled_or_unseen(
    log: EventLog, dsn: str, pool: asyncpg.Pool
) -> None:
    """One rebuild after the other, beside a live runner, a writer and a reader without pauses."""
    await told(log, stories(100, seed=1))
    await happened(log, words.video_requested())
    runner = Runner(GENERATIONS, log, EVENTS, dsn, batch_events_max=50)
    await runner.catch_up()
    following = asyncio.create_task(runner.run())
    reads, seen = 0, 0

    async def read_on() -> None:
        nonlocal reads, seen
        reader = GenerationsReader(pool)
        while True:
            assert await reader.get(words.GENERATION_ID) is not None
            position = await pool.fetchval("SELECT position FROM read_generations.checkpoint")
            assert position >= seen, "a reader saw the past again"
            reads, seen = reads + 1, position

    reading = asyncio.create_task(read_on())
    writing_on = asyncio.create_task(told(log, stories(400, seed=2), pause_seconds=0.08))
    rebuilt = []
    while not writing_on.done():
        rebuilt.append(await rebuild(GENERATIONS, log, EVENTS, dsn))
    await writing_on
    async with asyncio.timeout(20):
        while (await standing(dsn)).position < await log.head():
            await asyncio.sleep(0.02)
    for task in (reading, following):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert reads > 10
    assert len(rebuilt) >= 3
    assert rebuilt[0].events < rebuilt[-1].events
    live = await bytes_of(GENERATIONS, dsn)
    await rebuild(GENERATIONS, log, EVENTS, dsn)
    assert await bytes_of(GENERATIONS, dsn) == live
    assert live.rows == 501


async def test_what_is_parked_is_parked_again_and_the_rows_agree(log: EventLog, dsn: str) -> None:
    stream = f"generation-{words.GENERATION_ID}"
    await happened(log, words.video_requested())
    await written(log, stream, unreadable("sampling-started.v1", stream))
    await happened(log, words.take_sampled())
    await told(log, stories(30))
    await folded(GENERATIONS, log, dsn, batch=17)
    async with writing(dsn, "test") as connection:
        aside = await Tables(GENERATIONS, EVENTS, connection).parked()
    live = await bytes_of(GENERATIONS, dsn)
    done = await rebuild(GENERATIONS, log, EVENTS, dsn)
    async with writing(dsn, "test") as connection:
        assert await Tables(GENERATIONS, EVENTS, connection).parked() == aside
    assert (await bytes_of(GENERATIONS, dsn), done.parked) == (live, 2)


async def test_rows_agree_after_what_was_parked_came_right(log: EventLog, dsn: str) -> None:
    await execute(
        dsn, "ALTER TABLE read_generations.generations ADD CONSTRAINT mistake CHECK (attempt < 1)"
    )
    await told(log, stories(30))
    runner = await folded(GENERATIONS, log, dsn, batch=40)
    assert runner.parked > 0
    await execute(dsn, "ALTER TABLE read_generations.generations DROP CONSTRAINT mistake")
    assert await retry(GENERATIONS, log, EVENTS, dsn) == 0
    live = await bytes_of(GENERATIONS, dsn)
    await rebuild(GENERATIONS, log, EVENTS, dsn)
    assert await bytes_of(GENERATIONS, dsn) == live


async def test_a_second_rebuild_at_the_same_time_is_refused(log: EventLog, dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "SELECT pg_advisory_lock(hashtextextended('callsheet.projections.rebuild.generations', 0))"
    )
    with pytest.raises(RebuildRefused, match="is being rebuilt already"):
        await rebuild(GENERATIONS, log, EVENTS, dsn)
    await connection.close()


async def test_a_rebuild_that_was_killed_leaves_the_live_tables_and_can_be_repeated(
    log: EventLog, dsn: str
) -> None:
    await told(log, stories(300))
    await folded(GENERATIONS, log, dsn)
    live = await bytes_of(GENERATIONS, dsn)
    killed = asyncio.create_task(rebuild(GENERATIONS, log, EVENTS, dsn))
    await asyncio.sleep(0.03)
    await execute(
        dsn,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'callsheet-projections-rebuild' "
        "AND datname = current_database()",
    )
    [outcome] = await asyncio.gather(killed, return_exceptions=True)
    assert isinstance(outcome, Exception)
    assert await bytes_of(GENERATIONS, dsn) == live
    await rebuild(GENERATIONS, log, EVENTS, dsn)
    assert await bytes_of(GENERATIONS, dsn) == live


async def test_tables_of_an_older_version_are_rebuilt_when_the_program_starts(
    log: EventLog, dsn: str
) -> None:
    await told(log, stories(10))
    await folded(GENERATIONS, log, dsn)
    live = await bytes_of(GENERATIONS, dsn)
    await execute(dsn, "UPDATE read_generations.checkpoint SET version = 0")
    await execute(dsn, "ALTER TABLE read_generations.generations DROP COLUMN stage")
    await bring_up_to_date(GENERATIONS, log, EVENTS, dsn)
    assert await standing(dsn) == Standing(await log.head(), GENERATIONS.version, 0)
    assert await bytes_of(GENERATIONS, dsn) == live


async def test_tables_of_a_newer_version_are_left_to_the_newer_program(
    log: EventLog, dsn: str
) -> None:
    await execute(dsn, "UPDATE read_generations.checkpoint SET version = version + 1")
    with pytest.raises(RebuildRefused, match="rebuild with the newer program"):
        await rebuild(GENERATIONS, log, EVENTS, dsn)
    await bring_up_to_date(GENERATIONS, log, EVENTS, dsn)
    assert (await standing(dsn)).version == GENERATIONS.version + 1
