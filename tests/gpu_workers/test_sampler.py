"""Plans and states as values."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from domain.generation.brief import Line
from gpu_workers import registry
from gpu_workers.animatic.sampler import AnimaticSampler
from gpu_workers.sampler import Plan, Shot, State, StateUnreadable
from tests.gpu_workers.orders import order


def plan(**changes: object) -> Plan:
    values: dict[str, object] = {
        "model": "animatic",
        "weights_sha256": "0" * 64,
        "shots": (Shot(prompt="a", seconds=1.0), Shot(prompt="b", seconds=1.02)),
        "width": 64,
        "height": 64,
        "fps": 24,
        "sample_rate": 48_000,
        "seed": 1,
        "steps": 3,
    }
    return Plan.model_validate(values | changes)


def state() -> State:
    tensors = {"b": torch.arange(6).reshape(2, 3), "a": torch.zeros(2, dtype=torch.uint8)}
    return State(plan().key, 2, tensors, {"torch": "2", "cpu": "AVX2"})


def test_a_key_follows_every_field_that_matters() -> None:
    keys = {
        plan(**change).key
        for change in (
            {},
            {"seed": 2},
            {"width": 65},
            {"fps": 25},
            {"steps": 4},
            {"weights_sha256": "1" * 64},
            {"shots": (Shot(prompt="a", seconds=1.0),)},
        )
    }
    assert len(keys) == 7


def test_a_field_added_with_a_default_keeps_old_keys() -> None:
    class LaterPlan(Plan):
        guidance: float = 3.0

    later = LaterPlan.model_validate(plan().model_dump())
    assert later.key == plan().key
    assert later.model_copy(update={"guidance": 4.0}).key != plan().key


def test_rounding_never_drifts_by_more_than_one_picture() -> None:
    many = plan(shots=tuple(Shot(prompt="x", seconds=0.52) for _ in range(40)))
    assert many.frames == round(40 * 0.52 * 24)
    assert min(plan(shots=(Shot(prompt="x", seconds=0.0001),)).shot_frames) == 1


def test_a_state_reads_back_equal_and_dumps_to_the_same_bytes() -> None:
    raw = state().dump()
    read = State.load(raw)
    assert (read.plan_key, read.step, read.environment) == (
        state().plan_key,
        2,
        {"torch": "2", "cpu": "AVX2"},
    )
    assert all(torch.equal(read.tensors[name], held) for name, held in state().tensors.items())
    assert read.dump() == raw


@pytest.mark.parametrize("raw", [b"", b"not a state", b"\xff" * 64])
def test_bytes_that_are_no_state_are_refused(raw: bytes) -> None:
    with pytest.raises(StateUnreadable, match=f"{len(raw)} bytes"):
        State.load(raw)


def test_a_truncated_state_is_refused() -> None:
    with pytest.raises(StateUnreadable):
        State.load(state().dump()[:-3])


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_a_shot_lasts_some_time(seconds: float) -> None:
    with pytest.raises(ValidationError):
        Shot(prompt="a", seconds=seconds)


def test_an_unknown_sampler_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(registry.SamplerUnknown, match="animatic"):
        registry.make("nope")


def test_what_a_shot_does_not_say_leaves_its_plans_key_as_it_was() -> None:
    """Takes and checkpoints are found by this key: fields that came later must not change it."""
    plan = AnimaticSampler().plan(order())
    assert plan.key == "3a4af364dacb37e47b1805c96e9c07efd2c3c43deed7a8c4b55c23128554d78d"


def test_a_plan_does_not_show_what_is_said() -> None:
    shot = Shot(
        prompt="a", seconds=1, cast=("@ada",), lines=(Line(speaker="@ada", text="the secret"),)
    )
    shown = repr(plan(shots=(shot,)))
    assert "secret" not in shown
    assert "@ada" not in shown
