"""The log in batches, the next one being read while the last one is folded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Final

from domain.kernel.envelope import RecordedEvent
from domain.kernel.ports import EventLog
from projections.ending import ended

BATCH_EVENTS_MAX: Final = 2000

Batches = AsyncGenerator[list[RecordedEvent], None]


@asynccontextmanager
async def until_the_head(
    log: EventLog, after: int, size: int = BATCH_EVENTS_MAX
) -> AsyncIterator[Batches]:
    """Batches after a position, until there is nothing more to read at that moment.

    Leaving early drops what was read ahead.
    """
    ahead: asyncio.Task[list[RecordedEvent]] = asyncio.create_task(log.read_all(after, size))

    async def batches() -> Batches:
        nonlocal ahead
        while batch := await ahead:
            ahead = asyncio.create_task(log.read_all(batch[-1].position, size))
            yield batch

    try:
        async with aclosing(batches()) as iterator:
            yield iterator
    finally:
        await ended(ahead)


def portions(batch: Sequence[RecordedEvent], size: int) -> list[Sequence[RecordedEvent]]:
    """A batch of any length in portions that one transaction takes."""
    return [batch[start : start + size] for start in range(0, len(batch), size)]
