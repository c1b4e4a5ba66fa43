"""Small workflows that callers, errors and queues are tried on."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import Priority, RetryPolicy

with workflow.unsafe.imports_passed_through():
    from domain.generation.brief import Brief
    from domain.kernel.model import Value


class Order(Value):
    """What a rehearsal is asked to do."""

    brief: Brief
    account: str = "acc"
    trouble: str = ""


@activity.defn
async def rehearse(order: Order) -> str:
    raise RuntimeError("a front")


async def _rehearsed(order: Order) -> str:
    return await workflow.execute_activity(
        rehearse,
        order,
        task_queue="gpu",
        start_to_close_timeout=timedelta(seconds=30),
        heartbeat_timeout=timedelta(seconds=10),
        retry_policy=RetryPolicy(
            initial_interval=timedelta(milliseconds=10), backoff_coefficient=1
        ),
        cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        priority=Priority(fairness_key=order.account),
    )


@workflow.defn
class Rehearsal:
    """Takes its order in ``__init__`` too, as stories with updates do."""

    @workflow.init
    def __init__(self, order: Order) -> None:
        self._order = order

    @workflow.run
    async def run(self, order: Order) -> str:
        return await _rehearsed(order)


@workflow.defn
class Waiting:
    """Waits for a correct update."""

    def __init__(self) -> None:
        self._amended: Brief | None = None

    @workflow.run
    async def run(self) -> int:
        await workflow.wait_condition(lambda: self._amended is not None)
        await workflow.wait_condition(workflow.all_handlers_finished)
        assert self._amended is not None
        return len(self._amended.shots)

    @workflow.update
    async def amend(self, brief: Brief) -> str:
        self._amended = brief
        return "amended"

    @workflow.signal
    async def nudge(self, how_often: int) -> None:
        await asyncio.sleep(how_often)


@workflow.defn
class Queueing:
    """Sends many orders to one slot at once."""

    @workflow.run
    async def run(self, orders: list[Order]) -> list[str]:
        return list(await asyncio.gather(*(_rehearsed(order) for order in orders)))
