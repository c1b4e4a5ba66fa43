"""Work beside other work: it ends with it, and takes it along when it fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

_ASK_AGAIN_SECONDS: Final = 0.05


@asynccontextmanager
async def beside(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run these until the block ends; one that fails ends the block with its error."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in works]
            try:
                yield
            finally:
                for task in tasks:
                    await _ended(task)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancel until it has ended: Python 3.11 can drop one that meets the result of a wait."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_ASK_AGAIN_SECONDS)
