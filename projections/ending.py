"""Ending a task for certain."""

from __future__ import annotations

import asyncio
from typing import Any, Final

_ASK_AGAIN_SECONDS: Final = 0.05


async def ended(task: asyncio.Task[Any]) -> None:
    """Cancel a task until it has ended, whatever its outcome.

    Once is not enough: in Python 3.11 a ``wait_for``, also that of asyncpg, drops a cancellation
    that arrives in the moment of its result.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_ASK_AGAIN_SECONDS)
    if not task.cancelled():
        task.exception()
