"""Given what happened to a generation, then what its row says."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

import asyncpg
import pytest

from domain.generation.brief import Brief, Shot
from domain.generation.events import TakeFound, VideoRequested
from domain.kernel.model import Event
from domain.kernel.ports import EventLog
from projections.exposures import read, unexposed, written
from projections.generations import GENERATIONS, GenerationRow, GenerationsReader
from tests import words
from tests.projections.given import folded, happened

E = TypeVar("E", bound=Event)

pytestmark = pytest.mark.servers


@pytest.fixture
def reader(pool: asyncpg.Pool) -> GenerationsReader:
    return GenerationsReader(pool)


async def the_row(log: EventLog, dsn: str, reader: GenerationsReader) -> GenerationRow:
    await folded(GENERATIONS, log, dsn)
    row = await reader.get(words.GENERATION_ID)
    assert row is not None
    return row


async def test_a_request_is_kept_as_it_was_asked(
    log: EventLog, dsn: str, reader: GenerationsReader
) -> None:
    position = await happened(log, words.video_requested())
    row = await the_row(log, dsn, reader)
    assert row == GenerationRow(
        generation_id=words.GENERATION_ID,
        account_id=words.ACCOUNT_ID,
        prompt="a red boat sails at dawn",
        seconds=3.0,
        width=640,
        height=368,
        fps=24,
        sampler="sketch",
        requested_at=words.moment(),
        requested_position=position,
        updated_at=words.moment(),
        shots=written(unexposed([3.0])),
        last_position=position,
    )


async def test_a_generation_that_nobody_asked_for_is_unknown(reader: GenerationsReader) -> None:
    assert await reader.get(words.GENERATION_ID) is None
    assert await reader.queue_position(words.GENERATION_ID) is None


async def test_progress_and_eta_follow_from_the_events_alone(
    log: EventLog, dsn: str, reader: GenerationsReader
) -> None:
    await happened(
        log, words.video_requested(), words.sampling_started(), words.sampling_advanced(4)
    )
    row = await the_row(log, dsn, reader)
    assert (row.status, row.stage, row.attempt) == ("sampling", "sampling", 1)
    assert (row.step, row.steps, row.progress) == (4, 10, 0.4)
    assert row.sampling_started_at == words.moment(1)
    # four of ten steps took one second
    assert row.eta_at == words.moment(1) + timedelta(seconds=2.5)


async def test_nobody_knows_the_end_before_the_first_step(
    log: EventLog, dsn: str, reader: GenerationsReader
) -> None:
    await happened(log, words.video_requested(), words.sampling_started())
    row = await the_row(log, dsn, reader)
    assert (row.step, row.progress, row.eta_at) == (0, 0.0, None)


async def test_another_attempt_begins_from_its_own_first_step(
    log: EventLog, dsn: str, reader: GenerationsReader
) -> None:
    await happened(
        log,
        words.video_requested(),
        words.sampling_started(),
        words.sampling_advanced(4),
        words.sampling_started(2),
    )
    row = await the_row(log, dsn, reader)
    assert (row.attempt, row.step, row.eta_at) == (2, 0, None)
    assert row.progress == 0.4, "what was reached once is not taken back"


async def test_what_was_restored_does_not_count_as_done_in_the_time_of_its_attempt(
    log: EventLog, dsn: str, reader: GenerationsReader
) -> None:
    restored = words.sampling_started(2).model_copy(update={"restored": 6, "at": words.moment(20)})
    step = words.sampling_advanced(8, attempt=2).model_copy(update={"at": words.moment(24)})
    await happened(log, words.video_requested(), words.sampling_started(), restored, step)
    row = await the_row(log, dsn, reader)
    assert (row.step, row.progress) == (8, 0.8)
    # two of the four steps that were left took four seconds
    assert row.eta_at == words.moment(28)


def of_shot(number: int, event: E, seconds: float) -> E:
    return event.model_copy(update={"shot": number, "at": words.moment(seconds)})


async def test_progress_is_that_of_all_shots_by_their_length(
    log: EventLog, dsn: str, reader: GenerationsReader
) -> None:
    """Shots of one, two and one seconds: the first is found, the others are sampled apart."""
    shots = tuple(Shot(prompt="a", seconds=each) for each in (1, 2, 1))
    await happened(log, words.video_requested(Brief(prompt="a", shots=shots)))
    steps = [
        (of_shot(2, words.sampling_started(), 10), "sampling", 0.0, None),
        (of_shot(2, words.sampling_advanced(5), 20), "sampling", 0.25, 50),
        (take_found(1, 21), "sampling", 0.5, 43),
        (of_shot(3, words.sampling_started(), 22), "sampling", 0.5, 43),
        (of_shot(3, words.sampling_advanced(5), 30), "sampling", 0.625, 50),
        (of_shot(2, words.take_sampled(), 35), "sampling", 0.875, 40),
        (of_shot(3, words.take_sampled(), 40), "sampled", 1.0, None),
    ]
    for event, status, progress, ends in steps:
        await happened(log, event)
        row = await the_row(log, dsn, reader)
        eta = None if row.eta_at is None else round((row.eta_at - words.moment()).total_seconds())
        assert (row.status, row.progress, eta) == (status, progress, ends), event
    assert (row.step, row.steps) == (20, 20)
    assert [each.status for each in read(row.shots)] == ["found", "sampled", "sampled"]


def take_found(number: int, seconds: float) -> TakeFound:
    at = words.moment(seconds)
    return TakeFound(at=at, generation_id=words.GENERATION_ID, shot=number, take=words.TAKE)


async def test_a_completed_generation_names_its_video(
    log: EventLog, dsn: str, reader: GenerationsReader
) -> None:
    await happened(
        log,
        words.video_requested(),
        words.sampling_started(),
        words.sampling_advanced(4),
        words.take_sampled(),
        words.rendition_stored(),
    )
    stored = await the_row(log, dsn, reader)
    assert (stored.status, stored.stage, stored.progress, stored.eta_at) == (
        "stored",
        "releasing",
        1.0,
        None,
    )
    await happened(log, words.generation_completed())
    row = await the_row(log, dsn, reader)
    assert (row.status, row.stage, row.video_id) == ("completed", "completed", words.VIDEO_ID)
    assert (row.step, row.failure_code) == (10, None)


async def test_a_failed_generation_says_why(
    log: EventLog, dsn: str, reader: GenerationsReader
) -> None:
    await happened(
        log,
        words.video_requested(),
        words.sampling_started(),
        words.sampling_advanced(4),
        words.generation_failed(),
    )
    row = await the_row(log, dsn, reader)
    assert (row.status, row.stage) == ("failed", "failed")
    assert (row.failure_code, row.failure_stage, row.failure_explanation) == (
        "out-of-range",
        "planning",
        "no",
    )
    assert (row.progress, row.eta_at, row.video_id) == (0.4, None, None)


async def test_a_cancelled_generation_expects_nothing_more(
    log: EventLog, dsn: str, reader: GenerationsReader
) -> None:
    await happened(log, words.video_requested(), words.generation_cancelled())
    row = await the_row(log, dsn, reader)
    assert (row.status, row.updated_at, row.eta_at) == ("cancelled", words.moment(7), None)


async def test_the_queue_counts_those_that_wait_and_were_asked_earlier(
    log: EventLog, dsn: str, reader: GenerationsReader
) -> None:
    requests = [a_request(number) for number in range(4)]
    await happened(log, *requests)
    await happened(log, words.sampling_started())  # the one of words.GENERATION_ID: number 1
    await folded(GENERATIONS, log, dsn)
    queue = [await reader.queue_position(each.generation_id) for each in requests]
    assert queue == [0, None, 1, 2]


async def test_pages_hold_every_generation_of_the_account_once_newest_first(
    log: EventLog, dsn: str, reader: GenerationsReader
) -> None:
    await happened(log, *(a_request(number) for number in range(7)))
    await happened(log, a_request(8, words.an_id("acc", 2)))
    await folded(GENERATIONS, log, dsn)
    pages, before = [], None
    while page := await reader.list(words.ACCOUNT_ID, 3, before):
        pages.append([row.generation_id for row in page])
        before = page[-1].requested_position
        # what is asked for meanwhile does not disturb the pages to come
        await happened(log, a_request(20 + len(pages)))
        await folded(GENERATIONS, log, dsn)
    ids = [words.an_id("gen", number) for number in range(6, -1, -1)]
    assert pages == [ids[:3], ids[3:6], ids[6:]]


def a_request(number: int, account_id: str = words.ACCOUNT_ID) -> VideoRequested:
    return VideoRequested(
        at=words.moment(number),
        generation_id=words.an_id("gen", number),
        account_id=account_id,
        brief=words.BRIEF,
    )
