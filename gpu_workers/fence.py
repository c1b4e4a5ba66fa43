"""The fence: generations that the log has stopped, known to the thread that samples them.

A worker reads it before each step. It does not depend on Temporal: what was stopped in the log
stops here, also when no cancellation ever arrives. A generation whose cast loses its consent stops
the same way: a revocation at once, and whatever else moved in the streams that the consent rests
on raises a doubt, upon which the worker asks again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from domain.consent.refusals import CastNotPermitted
from domain.generation.decider import GENERATION
from domain.generation.refusals import AlreadySettled
from domain.kernel.envelope import RecordedEvent
from domain.kernel.ports import EventLog, LogUnavailable
from gpu_workers.companions import beside

StoppedBy = Callable[[RecordedEvent], str | None]
"""Which generation an event stops; None when it stops none."""

_ENDINGS: Final = ("generation-cancelled.v", "generation-failed.v")
_STREAMS: Final = f"{GENERATION.category}-"
_REVOCATION: Final = "consent-revoked.v"
_NO_DOUBT: Final = ("consent-use-", "consent-change-declined.v")
"""Uses of other generations, and changes that were refused, are no reason to doubt one's own."""


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
        self._fallen: set[str] = set()
        self._resting: dict[str, Counter[str]] = {}
        self._doubts: dict[str, set[asyncio.Event]] = {}

    @contextmanager
    def watching(
        self, generation_id: str, consents: Collection[str] = ()
    ) -> Iterator[asyncio.Event]:
        """Look out for this generation, and for the streams that its consent rests on.

        Enter it before asking the log whether the generation still stands: a stop is then either
        in that answer or seen here. The event is set when its consent is in doubt.
        """
        doubt = asyncio.Event()
        self._watched[generation_id] += 1
        self._doubts.setdefault(generation_id, set()).add(doubt)
        for stream in consents:
            self._resting.setdefault(stream, Counter())[generation_id] += 1
        try:
            yield doubt
        finally:
            self._forget(generation_id, consents, doubt)

    def _forget(self, generation_id: str, consents: Collection[str], doubt: asyncio.Event) -> None:
        for stream in consents:
            self._resting[stream] -= Counter({generation_id: 1})
            if not self._resting[stream]:
                del self._resting[stream]
        self._doubts[generation_id].discard(doubt)
        self._watched[generation_id] -= 1
        if not self._watched[generation_id]:
            del self._watched[generation_id], self._doubts[generation_id]
            self._stopped.discard(generation_id)
            self._fallen.discard(generation_id)

    def heed(self, generation_id: str) -> None:
        """Raise what the log has stopped this generation for: AlreadySettled, CastNotPermitted."""
        if generation_id in self._stopped:
            raise AlreadySettled("It was stopped while it was being sampled.")
        if generation_id in self._fallen:
            raise CastNotPermitted("Consent ended while it was being sampled.")

    def fell(self, generation_id: str) -> None:
        """The consent of this generation's cast was asked for again, and is no more."""
        if generation_id in self._watched:
            self._fallen.add(generation_id)

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
                self._doubt(event)

    def _doubt(self, event: RecordedEvent) -> None:
        resting = self._resting.get(event.stream)
        if not resting or event.type.startswith(_NO_DOUBT):
            return
        if event.type.startswith(_REVOCATION):
            self._fallen.update(resting)
        for generation_id in resting:
            for doubt in self._doubts[generation_id]:
                doubt.set()


async def _head(log: EventLog) -> int:
    while True:
        try:
            return await log.head()
        except LogUnavailable:
            continue  # the read has waited already; the server may be back by now
