"""A generation at its gates: nothing is made or released against a verdict, or without one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

from domain.generation.brief import Brief, Shot
from domain.moderation.gates import Gate, case_id
from tests.workflows.lab import SMALL, Lab
from tests.workflows.test_content_moderation import ANNE, Hearing
from workflows.contracts import CancelAnswer, CancelRequest, Outcome

pytestmark = pytest.mark.servers


def of(prompt: str) -> Brief:
    shot = Shot(prompt=prompt, seconds=0.5)
    return SMALL.model_copy(update={"prompt": prompt, "shots": (shot,), "seed": 51})


def before_humans(lab: Lab, handle: WorkflowHandle[Any, Any], gate: Gate) -> Hearing:
    return Hearing(lab, case_id(handle.id.partition("/")[2], gate))


async def waiting(hearing: Hearing) -> Hearing:
    """Return once its story takes questions."""
    async with asyncio.timeout(30):
        while True:
            try:
                await hearing.handle.describe()
            except RPCError:
                await asyncio.sleep(0.05)
            else:
                return hearing


async def ended(handle: WorkflowHandle[Any, Outcome]) -> Outcome:
    return await asyncio.wait_for(handle.result(), 60)


async def test_a_blocked_prompt_takes_no_device_and_says_why(lab: Lab) -> None:
    handle = await lab.start(of("a dog runs [violence 900]"))
    outcome = await ended(handle)
    assert outcome.stage == "failed"
    assert outcome.failure is not None
    assert (outcome.failure.code, outcome.failure.stage) == ("content-blocked", "moderation")
    assert "VIOLENCE-1, prompt" in outcome.failure.explanation
    assert "dog" not in outcome.failure.explanation
    assert "sampling-started.v1" not in await lab.types(handle)


async def test_what_is_held_waits_for_a_human_and_then_goes_on(lab: Lab) -> None:
    handle = await lab.start(of("a dog runs [violence 600]"))
    hearing = await waiting(before_humans(lab, handle, "admission"))
    assert "sampling-started.v1" not in await lab.types(handle)
    assert (await hearing.read(ANNE, "allow")).situation == "allowed"
    assert (await ended(handle)).stage == "completed"
    assert await hearing.told() == ["content-held", "content-allowed"]


async def test_a_film_is_held_before_anybody_sees_it_and_refused_by_a_human(lab: Lab) -> None:
    handle = await lab.start(of("a dog runs [film violence 600]"))
    hearing = await waiting(before_humans(lab, handle, "release"))
    assert "rendition-stored.v1" in await lab.types(handle)
    assert (await hearing.read(ANNE, "block")).situation == "blocked"
    outcome = await ended(handle)
    assert (outcome.stage, outcome.video_id) == ("failed", None)
    assert "generation-completed.v1" not in await lab.types(handle)


async def test_who_stops_a_generation_takes_it_out_of_the_queue(lab: Lab) -> None:
    handle = await lab.start(of("a dog runs [violence 610]"))
    hearing = await waiting(before_humans(lab, handle, "admission"))
    stop = CancelRequest(requested_by="client/app")
    answer = await handle.execute_update("cancel_generation", stop, result_type=CancelAnswer)
    assert answer.stage == "cancelled"
    assert (await hearing.result()).situation == "withdrawn"


async def test_a_stop_that_meets_the_end_of_a_step_is_not_forgotten(lab: Lab) -> None:
    """The first step is over at about this time: what comes after it must not begin."""
    for _ in range(3):
        handle = await lab.start(of("a dog runs"))
        stop = CancelRequest(requested_by="client/app")
        answer = await handle.execute_update("cancel_generation", stop, result_type=CancelAnswer)
        assert answer.stage == "cancelled"
        assert (await ended(handle)).stage == "cancelled"
        told = await lab.types(handle)
        assert told[-1] == "generation-cancelled.v1"
        assert "sampling-started.v1" not in told
