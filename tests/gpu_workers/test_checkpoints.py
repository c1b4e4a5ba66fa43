"""Checkpoints: often enough, seldom enough, and never trusted without looking."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from activities.orders import SavedState
from domain.kernel.ports import StoredObject, StoreUnavailable
from gpu_workers.checkpoints import (
    BEAT_SECONDS,
    FIRST_WRITE_SECONDS,
    REDO_SHARE_AIM,
    SLOTS,
    WORTH_SECONDS_MIN,
    WRITE_SHARE_MAX,
    Checkpoints,
    steps_between,
)
from gpu_workers.sampler import Plan, State, environment
from gpu_workers.simulated import SimulatedSampler
from gpu_workers.sketch.schedule import STEPS
from infra.media.memory import MemoryObjectStore
from tests import words
from tests.gpu_workers.orders import ignore, order

SAMPLER = SimulatedSampler(steps=10, stage_seconds=0)
PLAN = SAMPLER.plan(order())
HERE = environment()


def state_at(step: int, plan: Plan = PLAN) -> State:
    return SAMPLER.advance(plan, SAMPLER.start(plan), ignore, upto=step) if step else (
        SAMPLER.start(plan)
    )  # fmt: skip


def checkpoints(store: MemoryObjectStore, folder: Path, attempt: int = 1) -> Checkpoints:
    return Checkpoints(store, words.GENERATION_ID, attempt, folder)


@given(
    steps=st.integers(10, 200),
    step_seconds=st.floats(0.05, 20),
    write_seconds=st.floats(0.001, 0.2),
)
def test_a_death_costs_no_more_than_its_share(
    steps: int, step_seconds: float, write_seconds: float
) -> None:
    every = steps_between(steps, step_seconds, write_seconds)
    whole = steps * step_seconds
    if every is None:
        assert whole < WORTH_SECONDS_MIN
        return
    lost = (every + 1) * step_seconds + write_seconds + BEAT_SECONDS
    is_dear = write_seconds > WRITE_SHARE_MAX * (every - 1) * step_seconds
    keeps_share = lost <= REDO_SHARE_AIM * whole + 1e-6 or every <= REDO_SHARE_AIM * steps
    assert every == 1 or is_dear or keeps_share


@pytest.mark.parametrize("step_seconds", [0.012, 0.036, 0.045])
@pytest.mark.parametrize("write_seconds", [0.003, FIRST_WRITE_SECONDS])
def test_a_clip_of_two_seconds_of_the_built_in_model_is_saved_often_enough(
    step_seconds: float, write_seconds: float
) -> None:
    """24 steps of 36 to 45 ms on two busy cores, and three times as fast; a state of 180 kB."""
    every = steps_between(STEPS, step_seconds, write_seconds)
    assert every is not None
    is_dear = write_seconds > WRITE_SHARE_MAX * (every - 1) * step_seconds
    assert every <= 0.15 * STEPS or (step_seconds < 0.02 and is_dear)


@pytest.mark.parametrize(
    ("steps", "step_seconds", "write_seconds", "every"),
    [
        (10, 0.02, 0.05, None),  # done again sooner than saved
        (24, 0.04, 0.01, 2),  # a tenth of the steps: telling alone takes that of the time
        (60, 0.1, 0.05, 3),
        (30, 2.0, 0.1, 1),
        (200, 1.0, 0.1, 18),
        (6, 10.0, 0.1, 1),  # there is nothing finer than a step
        (20, 0.1, 1.0, 40),  # a store this slow is not worth its time
    ],
)
def test_how_often(
    steps: int, step_seconds: float, write_seconds: float, every: int | None
) -> None:
    assert steps_between(steps, step_seconds, write_seconds) == every


async def test_a_saved_state_is_restored_as_it_was(tmp_path: Path) -> None:
    store = MemoryObjectStore()
    saved = await checkpoints(store, tmp_path).save(state_at(4))
    restored = await checkpoints(store, tmp_path, 2).restore(saved, PLAN, HERE)
    assert restored is not None
    assert restored.dump() == state_at(4).dump()
    assert saved.step == 4
    assert list(tmp_path.iterdir()) == []


class StoreThatRefuses(MemoryObjectStore):
    """Refuses to write while it is told to."""

    refuses = False

    async def put_file(self, key: str, path: Path, content_type: str) -> StoredObject:
        if self.refuses:
            raise StoreUnavailable("the disk is full")
        return await super().put_file(key, path, content_type)


async def test_an_attempt_writes_over_its_oldest_state(tmp_path: Path) -> None:
    store = MemoryObjectStore()
    ours = checkpoints(store, tmp_path)
    saved = [await ours.save(state_at(step)) for step in (2, 4, 6, 8, 10)]
    prefix = f"takes/{words.GENERATION_ID}/checkpoints/"
    assert sorted(store.entries) == [f"{prefix}00001-{n}.safetensors" for n in range(SLOTS)]
    restored = [await ours.restore(each, PLAN, HERE) for each in saved]
    assert [each.step if each else None for each in restored] == [None, None, 6, 8, 10]


async def test_a_state_that_cannot_be_written_costs_no_state_before_it(tmp_path: Path) -> None:
    store = StoreThatRefuses()
    ours = checkpoints(store, tmp_path)
    saved = [await ours.save(state_at(step)) for step in (2, 4)]
    store.refuses = True
    for step in (5, 6, 7, 8) * SLOTS:
        with pytest.raises(StoreUnavailable):
            await ours.save(state_at(step))
    store.refuses = False
    saved.append(await ours.save(state_at(9)))
    restored = [await ours.restore(each, PLAN, HERE) for each in saved]
    assert [each.step if each else None for each in restored] == [2, 4, 9]


async def test_a_replaced_worker_removes_nothing_of_its_successor(tmp_path: Path) -> None:
    store = MemoryObjectStore()
    second, first = checkpoints(store, tmp_path, 2), checkpoints(store, tmp_path, 1)
    for step in (2, 4):
        await second.save(state_at(step))
    for step in (7, 9):
        await first.save(state_at(step))
    assert [key[-19:-12] for key in sorted(store.entries)] == [
        "00001-0",
        "00001-1",
        "00002-0",
        "00002-1",
    ]


async def test_the_second_state_of_an_attempt_removes_what_those_before_left(
    tmp_path: Path,
) -> None:
    store = MemoryObjectStore()
    old = await checkpoints(store, tmp_path, 1).save(state_at(3))
    second = checkpoints(store, tmp_path, 2)
    await second.save(state_at(5))
    assert await second.restore(old, PLAN, HERE), "the news of the first may not have arrived"
    await second.save(state_at(7))
    assert await second.restore(old, PLAN, HERE) is None
    assert len(store.entries) == 2


async def test_what_is_damaged_gone_or_anothers_is_not_used(tmp_path: Path) -> None:
    store = MemoryObjectStore()
    ours = checkpoints(store, tmp_path)
    saved = await ours.save(state_at(4))
    other = SAMPLER.plan(order(seed=99))
    assert await ours.restore(saved, other, HERE) is None
    assert await ours.restore(saved.model_copy(update={"sha256": "0" * 64}), PLAN, HERE) is None
    elsewhere = saved.model_copy(update={"key": "takes/gen_other/checkpoints/x"})
    assert await ours.restore(elsewhere, PLAN, HERE) is None

    entry = store.entries[saved.key]
    store.entries[saved.key] = dataclasses.replace(entry, data=entry.data[:-1])
    assert await ours.restore(saved, PLAN, HERE) is None
    del store.entries[saved.key]
    assert await ours.restore(saved, PLAN, HERE) is None
    assert list(tmp_path.iterdir()) == []


async def test_bytes_that_are_no_state_are_not_used(tmp_path: Path) -> None:
    store, path = MemoryObjectStore(), tmp_path / "noise"
    path.write_bytes(b"noise")
    ours = checkpoints(store, tmp_path)
    stored = await store.put_file(f"{ours.prefix}noise", path, "application/octet-stream")
    saved = SavedState(key=stored.key, sha256=stored.sha256, step=3)
    assert await ours.restore(saved, PLAN, HERE) is None


async def test_a_store_that_is_away_is_waited_for(tmp_path: Path) -> None:
    class Away(MemoryObjectStore):
        async def get_file(
            self, key: str, path: Path, sha256: str | None = None, size_max: int | None = None
        ) -> StoredObject:
            raise StoreUnavailable("away")

    store = Away()
    saved = await checkpoints(store, tmp_path).save(state_at(4))
    with pytest.raises(StoreUnavailable):
        await checkpoints(store, tmp_path).restore(saved, PLAN, HERE)


async def test_a_state_of_another_environment_is_not_continued_and_the_log_says_what_differs(
    tmp_path: Path,
) -> None:
    ours = checkpoints(MemoryObjectStore(), tmp_path)
    elsewhere = HERE | {"torch": "1.0", "cpu": "NO AVX", "machine": "abacus"}
    saved = await ours.save(dataclasses.replace(state_at(4), environment=elsewhere))
    with capture_logs() as logs:
        assert await ours.restore(saved, PLAN, HERE) is None
    [said] = logs
    assert (said["event"], said["step"]) == ("studio.environment_differs", 4)
    assert said["differing"] == ["cpu", "machine", "torch"]
    assert await ours.restore(saved, PLAN, elsewhere) is not None


def test_what_matters_only_here_is_a_difference_and_what_no_longer_matters_is_none() -> None:
    state = state_at(4)
    assert state.differing(HERE | {"device": "a card"}) == ("device",)
    assert state.differing({}) == ()
