"""What every sampler of the registry must keep; a new one joins by being registered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from gpu_workers import registry
from gpu_workers.clip import Clip, samples_for
from gpu_workers.sampler import (
    Plan,
    Sampler,
    State,
    StateOfAnotherPlan,
    StateUnfinished,
    decoded,
)
from tests.gpu_workers.orders import fingerprint, ignore, order, sampled
from tests.gpu_workers.video_server_double import VideoServerDouble

ROOT = Path(__file__).parents[2]


class Fence(Exception):
    """Consent was withdrawn."""


@pytest.fixture(scope="module", params=registry.names())
def sampler(
    request: pytest.FixtureRequest, tiny_weights: Path, a_video_server: VideoServerDouble
) -> Sampler:
    made = registry.make(request.param)
    made.load()
    return made


@pytest.fixture(scope="module")
def plan(sampler: Sampler) -> Plan:
    return sampler.plan(order())


@dataclass(frozen=True)
class Whole:
    """The plan's clip, sampled without a break: each step that was told of, and the end."""

    steps: tuple[int, ...]
    end: State
    clip: Clip


@pytest.fixture(scope="module")
def whole(sampler: Sampler, plan: Plan) -> Whole:
    """Sampled once for all tests that compare with it."""
    seen: list[int] = []
    end = sampler.advance(plan, sampler.start(plan), lambda state: seen.append(state.step))
    return Whole(tuple(seen), end, sampler.decode(plan, end))


@pytest.fixture(scope="module")
def uninterrupted(whole: Whole) -> str:
    """The fingerprint of the plan's clip, sampled without a break."""
    return fingerprint(whole.clip)


@pytest.fixture(scope="module")
def half(sampler: Sampler, plan: Plan) -> State:
    """Sampled up to the middle once; a test holds that going on from it leaves it as it is."""
    return sampler.advance(plan, sampler.start(plan), ignore, upto=plan.steps // 2)


class Elsewhere:
    """Another process that samples, see ``elsewhere.py``."""

    def __init__(self, asking: IO[str], answering: IO[str]) -> None:
        self._asking, self._answering = asking, answering

    def ask(self, what: str, sampler: Sampler, plan: Plan, state: Path) -> str:
        """Its answer."""
        (state.parent / "plan.json").write_text(plan.model_dump_json())
        self._asking.write(f"{what} {sampler.name} {state.parent / 'plan.json'} {state}\n")
        self._asking.flush()
        return self._answering.readline().strip()


@pytest.fixture(scope="module")
def elsewhere(tiny_weights: Path) -> Iterator[Elsewhere]:
    """Another process, for all samplers."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.gpu_workers.elsewhere"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Elsewhere(process.stdin, process.stdout)
        process.stdin.close()


def test_the_registered_name_is_the_samplers_own(sampler: Sampler, plan: Plan) -> None:
    assert sampler.name in registry.names()
    assert plan.steps > 1


def test_a_plan_is_the_same_each_time_and_travels_as_json(sampler: Sampler, plan: Plan) -> None:
    assert sampler.plan(order()).key == plan.key
    assert Plan.model_validate_json(plan.model_dump_json()).key == plan.key


def test_a_plan_needs_no_load(sampler: Sampler, plan: Plan) -> None:
    assert registry.make(sampler.name).plan(order()).key == plan.key


def test_the_same_seed_gives_the_same_bytes(
    sampler: Sampler, plan: Plan, uninterrupted: str
) -> None:
    assert fingerprint(sampled(sampler, plan)) == uninterrupted


def test_another_seed_gives_other_pictures_and_other_sound(sampler: Sampler, whole: Whole) -> None:
    one, other = whole.clip, sampled(sampler, sampler.plan(order(seed=8)))
    assert (one.frames != other.frames).any()
    assert one.audio.shape == other.audio.shape
    assert (one.audio != other.audio).any()


def test_another_prompt_gives_other_bytes(sampler: Sampler) -> None:
    one = sampled(sampler, sampler.plan(order("a cat sits in the snow")))
    other = sampled(sampler, sampler.plan(order("a car drives through the city")))
    assert fingerprint(one) != fingerprint(other)


def test_progress_counts_every_step_once(plan: Plan, whole: Whole) -> None:
    assert whole.steps == tuple(range(1, plan.steps + 1))
    assert whole.end.step == plan.steps


def test_advancing_in_two_parts_is_the_same_as_in_one(
    sampler: Sampler, plan: Plan, half: State, uninterrupted: str
) -> None:
    assert half.step == plan.steps // 2
    end = sampler.advance(plan, State.load(half.dump()), ignore)
    assert fingerprint(sampler.decode(plan, end)) == uninterrupted


def test_a_state_does_not_change_when_work_goes_on_from_it(
    sampler: Sampler, plan: Plan, half: State
) -> None:
    before = half.dump()
    sampler.advance(plan, half, ignore)
    assert half.dump() == before


def test_resuming_in_another_process_gives_the_same_bytes(
    sampler: Sampler,
    plan: Plan,
    half: State,
    uninterrupted: str,
    tmp_path: Path,
    elsewhere: Elsewhere,
) -> None:
    (tmp_path / "state").write_bytes(half.dump())
    assert elsewhere.ask("finish", sampler, plan, tmp_path / "state") == uninterrupted


def test_a_worker_killed_amid_its_steps_is_continued_to_the_same_bytes(
    sampler: Sampler,
    plan: Plan,
    uninterrupted: str,
    tmp_path: Path,
    elsewhere: Elsewhere,
) -> None:
    worker = int(elsewhere.ask("begin", sampler, plan, tmp_path / "state"))
    try:
        deadline = time.monotonic() + 180
        while not (tmp_path / "state").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        os.kill(worker, signal.SIGKILL)
    saved = State.load((tmp_path / "state").read_bytes())
    assert 1 <= saved.step <= plan.steps
    assert elsewhere.ask("finish", sampler, plan, tmp_path / "state") == uninterrupted


def test_a_fence_stops_before_the_next_step(sampler: Sampler, plan: Plan) -> None:
    seen: list[int] = []

    def fence(state: State) -> None:
        seen.append(state.step)
        if state.step == 2:
            raise Fence

    with pytest.raises(Fence):
        sampler.advance(plan, sampler.start(plan), fence)
    assert seen == [1, 2]


def test_nothing_is_left_behind_after_a_stop(
    sampler: Sampler, plan: Plan, uninterrupted: str
) -> None:
    def fence(state: State) -> None:
        raise Fence

    with pytest.raises(Fence):
        sampler.advance(sampler.plan(order("a red boat sails", seed=99)), sampler.start(
            sampler.plan(order("a red boat sails", seed=99))), fence)  # fmt: skip
    assert fingerprint(sampled(sampler, plan)) == uninterrupted


def test_a_stop_is_heard_while_it_decodes(
    sampler: Sampler, plan: Plan, whole: Whole, uninterrupted: str
) -> None:
    heard = 0

    def heed() -> None:
        nonlocal heard
        heard += 1
        if heard == 3:
            raise Fence

    with pytest.raises(Fence):
        decoded(sampler, plan, whole.end, heed)
    assert fingerprint(decoded(sampler, plan, whole.end, lambda: None)) == uninterrupted


def test_pictures_and_sound_last_equally_long(sampler: Sampler) -> None:
    for fps, seconds in ((12, 0.7), (24, 0.31), (25, 0.5)):
        plan = sampler.plan(order("a bird flies", "and rests", fps=fps, seconds=seconds))
        clip = sampled(sampler, plan)
        assert clip.frames.shape == (plan.frames, plan.height, plan.width, 3)
        assert clip.audio.shape[1] == samples_for(plan.frames, fps, plan.sample_rate)
        assert abs(plan.frames / fps - 2 * seconds) <= 1 / fps


def test_a_state_of_another_plan_is_refused(sampler: Sampler, plan: Plan) -> None:
    other = sampler.plan(order(seed=12345))
    state = sampler.start(other)
    with pytest.raises(StateOfAnotherPlan):
        sampler.advance(plan, state, ignore)
    with pytest.raises(StateOfAnotherPlan):
        sampler.preview(plan, state)
    with pytest.raises(StateOfAnotherPlan):
        sampler.decode(plan, state)


def test_an_unfinished_state_is_not_decoded(sampler: Sampler, plan: Plan) -> None:
    with pytest.raises(StateUnfinished, match=r"step 0 of"):
        sampler.decode(plan, sampler.start(plan))


def test_a_preview_shows_pictures_of_the_right_size(
    sampler: Sampler, plan: Plan, half: State
) -> None:
    assert sampler.preview(plan, sampler.start(plan)).shape[1:] == (plan.height, plan.width, 3)
    look = sampler.preview(plan, half)
    assert len(look) >= 1
    assert look.shape[1:] == (plan.height, plan.width, 3)


def test_prompts_are_not_in_a_states_header_nor_in_a_printed_plan(
    sampler: Sampler, plan: Plan
) -> None:
    raw = sampler.advance(plan, sampler.start(plan), ignore, upto=1).dump()
    assert b"dog" not in raw[: int.from_bytes(raw[:8], "little") + 8]
    assert "dog" not in repr(plan)
