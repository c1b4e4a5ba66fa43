"""The fence: generations that the log has stopped, known to the thread that samples them.

A worker reads it before each step. It does not depend on Temporal: what was stopped in the log
stops here, also when no cancellation ever arrives. News of a stop comes by notification; beside
that the log is read several times a second while something is at work, and no step begins on news
that is too old: then the thread waits until the log has been read again.

A generation whose cast loses its consent stops the same way: a revocation at once, and whatever
else moved in the streams that the consent rests on raises a doubt, upon which the worker asks
again.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final

from domain.consent.refusals import CastNotPermitted
from domain.generation.decider import GENERATION
from domain.generation.refusals import AlreadySettled
from domain.kernel.envelope import RecordedEvent
from domain.kernel.ports import START, EventLog, LogUnavailable
from gpu_workers.companions import beside

StoppedBy = Callable[[RecordedEvent], str | None]
"""Which generation an event stops; None when it stops none."""

READ_EVERY_SECONDS: Final = 0.25
"""How often the log is read while something is at work, whether it told of growth or not."""
NEWS_SECONDS_MAX: Final = 1.0
"""How old the last whole reading may be when a step begins."""
PATIENCE_SECONDS_MAX: Final = 30.0
"""How long a job waits for newer news before it is left to another attempt."""
_LOOK_SECONDS: Final = 0.01
_BATCH: Final = 1000

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


class FenceWithoutNews(LogUnavailable):
    """Nobody knows whether this generation still stands: the log could not be read.

    As any outage of the log it is waited for, and another attempt goes on where this one was.
    """

    goes_on_elsewhere = True


class Fence:
    """Which of the generations at work have been stopped. Threads read it, the loop writes it."""

    def __init__(
        self,
        rule: StoppedBy = stopped_by,
        news_seconds_max: float = NEWS_SECONDS_MAX,
        patience_seconds_max: float = PATIENCE_SECONDS_MAX,
    ) -> None:
        self._rule = rule
        self._news_seconds_max, self._patience = news_seconds_max, patience_seconds_max
        self._position = START
        self._read_at: float | None = None
        self._is_awake = asyncio.Event()
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
        self._is_awake.set()
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

    def heed(self, generation_id: str, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Raise what ``require_standing`` raises, by news that is not too old.

        Where the last news is too old, wait for newer, in a thread and not on the loop that brings
        them. ``meanwhile`` may raise to give up waiting. Raises FenceWithoutNews when none come.
        """
        self.require_standing(generation_id)
        if not self._is_old():
            return
        give_up_at = time.monotonic() + self._patience
        while self._is_old():
            meanwhile()
            if time.monotonic() > give_up_at:
                raise FenceWithoutNews(f"The event log could not be read for {self._patience:g} s.")
            time.sleep(_LOOK_SECONDS)
        self.require_standing(generation_id)

    def _is_old(self) -> bool:
        """Whether the news are too old for another step; they are not where nobody follows."""
        read_at = self._read_at
        return read_at is not None and time.monotonic() - read_at > self._news_seconds_max

    def require_standing(self, generation_id: str) -> None:
        """Raise what the log has stopped this generation for: AlreadySettled, CastNotPermitted.

        By what is known now, without waiting: for the loop.
        """
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
        self._position = after = await _head(log)
        self._read_at = time.monotonic()
        try:
            async with beside(self._follow(log, after), self._read_often(log)):
                yield
        finally:
            self._read_at = None

    async def _follow(self, log: EventLog, after: int) -> None:
        async for batch in log.subscribe(after):
            self._take(batch)

    async def _read_often(self, log: EventLog) -> None:
        """Read what is new and stamp when, as long as something is at work."""
        while True:
            await self._is_awake.wait()
            if not self._watched:
                self._is_awake.clear()
                continue
            begun, batch = time.monotonic(), None
            with suppress(LogUnavailable):
                batch = await log.read_all(self._position, _BATCH)
                self._take(batch)
            if batch is not None and len(batch) < _BATCH:
                self._read_at = begun
            if batch is None or len(batch) < _BATCH:
                await asyncio.sleep(READ_EVERY_SECONDS)

    def _take(self, batch: Sequence[RecordedEvent]) -> None:
        """Each event once, whichever way it came first: positions are in the order of sight."""
        for event in batch:
            if event.position <= self._position:
                continue
            generation_id = self._rule(event)
            if generation_id in self._watched and generation_id is not None:
                self._stopped.add(generation_id)
            self._doubt(event)
            self._position = event.position

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
