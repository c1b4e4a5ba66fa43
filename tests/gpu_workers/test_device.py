"""Devices: each has its own lock and its own name, and a sampler says on which one it steps."""

from __future__ import annotations

import asyncio

import pytest
import torch

from activities.ledger import Context, Decision
from activities.orders import SamplingOrder
from domain.generation.decider import GENERATION
from domain.generation.events import StudioTimeUsed
from gpu_workers import device
from gpu_workers.device import Devices, chosen_device
from gpu_workers.sampler import Sampler
from tests import words
from tests.gpu_workers.test_studio_activity import BRIEF, ORDER, Journal, Room, room

__all__ = ["room"]


class Elsewhere(Journal):
    """Says that it steps on another device than the processor."""

    device = torch.device("meta")


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> list[torch.device]:
    """A machine with two cards; those that were waited for."""
    waited: list[torch.device] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda where: f"card {where.index}")
    monkeypatch.setattr(torch.cuda, "synchronize", waited.append)
    return waited


def on(where: str | None) -> object:
    return type("On", (), {"device": torch.device(where)} if where else {})()


def test_a_sampler_of_the_processor_is_not_said_to_be_on_a_card(cards: list[torch.device]) -> None:
    devices, turn = Devices(), device.Turn()
    processor = devices.of(on(None))
    with processor.held(turn, lambda: None):
        pass
    assert processor.name == "cpu"
    assert cards == []


def test_each_card_has_its_own_name_and_lock_and_is_waited_for(cards: list[torch.device]) -> None:
    devices = Devices()
    first, second = devices.of(on("cuda")), devices.of(on("cuda:1"))
    assert (first.name, second.name) == ("card 0", "card 1")
    assert devices.of(on("cuda:0")) is first
    with first.held(device.Turn(), lambda: None), second.held(device.Turn(), lambda: None):
        pass
    assert cards == [torch.device("cuda:1"), torch.device("cuda:0")]


def test_what_the_operator_names_is_taken_and_else_the_first_card(
    cards: list[torch.device], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [str(chosen_device(said)) for said in ("cpu", "cuda:1", "cuda", None)] == [
        "cpu",
        "cuda:1",
        "cuda:0",
        "cuda:0",
    ]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert str(chosen_device(None)) == "cpu"


async def test_a_job_of_one_device_does_not_wait_for_a_job_of_another(room: Room) -> None:
    samplers: dict[str, Sampler] = {"sketch": Journal(), "animatic": Elsewhere()}
    room.studio = room.another(lambda name: samplers[name])
    second = words.an_id("gen", 2)
    brief = BRIEF.model_copy(update={"sampler": "animatic"})
    request = words.request_video(brief).model_copy(update={"generation_id": second})
    await room.ledger.perform(
        [Decision(GENERATION, second, request)], Context("client/test", "test")
    )
    other: SamplingOrder = ORDER.model_copy(
        update={"generation_id": second, "seed": 2, "brief": brief}
    )
    await asyncio.gather(room.run(room.environment()), room.run(room.environment(), other))
    ours, theirs = ([at for _, _, at in each.begun] for each in samplers.values())  # type: ignore[attr-defined]  # both keep a journal
    assert max(ours[0], theirs[0]) < min(ours[-1], theirs[-1])
    used = [each for each in await room.events() if isinstance(each, StudioTimeUsed)]
    assert {each.generation_id: each.device for each in used} == {
        words.GENERATION_ID: "cpu",
        second: "meta",
    }
