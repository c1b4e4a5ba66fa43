"""Real studios on real servers: one is killed, one is asked to stop, one loses its generation."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator

import pytest
from temporalio.client import ActivityFailureError
from temporalio.exceptions import ApplicationError

from activities.ledger import Context, Decision
from domain.generation.commands import CancelGeneration
from domain.generation.decider import GENERATION
from infra.cli.bench_hall import GREY, Hall, opened, plan_of, reached, undisturbed, until
from infra.cli.bench_sampler import REDO_SHARE_MAX, lane
from infra.cli.bench_studio import LONG, LONG_STEPS
from infra.clock import system_clock

STOPS = 3
pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
async def hall() -> AsyncIterator[Hall]:
    async with opened() as hall:
        yield hall


async def test_a_killed_studio_costs_a_few_steps_and_no_byte(hall: Hall) -> None:
    [death] = await lane(hall, "killed", [37])
    assert death.same
    assert death.redone_share <= REDO_SHARE_MAX


async def test_a_studio_that_is_asked_to_stop_hands_over_without_a_lost_step(hall: Hall) -> None:
    queue = "asked"
    journal = hall.journal(queue)
    leaving = await hall.studio(queue, LONG)
    order = await hall.order(GREY, LONG, 3)
    plan = plan_of(LONG, order)
    running = asyncio.create_task(hall.sampled(order, queue))
    await until(lambda: reached(journal, plan.key, 20))
    os.kill(leaving, signal.SIGTERM)
    await hall.studio(queue, LONG)
    take = await running
    steps = [line.step for line in journal.read() if line.what == "step"]
    assert steps == list(range(1, LONG_STEPS + 1))
    assert len({line.pid for line in journal.read()}) == 2
    assert take.sha256 == undisturbed(plan, hall.settings.home)


async def test_a_stop_in_the_log_lets_no_second_step_begin(hall: Hall) -> None:
    queue = "stopped"
    await hall.studio(queue, LONG)
    begun = [await begun_after_a_stop(hall, queue, seed) for seed in range(STOPS)]
    assert max(begun) <= 1, f"one may begin while the news travels; after each stop: {begun}"


async def begun_after_a_stop(hall: Hall, queue: str, seed: int) -> int:
    """How many steps of a job began when its stop was in the log already."""
    journal = hall.journal(queue)
    order = await hall.order(GREY, LONG, seed)
    plan = plan_of(LONG, order)
    running = asyncio.create_task(hall.sampled(order, queue))
    await until(lambda: reached(journal, plan.key, 5 + seed))
    stop = CancelGeneration(command_id="stop", at=system_clock(), requested_by="client/test")
    decision = Decision(GENERATION, order.generation_id, stop)
    await hall.ledger.perform([decision], Context("client/test", "test"))
    stopped_at = time.monotonic()
    with pytest.raises(ActivityFailureError) as failed:
        await running
    cause = failed.value.__cause__
    assert isinstance(cause, ApplicationError)
    assert cause.type == "generation-already-settled"
    steps = [line for line in journal.read() if (line.plan_key, line.what) == (plan.key, "step")]
    assert steps[-1].step < LONG_STEPS
    # A step begins where the one before it ends; the first that ended after the stop ran already.
    return max(0, sum(line.at > stopped_at for line in steps) - 1)
