"""Waiting with a limit: for something to come true, or for a moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow


async def came_true(condition: Callable[[], bool], within: timedelta) -> bool:
    """Wait until the condition holds; whether it did before the time was over."""
    try:
        await workflow.wait_condition(condition, timeout=within)
    except TimeoutError:
        return condition()
    return True


async def until(moment: datetime, summary: str) -> None:
    """Sleep until just after a moment, by a timer that survives the worker."""
    left = moment - workflow.now() + timedelta(seconds=1)
    if left > timedelta():
        await workflow.sleep(left, summary=summary)
