"""The studio's activity: it says how far it is, stops at a step, and survives its own death."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import threading
import time
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path

import cv2
import pytest
import torch
from temporalio.activity import ActivityCancellationDetails
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.kept import KeptFile
from activities.ledger import Context, Decision, Ledger
from activities.orders import SamplingOrder, SamplingProgress
from domain.catalog import EVENTS
from domain.generation.brief import Brief, Shot
from domain.generation.commands import CancelGeneration, GenerationCommand
from domain.generation.decider import GENERATION
from domain.generation.events import StudioTimeUsed
from domain.generation.refusals import AlreadySettled
from domain.generation.situations import Sampled
from domain.generation.take import Take
from domain.kernel.envelope import RecordedEvent
from domain.kernel.ports import LogUnavailable
from gpu_workers.activities import DEATHS_MAX, StudioActivities
from gpu_workers.cards.refusals import ReferencesNotTaken
from gpu_workers.clip import Clip
from gpu_workers.fence import Fence, FenceWithoutNews
from gpu_workers.mezzanine import read_mezzanine
from gpu_workers.mishaps import NumbersLost, OutOfMemory, SamplerUnusable, StudioKeepsDying
from gpu_workers.sampler import (
    OnStep,
    Plan,
    Sampler,
    SamplingRequest,
    State,
    environment,
)
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


class Journal(SimulatedSampler):
    """Notes when each of its steps begins, and on which thread."""

    def __init__(self, steps: int = 10, stage_seconds: float = 0.5) -> None:
        super().__init__(steps, stage_seconds)
        self.begun: list[tuple[str, int, float]] = []
        self.threads: set[int] = set()
        self.at_once, self.at_once_max = 0, 0
        self._lock = threading.Lock()

    def advance(self, plan: Plan, state: State, on_step: OnStep, upto: int | None = None) -> State:
        with self._lock:
            self.at_once += 1
            self.at_once_max = max(self.at_once, self.at_once_max)
        try:
            for step in range(state.step + 1, plan.steps + 1):
                self.begun.append((plan.key, step, time.monotonic()))
                self.threads.add(threading.get_ident())
                state = super().advance(plan, state, on_step, upto=step)
            return state
        finally:
            with self._lock:
                self.at_once -= 1

    @property
    def steps_begun(self) -> list[int]:
        return [step for _, step, _ in self.begun]


class Room:
    """A studio with its log and store, and a stage on which an activity runs."""

    def __init__(self, scratch: Path) -> None:
        self.log, self.store = MemoryEventLog(), MemoryObjectStore()
        self.ledger, self.fence = Ledger(self.log, CatalogCodec(EVENTS)), Fence()
        self.scratch = scratch
        self.beats: list[SamplingProgress] = []
        self.journal = Journal()
        self.studio = self.another(lambda _: self.journal)

    def another(self, samplers: Callable[[str], Sampler]) -> StudioActivities:
        return StudioActivities(
            samplers, self.store, self.ledger, system_clock, self.scratch, self.fence
        )

    def run(
        self, environment: ActivityEnvironment, order: SamplingOrder | None = None
    ) -> asyncio.Task[Take]:
        return asyncio.create_task(environment.run(self.studio.sample_take, order or ORDER))

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds():
                await asyncio.sleep(0.005)

    async def events(self) -> list[object]:
        codec = CatalogCodec(EVENTS)
        return [codec.decode(each) for each in await self.log.read_all()]

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

    def takes(self) -> list[str]:
        """What is kept beside checkpoints, which go when the generation's takes are cleared."""
        return [key for key in self.store.entries if "/checkpoints/" not in key]

    async def types(self) -> list[str]:
        return [each.type for each in await self.log.read_all()]


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    room = Room(tmp_path / "scratch")
    await room.perform(words.request_video(BRIEF))
    async with room.fence.following(room.log):
        yield room


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
    running = room.run(environment)
    await asyncio.sleep(0.18)
    environment.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    stopped_at = room.beats[-1].step
    await asyncio.sleep(0.2)
    assert stopped_at < 10
    assert room.beats[-1].left
    assert "take-sampled.v1" not in await room.types()
    assert room.takes() == []
    assert list(room.scratch.iterdir()) == []


async def test_a_generation_that_was_cancelled_in_the_log_is_not_begun(room: Room) -> None:
    stop = CancelGeneration(command_id="stop", at=words.moment(1), requested_by="client/app")
    await room.perform(stop)
    with pytest.raises(AlreadySettled):
        await room.environment().run(room.studio.sample_take, ORDER)
    assert {beat.step for beat in room.beats} == {0}
    assert room.beats[-1].left


class Remembering(Journal):
    """Keeps something of each plan in memory until it is told to let it go."""

    def __init__(self) -> None:
        super().__init__(stage_seconds=0.05)
        self.remembered: set[str] = set()
        self.ever = 0

    def start(self, plan: Plan) -> State:
        self.remembered.add(plan.key)
        self.ever += 1
        return super().start(plan)

    def forget(self, plan: Plan) -> None:
        self.remembered.discard(plan.key)


async def test_nothing_of_a_job_stays_in_memory_when_it_is_stopped(room: Room) -> None:
    journal = room.journal = Remembering()
    environment = room.environment()
    running = asyncio.ensure_future(room.run(environment))
    await room.until(lambda: 1 in journal.steps_begun)
    assert len(journal.remembered) == journal.ever == 1
    environment.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not journal.remembered


async def test_a_stop_in_the_log_lets_no_second_step_begin(room: Room) -> None:
    """Temporal's cancellation never arrives here."""
    running = room.run(room.environment())
    await room.until(lambda: 3 in room.journal.steps_begun)
    await room.perform(
        CancelGeneration(command_id="stop", at=words.moment(1), requested_by="client/app")
    )
    stopped_at = time.monotonic()
    with pytest.raises(AlreadySettled):
        await running
    assert len([at for _, _, at in room.journal.begun if at > stopped_at]) <= 1
    assert max(room.journal.steps_begun) <= 4
    assert room.beats[-1].left
    assert room.takes() == []


async def test_a_log_that_cannot_be_read_ends_the_steps_saves_them_and_is_tried_again(
    room: Room,
) -> None:
    class Away(MemoryEventLog):
        async def read_all(self, after: int = 0, limit: int = 1000) -> list[RecordedEvent]:
            raise LogUnavailable("away")

    room.fence = Fence(news_seconds_max=0.3, patience_seconds_max=0.2)
    room.journal = Journal(stage_seconds=2)
    room.studio = room.another(lambda _: room.journal)
    async with room.fence.following(Away()):
        with pytest.raises(FenceWithoutNews):
            await room.run(room.environment())
    assert max(room.journal.steps_begun) <= 3
    last = room.beats[-1]
    assert last.checkpoint is not None
    assert (last.left, last.checkpoint.step) == (True, last.step)


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


async def until_saved(room: Room) -> SamplingProgress:
    """The first heartbeat with a checkpoint."""
    await room.until(lambda: any(beat.checkpoint for beat in room.beats))
    return next(beat for beat in room.beats if beat.checkpoint)


async def die(room: Room, environment: ActivityEnvironment, running: asyncio.Task[Take]) -> None:
    """As a worker that the server has given up: it saves nothing any more."""
    environment.cancel(ActivityCancellationDetails(not_found=True))
    with pytest.raises(asyncio.CancelledError):
        await running
    room.beats.clear()
    room.journal.begun.clear()


async def test_another_worker_goes_on_from_the_checkpoint_to_the_same_bytes(room: Room) -> None:
    room.journal = Journal(steps=20, stage_seconds=2.0)
    first = room.environment()
    running = room.run(first)
    last = await until_saved(room)
    await die(room, first, running)
    assert last.checkpoint is not None

    room.journal._step_seconds = 0
    take = await room.run(room.environment(2, last))
    assert room.journal.steps_begun[0] == last.checkpoint.step + 1
    assert room.beats[0].step == last.checkpoint.step
    assert (room.beats[0].deaths, room.beats[0].attempt) == (1, 2)
    kept = room.store.entries[take.key].data
    assert hashlib.sha256(kept).hexdigest() == take.sha256
    fresh = Room(room.scratch)
    fresh.journal = Journal(steps=20, stage_seconds=0)
    await fresh.perform(words.request_video(BRIEF))
    assert (await fresh.run(fresh.environment())).sha256 == take.sha256


async def test_short_steps_are_saved_beside_the_thread_that_does_them(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    dumping: list[int] = []
    dump = State.dump

    def noted(state: State) -> bytes:
        dumping.append(threading.get_ident())
        return dump(state)

    monkeypatch.setattr(State, "dump", noted)
    room.journal = Journal(steps=24, stage_seconds=24 * 0.04)
    await room.run(room.environment())
    saved = sorted({beat.checkpoint.step for beat in room.beats if beat.checkpoint})
    gaps = [later - earlier for earlier, later in pairwise([0, *saved])]
    assert max(gaps) <= 0.15 * 24 + 1, "one more where a save met the end of a step"
    assert dumping
    assert not set(dumping) & room.journal.threads


async def test_a_damaged_checkpoint_means_starting_over(room: Room) -> None:
    room.journal = Journal(steps=20, stage_seconds=2.0)
    first = room.environment()
    running = room.run(first)
    last = await until_saved(room)
    await die(room, first, running)
    assert last.checkpoint is not None
    entry = room.store.entries[last.checkpoint.key]
    room.store.entries[last.checkpoint.key] = dataclasses.replace(entry, data=b"spoilt")

    room.journal._step_seconds = 0
    await room.run(room.environment(2, last))
    assert room.journal.steps_begun == list(range(1, 21))


async def test_a_worker_with_another_torch_starts_over(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.journal = Journal(steps=20, stage_seconds=2.0)
    first = room.environment()
    running = room.run(first)
    last = await until_saved(room)
    await die(room, first, running)
    newer = environment() | {"torch": "9.9"}
    monkeypatch.setattr("gpu_workers.sampler.environment", lambda: newer)
    room.journal._step_seconds = 0
    await room.run(room.environment(2, last))
    assert room.journal.steps_begun == list(range(1, 21))


async def test_a_worker_that_is_asked_to_stop_saves_where_it_is_and_says_farewell(
    room: Room,
) -> None:
    environment = room.environment()
    running = room.run(environment)
    await room.until(lambda: 4 in room.journal.steps_begun)
    environment.worker_shutdown()
    with pytest.raises(ApplicationError, match="goes on from step") as left:
        await running
    last = room.beats[-1]
    assert (left.value.type, left.value.non_retryable) == ("studio-leaving", False)
    assert last.left
    assert last.checkpoint is not None
    assert last.checkpoint.step == last.step == max(room.journal.steps_begun)

    room.journal.begun.clear()
    await room.run(room.environment(2, last))
    assert room.journal.steps_begun == list(range(last.step + 1, 11))
    assert room.beats[-1].deaths == 0


async def test_a_cancellation_that_means_elsewhere_is_no_end(room: Room) -> None:
    environment = room.environment()
    running = room.run(environment)
    await room.until(lambda: 3 in room.journal.steps_begun)
    environment.cancel(ActivityCancellationDetails(worker_shutdown=True))
    with pytest.raises(ApplicationError, match=r"goes on from step [34]"):
        await running
    assert room.beats[-1].checkpoint is not None


async def test_a_store_that_is_away_costs_checkpoints_and_no_take(room: Room) -> None:
    refused = 0
    put_file = room.store.put_file

    async def away(key: str, path: Path, content_type: str) -> object:
        nonlocal refused
        if "/checkpoints/" in key:
            refused += 1
            raise OSError("away")
        return await put_file(key, path, content_type)

    room.store.put_file = away  # type: ignore[method-assign,assignment]  # a fault of one method
    room.journal = Journal(steps=20, stage_seconds=1.5)
    await room.run(room.environment())
    assert refused >= 2


async def test_one_job_steps_while_the_next_one_prepares(room: Room) -> None:
    second = words.an_id("gen", 2)
    request = words.request_video(BRIEF).model_copy(update={"generation_id": second})
    await room.ledger.perform(
        [Decision(GENERATION, second, request)], Context("client/test", "test")
    )
    other = ORDER.model_copy(update={"generation_id": second, "seed": 2})
    prepared: list[float] = []
    start = room.journal.start

    def noted(plan: Plan) -> State:
        prepared.append(time.monotonic())
        return start(plan)

    room.journal.start = noted  # type: ignore[method-assign]  # only looks
    await asyncio.gather(room.run(room.environment()), room.run(room.environment(), other))
    assert room.journal.at_once_max == 1
    keys = [key for key, _, _ in room.journal.begun]
    assert keys == sorted(keys, key=keys.index), "one job after the other"
    assert max(prepared) < room.journal.begun[5][2], "the second was ready before its turn"
    gap = room.journal.begun[10][2] - room.journal.begun[9][2]
    assert gap < 0.5


async def test_the_time_on_the_device_is_written_down_for_every_attempt(room: Room) -> None:
    dead = SamplingProgress(attempt=1, step=3, steps=10, device="cpu", seconds=7.5)
    await room.run(room.environment(2, dead))
    used = [each for each in await room.events() if isinstance(each, StudioTimeUsed)]
    assert [(each.attempt, each.device) for each in used] == [(1, "cpu"), (2, "cpu")]
    assert used[0].seconds == 7.5
    assert 0.5 <= used[1].seconds < 5


class Failing(SimulatedSampler):
    """Fails at its third step."""

    def __init__(self, error: Exception) -> None:
        super().__init__(stage_seconds=0.1)
        self._error = error

    def advance(self, plan: Plan, state: State, on_step: OnStep, upto: int | None = None) -> State:
        super().advance(plan, state, on_step, upto=2)
        raise self._error


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    ],
)
async def test_memory_that_ran_out_once_is_asked_for_once_more(
    room: Room, error: Exception
) -> None:
    studio = room.another(lambda _: Failing(error))
    with pytest.raises(ApplicationError) as short:
        await room.environment().run(studio.sample_take, ORDER)
    assert (short.value.type, short.value.non_retryable) == ("out-of-memory", False)
    last = room.beats[-1]
    assert (last.left, last.shortages, last.deaths) == (True, 1, 0)
    with pytest.raises(OutOfMemory, match="2 times"):
        await room.environment(2, last).run(studio.sample_take, ORDER)


async def test_numbers_that_are_lost_are_a_reason_and_no_checkpoint(room: Room) -> None:
    class Lost(SimulatedSampler):
        def advance(
            self, plan: Plan, state: State, on_step: OnStep, upto: int | None = None
        ) -> State:
            state = super().advance(plan, state, on_step, upto=2)
            broken = {"x": state.tensors["x"] * float("nan")}
            on_step(State(plan.key, 3, broken, state.environment))
            raise AssertionError("nobody goes on from here")

    studio = room.another(lambda _: Lost())
    with pytest.raises(NumbersLost, match="step 3"):
        await room.environment().run(studio.sample_take, ORDER)
    assert all(beat.step < 3 for beat in room.beats)
    saved = [each for key, each in room.store.entries.items() if "/checkpoints/" in key]
    assert all(State.load(each.data).step < 3 for each in saved)


async def test_missing_weights_are_a_reason(room: Room) -> None:
    def samplers(name: str) -> Sampler:
        raise FileNotFoundError(2, "No such file", "/models/secret-path/weights.safetensors")

    with pytest.raises(SamplerUnusable, match="sketch: FileNotFoundError") as unusable:
        await room.environment().run(room.another(samplers).sample_take, ORDER)
    assert "secret-path" not in str(unusable.value)


class Remote(Journal):
    """Entrusts its first step to somebody else, and its fifth again."""

    def entrusted(self, state: State) -> tuple[str, ...]:
        return () if state.step == 0 else ("first",) if state.step < 5 else ("second",)


async def test_what_is_entrusted_to_others_is_told_before_the_step_after_it(room: Room) -> None:
    room.journal = Remote(stage_seconds=0.1)
    await room.run(room.environment())
    told = [beat.checkpoint.step for beat in room.beats if beat.checkpoint]
    assert {1, 5} <= set(told)
    begun = [at for _, _, at in room.journal.begun]
    waits = [later - earlier for earlier, later in pairwise(begun)]
    assert min(waits[0], waits[4]) > 0.1, "the step after it waits for the telling"


async def test_a_store_that_is_away_for_a_moment_is_asked_again_to_keep_what_is_entrusted(
    room: Room,
) -> None:
    put_file, refused = room.store.put_file, 0

    async def away_once(key: str, path: Path, content_type: str) -> object:
        nonlocal refused
        if "/checkpoints/" in key and not refused:
            refused += 1
            raise OSError("away")
        return await put_file(key, path, content_type)

    room.store.put_file = away_once  # type: ignore[method-assign,assignment]  # a fault of one method
    room.journal = Remote(stage_seconds=0.1)
    async with asyncio.timeout(10):
        await room.run(room.environment())
    assert refused == 1


class Slow(SimulatedSampler):
    """Has its steps done at once, and decodes in a hundred pieces."""

    def __init__(self) -> None:
        super().__init__(stage_seconds=0)
        self.pieces = 0

    def decode_heeding(self, plan: Plan, state: State, heed: Callable[[], None]) -> Clip:
        for _ in range(100):
            heed()
            self.pieces += 1
            time.sleep(0.02)
        return self.decode(plan, state)


async def test_a_cancellation_ends_decoding_at_its_next_piece(room: Room) -> None:
    slow, environment = Slow(), room.environment()
    running = asyncio.create_task(environment.run(room.another(lambda _: slow).sample_take, ORDER))
    await room.until(lambda: slow.pieces >= 3)
    environment.cancel()
    cancelled_at = slow.pieces
    with pytest.raises(asyncio.CancelledError):
        await running
    assert slow.pieces <= cancelled_at + 2
    assert room.takes() == []


async def test_a_stop_in_the_log_ends_decoding_too(room: Room) -> None:
    slow = Slow()
    running = asyncio.create_task(
        room.environment().run(room.another(lambda _: slow).sample_take, ORDER)
    )
    await room.until(lambda: slow.pieces >= 3)
    await room.perform(
        CancelGeneration(command_id="stop", at=words.moment(1), requested_by="client/app")
    )
    with pytest.raises(AlreadySettled):
        await running
    assert slow.pieces < 50


async def test_a_worker_that_ends_still_finishes_what_is_sampled(room: Room) -> None:
    slow, environment = Slow(), room.environment()
    running = asyncio.create_task(environment.run(room.another(lambda _: slow).sample_take, ORDER))
    await room.until(lambda: slow.pieces >= 3)
    environment.worker_shutdown()
    take = await running
    assert slow.pieces == 100
    assert take.key in room.store.entries


class Referring(Journal):
    """Takes references, as a model does that can go on from a picture."""

    def plan(self, request: SamplingRequest) -> Plan:
        return super().plan(request).model_copy(update={"references": request.references})


def of_shot(number: int, **changes: object) -> SamplingOrder:
    return ORDER.model_copy(update={"shot": number, "command_id": f"sample-{number}", **changes})


async def two_shots(room: Room) -> SamplingOrder:
    """An order for the second shot of a generation of two, which is requested."""
    second = words.an_id("gen", 2)
    brief = BRIEF.model_copy(update={"shots": (BRIEF.shots[0], Shot(prompt="blue", seconds=0.5))})
    request = words.request_video(brief).model_copy(update={"generation_id": second})
    context = Context("client/test", "test")
    await room.ledger.perform([Decision(GENERATION, second, request)], context)
    return of_shot(2, generation_id=second, brief=brief)


async def test_a_shot_whose_plan_was_sampled_before_takes_no_step(room: Room) -> None:
    first = await room.run(room.environment(), of_shot(1))
    room.journal.begun.clear()
    second = await two_shots(room)
    found = await room.run(room.environment(), second.model_copy(update={"shot": 1}))
    assert (found, room.journal.begun) == (first, [])
    used = [each for each in await room.events() if isinstance(each, StudioTimeUsed)]
    assert [(each.generation_id, each.shot) for each in used] == [(words.GENERATION_ID, 1)]
    assert (await room.types())[-1] == "take-found.v1"
    await room.run(room.environment(), second)
    assert room.journal.steps_begun == list(range(1, 11)), "the other shot is another plan"


async def test_a_worker_that_died_before_it_could_say_so_has_sampled_all_the_same(
    room: Room,
) -> None:
    record, room.studio._books.record = room.studio._books.record, silent  # type: ignore[method-assign]  # the log is away at that moment
    with pytest.raises(LogUnavailable):
        await room.run(room.environment(), of_shot(1))
    room.studio._books.record = record  # type: ignore[method-assign]  # it is back
    room.journal.begun.clear()
    take = await room.run(room.environment(2), of_shot(1))
    assert room.journal.begun == []
    assert (await room.types())[-1] == "take-sampled.v1"
    assert (await room.store.verify(take.key, take.sha256)).size == take.size


async def silent(*_: object, **__: object) -> Take:
    raise LogUnavailable


async def test_the_take_of_a_shot_that_was_stopped_at_its_end_is_not_kept(room: Room) -> None:
    keep = room.studio._kept.keep

    async def stopped_meanwhile(*given: object) -> KeptFile:
        kept = await keep(*given)  # type: ignore[arg-type]  # as it was called
        stop = CancelGeneration(command_id="stop", at=words.moment(1), requested_by="client/app")
        await room.perform(stop)
        return kept

    object.__setattr__(room.studio._kept, "keep", stopped_meanwhile)
    with pytest.raises(AlreadySettled):
        await room.run(room.environment(), of_shot(1))
    assert room.takes() == []


async def test_a_shot_that_continues_opens_with_the_last_picture_before_it(room: Room) -> None:
    room.journal = Referring(stage_seconds=0.01)
    before = await room.run(room.environment(), of_shot(1))
    second = await two_shots(room)
    brief = second.brief.model_copy(update={"sampler": "animatic"})  # its card extends no clip
    continued = second.model_copy(update={"previous": before, "brief": brief})
    plans: list[Plan] = []
    plan = room.journal.plan
    room.journal.plan = lambda request: plans.append(plan(request)) or plans[-1]  # type: ignore[method-assign,func-returns-value]  # only looks
    await room.run(room.environment(), continued)
    [opening] = plans[-1].references
    assert (opening.kind, opening.use) == ("picture", "first-frame")
    key = f"takes/{second.generation_id}/openings/{opening.sha256}.png"
    await room.store.verify(key, opening.sha256)
    await room.store.get_file(before.key, room.scratch / "take.mkv")
    last = read_mezzanine(room.scratch / "take.mkv").frames[-1]
    await room.store.get_file(key, room.scratch / "opening.png")
    shown = cv2.cvtColor(cv2.imread(str(room.scratch / "opening.png")), cv2.COLOR_BGR2RGB)
    assert (shown == last).all()


async def test_a_sampler_that_cannot_go_on_from_a_picture_refuses_the_shot(room: Room) -> None:
    before = await room.run(room.environment(), of_shot(1))
    second = await two_shots(room)
    with pytest.raises(ReferencesNotTaken):
        await room.run(room.environment(), second.model_copy(update={"previous": before}))
