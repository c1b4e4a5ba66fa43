"""The studio's activity: it says how far it is, stops at a step, and gives up on what kills it."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.ledger import Context, Decision, Ledger
from activities.orders import SamplingOrder, SamplingProgress
from domain.catalog import EVENTS
from domain.generation.brief import Brief, Shot
from domain.generation.commands import CancelGeneration, GenerationCommand
from domain.generation.decider import GENERATION
from domain.generation.refusals import AlreadySettled
from domain.generation.situations import Sampled
from gpu_workers.activities import DEATHS_MAX, StudioActivities, StudioKeepsDying
from gpu_workers.simulated import SimulatedSampler
from infra.clock import system_clock
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from infra.media.memory import MemoryObjectStore
from tests import words

BRIEF = Brief(prompt="grey", shots=(Shot(prompt="grey", seconds=0.5),), width=64, height=64, fps=8)
ORDER = SamplingOrder(
    generation_id=words.GENERATION_ID,
    account_id=words.ACCOUNT_ID,
    command_id="sample",
    at=words.moment(),
    actor="client/test",
    brief=BRIEF,
    seed=1,
)


class Room:
    """A studio with its log and store, and a stage on which an activity runs."""

    def __init__(self, scratch: Path) -> None:
        self.log, self.store = MemoryEventLog(), MemoryObjectStore()
        self.ledger = Ledger(self.log, CatalogCodec(EVENTS))
        sampler = SimulatedSampler()
        self.studio = StudioActivities(
            lambda _: sampler, self.store, self.ledger, system_clock, scratch
        )
        self.scratch = scratch
        self.beats: list[SamplingProgress] = []

    async def perform(self, command: GenerationCommand) -> None:
        decision = Decision(GENERATION, words.GENERATION_ID, command)
        await self.ledger.perform([decision], Context("client/test", "test"))

    def environment(self, attempt: int = 1, *last: SamplingProgress) -> ActivityEnvironment:
        environment = ActivityEnvironment()
        environment.info = dataclasses.replace(
            environment.info, attempt=attempt, heartbeat_details=last
        )
        environment.on_heartbeat = lambda *details: self.beats.extend(details)
        return environment

    async def types(self) -> list[str]:
        return [each.type for each in await self.log.read_all()]


@pytest.fixture
async def room(tmp_path: Path) -> Room:
    room = Room(tmp_path / "scratch")
    await room.perform(words.request_video(BRIEF))
    return room


async def test_progress_is_every_step_by_heartbeat_and_some_of_them_in_the_log(room: Room) -> None:
    take = await room.environment().run(room.studio.sample_take, ORDER)
    steps = [beat.step for beat in room.beats]
    assert steps == sorted(steps)
    assert steps[-1] == room.beats[-1].steps == 10
    assert len(set(steps)) >= 4
    types = await room.types()
    assert types[1] == "sampling-started.v1"
    assert types[-1] == "take-sampled.v1"
    assert 2 <= types.count("sampling-advanced.v1") <= 5
    kept = await room.store.verify(take.key, take.sha256)
    assert kept.size == take.size
    assert list(room.scratch.iterdir()) == []


async def test_a_take_that_was_recorded_is_given_again(room: Room) -> None:
    first = await room.environment().run(room.studio.sample_take, ORDER)
    before = await room.types()
    again = await room.environment(2).run(room.studio.sample_take, ORDER)
    assert again == first
    assert await room.types() == before


async def test_a_cancelled_step_begins_no_other(room: Room) -> None:
    environment = room.environment()
    running = asyncio.create_task(environment.run(room.studio.sample_take, ORDER))
    await asyncio.sleep(0.18)
    environment.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    stopped_at = room.beats[-1].step
    await asyncio.sleep(0.2)
    assert stopped_at < 10
    assert room.beats[-1].left
    assert "take-sampled.v1" not in await room.types()
    assert room.store.entries == {}
    assert list(room.scratch.iterdir()) == []


async def test_a_generation_that_was_cancelled_in_the_log_is_not_begun(room: Room) -> None:
    stop = CancelGeneration(command_id="stop", at=words.moment(1), requested_by="client/app")
    await room.perform(stop)
    with pytest.raises(AlreadySettled):
        await room.environment().run(room.studio.sample_take, ORDER)
    assert room.beats == []


async def test_a_generation_that_is_cancelled_in_the_log_stops_with_the_next_news(
    room: Room,
) -> None:
    running = asyncio.create_task(room.environment().run(room.studio.sample_take, ORDER))
    await asyncio.sleep(0.12)
    stop = CancelGeneration(command_id="stop", at=words.moment(1), requested_by="client/app")
    await room.perform(stop)
    with pytest.raises(AlreadySettled):
        await running
    assert room.beats[-1].step < 10


async def test_an_order_that_kills_its_workers_is_given_up_with_a_reason(room: Room) -> None:
    last = SamplingProgress(attempt=DEATHS_MAX, step=3, steps=10, deaths=DEATHS_MAX - 1)
    with pytest.raises(StudioKeepsDying, match="3 times"):
        await room.environment(DEATHS_MAX + 1, last).run(room.studio.sample_take, ORDER)


async def test_a_worker_that_said_farewell_did_not_die(room: Room) -> None:
    last = SamplingProgress(attempt=9, step=3, steps=10, deaths=DEATHS_MAX - 1, left=True)
    await room.environment(10, last).run(room.studio.sample_take, ORDER)
    standing = await room.ledger.state(GENERATION, words.GENERATION_ID)
    assert isinstance(standing.state, Sampled)
    assert room.beats[0].deaths == DEATHS_MAX - 1
