"""The ledger decides once, whoever repeats the step or writes at the same time."""

from __future__ import annotations

import asyncio

import pytest

from activities.ledger import Context, Decision, Guard, Ledger
from domain.account.account import ACCOUNT, AccountUnknown, require_open
from domain.catalog import EVENTS
from domain.generation.decider import GENERATION
from domain.generation.situations import Completed, Sampling
from domain.video.video import VIDEO, Released, ReleaseVideo
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from tests import words

CONTEXT = Context("client/app", f"generation/{words.GENERATION_ID}", "00-trace-span-01")


@pytest.fixture
def log() -> MemoryEventLog:
    return MemoryEventLog()


@pytest.fixture
def ledger(log: MemoryEventLog) -> Ledger:
    return Ledger(log, CatalogCodec(EVENTS))


def a_decision(command: object) -> Decision:
    return Decision(GENERATION, words.GENERATION_ID, command)  # type: ignore[arg-type]


def release() -> Decision:
    command = ReleaseVideo(
        command_id="release",
        at=words.moment(5),
        video_id=words.VIDEO_ID,
        generation_id=words.GENERATION_ID,
        account_id=words.ACCOUNT_ID,
        rendition=words.RENDITION,
        proof=words.PROOF,
    )
    return Decision(VIDEO, words.VIDEO_ID, command)


async def test_an_event_carries_who_why_and_within_what(
    ledger: Ledger, log: MemoryEventLog
) -> None:
    await ledger.perform([a_decision(words.request_video())], CONTEXT)
    (recorded,) = await log.read_all()
    assert recorded.type == "video-requested.v1"
    assert recorded.metadata.actor == "client/app"
    assert recorded.metadata.causation_id == "request"
    assert recorded.metadata.correlation_id == CONTEXT.correlation_id
    assert recorded.metadata.traceparent == CONTEXT.traceparent


async def test_a_repeated_step_finds_its_own_events(ledger: Ledger, log: MemoryEventLog) -> None:
    first = await ledger.perform([a_decision(words.request_video())], CONTEXT)
    await ledger.perform([a_decision(words.begin_sampling())], CONTEXT)
    again = await ledger.perform([a_decision(words.request_video())], CONTEXT)
    assert again.events == ()
    assert isinstance(again.states[0], Sampling)
    assert again.position >= first.position
    assert len(await log.read_all()) == 2


async def test_a_guard_that_does_not_hold_refuses_and_writes_nothing(
    ledger: Ledger, log: MemoryEventLog
) -> None:
    guard = Guard(ACCOUNT, words.ACCOUNT_ID, require_open)
    with pytest.raises(AccountUnknown):
        await ledger.perform([a_decision(words.request_video())], CONTEXT, guards=[guard])
    assert await log.read_all() == []


async def test_completion_and_release_are_one_append(ledger: Ledger, log: MemoryEventLog) -> None:
    for command in (
        words.request_video(),
        words.begin_sampling(),
        words.record_take(),
        words.record_rendition(),
        words.record_proof(),
    ):
        await ledger.perform([a_decision(command)], CONTEXT)
    both = [a_decision(words.complete_generation()), release()]
    done = await ledger.perform(both, CONTEXT)
    assert isinstance(done.states[0], Completed)
    assert isinstance(done.states[1], Released)
    await ledger.perform(both, CONTEXT)
    types = [each.type for each in await log.read_all()]
    assert types.count("generation-completed.v1") == types.count("video-released.v1") == 1


async def test_racing_writers_of_one_stream_agree_on_one_ending(
    ledger: Ledger, log: MemoryEventLog
) -> None:
    await ledger.perform([a_decision(words.request_video())], CONTEXT)
    endings = [words.cancel_generation(), words.fail_generation()] * 5
    results = await asyncio.gather(
        *(ledger.perform([a_decision(each)], CONTEXT) for each in endings),
        return_exceptions=True,
    )
    types = [each.type for each in await log.read_all()]
    assert len(types) == 2, types
    assert sum(not isinstance(each, Exception) for each in results) >= 5
