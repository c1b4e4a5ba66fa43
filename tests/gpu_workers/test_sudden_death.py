"""Real studios on real servers: one is killed, one is asked to stop, one loses its generation."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from infra.cli.bench_hall import GREY, Hall, opened, plan_of, reached, undisturbed, until
from infra.cli.bench_sampler import REDO_SHARE_MAX, begun_after_a_stop, lane
from infra.cli.bench_studio import LONG, LONG_STEPS

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
    orders = [await hall.order(GREY, LONG, seed) for seed in range(STOPS)]
    begun = [
        await begun_after_a_stop(hall, queue, order, 5 + number)
        for number, order in enumerate(orders)
    ]
    assert max(begun) <= 1, f"one may begin while the news travels; after each stop: {begun}"
