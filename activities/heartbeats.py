"""A long step says that it is alive, and how far it has come, for as long as it lasts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from temporalio import activity

from domain.kernel.model import Value

BEAT_SECONDS: Final = 0.5


@asynccontextmanager
async def beating(
    progress: Callable[[], Value | None] = lambda: None, every_seconds: float = BEAT_SECONDS
) -> AsyncIterator[None]:
    """Beat at once and then regularly with what ``progress`` says, until the block ends."""
    pulse = asyncio.create_task(_pulse(progress, every_seconds))
    try:
        yield
    finally:
        pulse.cancel()
        with suppress(asyncio.CancelledError):
            await pulse


async def _pulse(progress: Callable[[], Value | None], every_seconds: float) -> None:
    while True:
        told = progress()
        activity.heartbeat(*(() if told is None else (told,)))
        await asyncio.sleep(every_seconds)
