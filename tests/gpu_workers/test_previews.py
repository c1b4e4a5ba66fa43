"""A look at what is sampled: small, cheap, in the store while it is made, never a take's end."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gpu_workers.activities import StudioActivities
from gpu_workers.clip import Pictures
from gpu_workers.previews import SHARE_MAX, Looks, strip
from gpu_workers.sampler import Plan, State
from gpu_workers.simulated import SimulatedSampler
from infra.clock import system_clock
from tests import words
from tests.gpu_workers.orders import order
from tests.gpu_workers.test_studio_activity import BRIEF, ORDER, Room


class Shown(SimulatedSampler):
    """Shows its step as a grey, and takes its time for that on a clock of its own."""

    def __init__(self, cost: float = 0.0, error: Exception | None = None) -> None:
        super().__init__(stage_seconds=0.5)
        self.time, self.cost, self.error = 0.0, cost, error
        self.looked_at: list[int] = []

    def preview(self, plan: Plan, state: State) -> Pictures:
        self.looked_at.append(state.step)
        self.time += self.cost
        if self.error is not None:
            raise self.error
        return np.full((3, 36, 64, 3), 20 * state.step % 256, np.uint8)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    room = Room(tmp_path / "scratch")
    await room.perform(words.request_video(BRIEF))
    async with room.fence.following(room.log):
        yield room


def studio(room: Room, sampler: Shown, seconds: float | None) -> StudioActivities:
    return StudioActivities(
        lambda _: sampler,
        room.store,
        room.ledger,
        system_clock,
        room.scratch,
        room.fence,
        preview_seconds=seconds,
    )


def test_a_strip_is_small_and_shows_moments_from_all_of_it() -> None:
    pictures = np.repeat(np.arange(0, 240, 2, dtype=np.uint8), 720 * 1280 * 3).reshape(
        120, 720, 1280, 3
    )
    with Image.open(io.BytesIO(strip(pictures))) as made:
        assert (made.format, made.size) == ("JPEG", (512, 72))
        levels = [round(float(np.asarray(made)[30, 64 + 128 * n].mean())) for n in range(4)]
    assert levels == pytest.approx([30, 90, 150, 210], abs=3)


def test_one_picture_makes_a_strip_of_one() -> None:
    with Image.open(io.BytesIO(strip(np.zeros((1, 64, 96, 3), np.uint8)))) as made:
        assert made.size == (96, 64)


def test_dear_looks_take_a_small_share_of_the_time() -> None:
    sampler = Shown(cost=1.0)
    plan = SimulatedSampler(1001).plan(order())
    looks, state = Looks(sampler, plan, 0.1, lambda: sampler.time), sampler.start(plan)
    for step in range(1, 1001):
        sampler.time += 0.2
        looks.look(State(plan.key, step, state.tensors, {}))
    assert len(sampler.looked_at) >= 5
    assert (len(sampler.looked_at) - 1) * sampler.cost <= SHARE_MAX * sampler.time * 1.05


def test_cheap_looks_come_as_often_as_was_asked_and_never_at_the_end() -> None:
    sampler = Shown()
    plan = SimulatedSampler(10).plan(order())
    looks, state = Looks(sampler, plan, 0.5, lambda: sampler.time), sampler.start(plan)
    for step in range(1, 11):
        sampler.time += 0.25
        looks.look(State(plan.key, step, state.tensors, {}))
    assert sampler.looked_at == [2, 4, 6, 8]


async def test_the_newest_look_is_named_with_the_steps_and_lies_with_the_takes(room: Room) -> None:
    sampler = Shown()
    await room.environment().run(studio(room, sampler, 0.01).sample_take, ORDER)
    named = [beat.preview for beat in room.beats if beat.preview]
    assert len({each.key for each in named}) >= 2
    assert [each.step for each in named] == sorted(each.step for each in named)
    kept = [key for key in room.store.entries if "/previews/" in key]
    assert 1 <= len(kept) <= 2
    assert named[-1].key in kept
    assert named[-1].key.startswith(f"takes/{words.GENERATION_ID}/")
    entry = room.store.entries[named[-1].key]
    assert entry.content_type == "image/jpeg"
    with Image.open(io.BytesIO(entry.data)) as made:
        shade = float(np.asarray(made).mean())
    assert shade == pytest.approx(20 * named[-1].step, abs=2)


async def test_nobody_looks_unless_the_operator_says_so(room: Room) -> None:
    sampler = Shown()
    await room.environment().run(studio(room, sampler, None).sample_take, ORDER)
    assert sampler.looked_at == []
    assert not any(beat.preview for beat in room.beats)


async def test_a_look_that_fails_costs_no_take_and_is_not_tried_again(room: Room) -> None:
    sampler = Shown(error=RuntimeError("no decoder today"))
    take = await room.environment().run(studio(room, sampler, 0.01).sample_take, ORDER)
    assert take.frames == 4
    assert len(sampler.looked_at) == 1


async def test_a_store_that_is_away_costs_looks_and_no_take(room: Room) -> None:
    put_file = room.store.put_file

    async def away(key: str, path: Path, content_type: str) -> object:
        if "/previews/" in key:
            raise OSError("away")
        return await put_file(key, path, content_type)

    room.store.put_file = away  # type: ignore[method-assign,assignment]  # a fault of one method
    await room.environment().run(studio(room, Shown(), 0.01).sample_take, ORDER)
    assert not any(beat.preview for beat in room.beats)
