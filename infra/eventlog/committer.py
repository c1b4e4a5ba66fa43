"""Group commit: what callers append is gathered and committed batch by batch.

While a batch is on its way to disk, the next one gathers. So many callers share one lock, one
transaction and one flush, and positions are handed out by one writer at a time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg
import structlog

from domain.kernel.ports import Appended, LogUnavailable
from infra.eventlog import queries
from infra.eventlog.batch import Request, answers, arguments
from infra.eventlog.faults import TRANSIENT, UNACCEPTABLE, kind_of, pauses
from infra.eventlog.requests import InvalidAppend

LANES: Final = 2
"""One batch is encoded here while PostgreSQL works on the other: a third more appends."""
BATCH_APPENDS_MAX: Final = 256
BATCH_BYTES_MAX: Final = 4 * 1024 * 1024

CONNECT_SECONDS_MAX: Final = 3.0
LOCK_SECONDS_MAX: Final = 3.0
STATEMENT_SECONDS_MAX: Final = 5.0
ATTEMPT_SECONDS_MAX: Final = 7.0
"""Longer than the server's own limits, so that a living server speaks first."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Waiting:
    """A caller's request and where to put the answer."""

    request: Request
    answer: asyncio.Future[Appended]


class Committer:
    """Gathers appends for two lanes: while one's batch is on its way to disk, the other's forms.

    PostgreSQL lets one batch in at a time, so positions are still handed out by one writer.
    """

    def __init__(self, dsn: str, append_seconds_max: float) -> None:
        self._append_seconds_max = append_seconds_max
        self._queue: deque[_Waiting] = deque()
        self._wanted = asyncio.Event()
        self._lanes = [_Lane(dsn, self._next_batch) for _ in range(LANES)]
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to commit, on the running event loop."""
        self._tasks = [
            asyncio.create_task(lane.run(), name="eventlog-committer") for lane in self._lanes
        ]

    async def close(self) -> None:
        """Stop. Callers that still wait learn that the outcome is unknown."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        closed = "The event log was closed before it could answer."
        for waiting in (*self._queue, *(each for lane in self._lanes for each in lane.in_hand)):
            _settle(waiting, LogUnavailable(closed))
        self._queue.clear()

    async def commit(self, request: Request) -> Appended:
        """Wait for the request's turn and its answer, at most ``append_seconds_max``."""
        if not self._tasks:
            raise LogUnavailable("The event log is not open; enter it with 'async with' first.")
        answer: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(request, answer))
        self._wanted.set()
        try:
            async with asyncio.timeout(self._append_seconds_max):
                return await answer
        except TimeoutError:
            raise LogUnavailable(self._unavailable()) from None

    def _unavailable(self) -> str:
        trouble = next((lane.trouble for lane in self._lanes if lane.trouble), None)
        why = f" ({kind_of(trouble)})" if trouble else ""
        return (
            f"The event log gave no answer within {self._append_seconds_max:g} s{why}; "
            "append the same events again."
        )

    async def _next_batch(self) -> list[_Waiting]:
        """What fits into one transaction; a request whose event ids are in it already waits."""
        await self._wanted.wait()
        # Callers that the last batch answered run first, so that they can join this one.
        await asyncio.sleep(0)
        batch: list[_Waiting] = []
        ids: set[object] = set()
        size_bytes = 0
        while self._queue and len(batch) < BATCH_APPENDS_MAX:
            waiting = self._queue[0]
            own = {row[0] for row in waiting.request.rows}
            size_bytes += waiting.request.size_bytes
            if batch and (size_bytes > BATCH_BYTES_MAX or own & ids):
                break
            self._queue.popleft()
            if not waiting.answer.done():  # its caller may have left
                batch.append(waiting)
                ids |= own
        if not self._queue:
            self._wanted.clear()
        return batch


class _Lane:
    """Commits one batch at a time on a connection of its own, and drops it after any error.

    After a server is killed a connection may claim to be open and fail on its next use, so none is
    used again once something went wrong with it. Trying a batch again is safe: events carry ids.
    """

    def __init__(self, dsn: str, next_batch: Callable[[], Awaitable[list[_Waiting]]]) -> None:
        self._dsn = dsn
        self._next_batch = next_batch
        self._connection: asyncpg.Connection | None = None
        self.in_hand: list[_Waiting] = []
        """What this lane has taken from the queue and not answered."""
        self.trouble: BaseException | None = None

    async def run(self) -> None:
        """Commit batch after batch until cancelled."""
        try:
            while True:
                self.in_hand = await self._next_batch()
                if self.in_hand:
                    await self._commit(self.in_hand)
                self.in_hand = []
        finally:
            self._discard()

    async def _commit(self, batch: list[_Waiting]) -> None:
        """Commit a batch, trying again until it is answered or every caller has left."""
        for pause in pauses():
            try:
                rows = await self._attempt([waiting.request for waiting in batch])
            except UNACCEPTABLE as error:
                self._discard()
                await self._commit_apart(batch, error)
                return
            except TRANSIENT as error:
                self._discard()
                self._note_trouble(error)
                await asyncio.sleep(pause)
                batch = [waiting for waiting in batch if not waiting.answer.done()]
                if not batch:
                    return
            else:
                self.trouble = None
                found = answers([waiting.request for waiting in batch], rows)
                for waiting, answer in zip(batch, found, strict=True):
                    _settle(waiting, answer)
                return

    async def _commit_apart(self, batch: list[_Waiting], error: BaseException) -> None:
        """One request that PostgreSQL will never take must not take others down with it."""
        if len(batch) > 1:
            for waiting in batch:
                await self._commit([waiting])
            return
        stream = batch[0].request.entries[0].stream
        _settle(
            batch[0],
            InvalidAppend(f"PostgreSQL cannot keep an append to {stream} ({kind_of(error)})."),
        )

    async def _attempt(self, requests: Sequence[Request]) -> list[asyncpg.Record]:
        if self._connection is None:
            self._connection = await _connect(self._dsn)
        return await self._connection.fetch(
            queries.APPEND, *arguments(requests), timeout=ATTEMPT_SECONDS_MAX
        )

    def _note_trouble(self, error: BaseException) -> None:
        if self.trouble is None:
            _log.warning("eventlog.append_interrupted", error=kind_of(error))
        self.trouble = error

    def _discard(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


async def _connect(dsn: str) -> asyncpg.Connection:
    return await asyncpg.connect(
        dsn,
        timeout=CONNECT_SECONDS_MAX,
        server_settings={
            "application_name": "callsheet-eventlog-committer",
            "default_transaction_isolation": "read committed",
            "lock_timeout": f"{LOCK_SECONDS_MAX:g}s",
            "statement_timeout": f"{STATEMENT_SECONDS_MAX:g}s",
            "jit": "off",
        },
    )


def _settle(waiting: _Waiting, answer: Appended | Exception) -> None:
    if waiting.answer.done():
        return
    if isinstance(answer, Exception):
        waiting.answer.set_exception(answer)
    else:
        waiting.answer.set_result(answer)
