"""How a story takes a step: the named activity, with its patience and a summary for people."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from temporalio import activity, workflow
from temporalio.common import Priority

from workflows.toolkit.policies import LOCAL_RETRY_THRESHOLD, PATIENCE

_STOPS_HEEDED: Final = "heed-a-stop-after-the-step"

A = TypeVar("A")
R = TypeVar("R")


async def step(
    front: Callable[[A], Awaitable[R]], order: A, summary: str, fairness_key: str | None = None
) -> R:
    """Run an activity and wait for it. ``summary`` is what the Temporal UI shows beside it.

    An activity that hears of a stop too late ends as if there had been none, and asyncio then
    forgets the stop: it is raised here, so that the next step is not begun.
    """
    task = asyncio.current_task()
    assert task is not None, "steps are taken by tasks"
    stops = task.cancelling()
    result = await _run(front, order, summary, fairness_key)
    if task.cancelling() > stops and workflow.patched(_STOPS_HEEDED):
        raise asyncio.CancelledError
    return result


async def _run(
    front: Callable[[A], Awaitable[R]], order: A, summary: str, fairness_key: str | None
) -> R:
    patience = PATIENCE[_name(front)]
    if patience.queue is None:
        return await workflow.execute_local_activity(
            front,
            order,
            start_to_close_timeout=patience.attempt,
            schedule_to_close_timeout=patience.whole,
            retry_policy=patience.retry_policy,
            local_retry_threshold=LOCAL_RETRY_THRESHOLD,
            summary=summary,
        )
    return await workflow.execute_activity(
        front,
        order,
        task_queue=patience.queue,
        start_to_close_timeout=patience.attempt,
        schedule_to_close_timeout=patience.whole,
        heartbeat_timeout=patience.heartbeat,
        retry_policy=patience.retry_policy,
        cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        summary=summary,
        priority=Priority(fairness_key=fairness_key) if fairness_key else Priority.default,
    )


def _name(front: Callable[[A], Awaitable[R]]) -> str:
    definition = activity._Definition.must_from_callable(front)
    assert definition.name is not None, "fronts are named"
    return definition.name
