"""The fence: generations that the log has stopped, known to the thread that samples them.

A worker reads it before each step. It does not depend on Temporal: what was stopped in the log
stops here, also when no cancellation ever arrives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from domain.generation.decider import GENERATION
from domain.generation.refusals import AlreadySettled
from domain.kernel.envelope import RecordedEvent
from domain.kernel.ports import EventLog, LogUnavailable
from gpu_workers.companions import beside

StoppedBy = Callable[[RecordedEvent], str | None]
"""Which generation an event stops; None when it stops none."""

_ENDINGS: Final = ("generation-cancelled.v", "generation-failed.v")
_STREAMS: Final = f"{GENERATION.category}-"


def stopped_by(event: RecordedEvent) -> str | None:
    """A generation that was cancelled or has failed is not sampled any further."""
    if event.type.startswith(_ENDINGS) and event.stream.startswith(_STREAMS):
        return event.stream.removeprefix(_STREAMS)
    return None


class Fence:
    """Which of the generations at work have been stopped. Threads read it, the loop writes it."""

    def __init__(self, rule: StoppedBy = stopped_by) -> None:
        self._rule = rule
        self._watched: Counter[str] = Counter()
        self._stopped: set[str] = set()

    @contextmanager
    def watching(self, generation_id: str) -> Iterator[None]:
        """Look out for this generation during the block.

        Enter it before asking the log whether the generation still stands: a stop is then either
        in that answer or seen here.
        """
        self._watched[generation_id] += 1
        try:
            yield
        finally:
            self._watched[generation_id] -= 1
            if not self._watched[generation_id]:
                del self._watched[generation_id]
                self._stopped.discard(generation_id)

    def heed(self, generation_id: str) -> None:
        """Raise ``AlreadySettled`` when the log has stopped this generation."""
        if generation_id in self._stopped:
            raise AlreadySettled("It was stopped while it was being sampled.")

    @asynccontextmanager
    async def following(self, log: EventLog) -> AsyncIterator[None]:
        """Follow the log during the block; if that breaks, the block is cancelled and it raises.

        Waits for the log to answer first, so that no stop after this moment is missed.
        """
        after = await _head(log)
        async with beside(self._follow(log, after)):
            yield

    async def _follow(self, log: EventLog, after: int) -> None:
        async for batch in log.subscribe(after):
            for event in batch:
                generation_id = self._rule(event)
                if generation_id in self._watched and generation_id is not None:
                    self._stopped.add(generation_id)


async def _head(log: EventLog) -> int:
    while True:
        try:
            return await log.head()
        except LogUnavailable:
            continue  # the read has waited already; the server may be back by now
