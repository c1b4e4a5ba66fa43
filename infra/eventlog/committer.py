"""Group commit: one task gathers what callers append and commits it batch by batch.

While a batch is on its way to disk, the next one gathers. So many callers share one lock, one
transaction and one flush, and positions are handed out by one writer at a time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg
import structlog

from domain.kernel.ports import Appended, LogUnavailable
from infra.eventlog import queries
from infra.eventlog.batch import Request, answers, arguments
from infra.eventlog.faults import TRANSIENT, UNACCEPTABLE, kind_of, pauses
from infra.eventlog.requests import InvalidAppend

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
    """Owns the only connection that appends, and drops it after any error.

    After a server is killed a connection may claim to be open and fail on its next use, so none is
    used again once something went wrong with it. Trying a batch again is safe: events carry ids.
    """

    def __init__(self, dsn: str, append_seconds_max: float) -> None:
        self._dsn = dsn
        self._append_seconds_max = append_seconds_max
        self._queue: deque[_Waiting] = deque()
        self._wanted = asyncio.Event()
        self._connection: asyncpg.Connection | None = None
        self._trouble: BaseException | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to commit, on the running event loop."""
        self._task = asyncio.create_task(self._run(), name="eventlog-committer")

    async def close(self) -> None:
        """Stop. Callers that still wait learn that the outcome is unknown."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        for waiting in self._queue:
            _settle(waiting, LogUnavailable("The event log was closed before it could answer."))
        self._queue.clear()
        self._discard()

    async def commit(self, request: Request) -> Appended:
        """Wait for the request's turn and its answer, at most ``append_seconds_max``."""
        if self._task is None:
            raise LogUnavailable("The event log is not open; enter it with 'async with' first.")
        loop = asyncio.get_running_loop()
        waiting = _Waiting(request, loop.create_future())
        self._queue.append(waiting)
        self._wanted.set()
        # a quarter of the cost of asyncio.timeout, on the path of every append
        limit = loop.call_later(self._append_seconds_max, self._give_up, waiting)
        try:
            return await waiting.answer
        finally:
            limit.cancel()

    def _give_up(self, waiting: _Waiting) -> None:
        why = f" ({kind_of(self._trouble)})" if self._trouble else ""
        message = (
            f"The event log gave no answer within {self._append_seconds_max:g} s{why}; "
            "append the same events again."
        )
        _settle(waiting, LogUnavailable(message))

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            # Callers that the last batch answered run first, so that they can join this one.
            await asyncio.sleep(0)
            batch = self._next_batch()
            if batch:
                await self._commit(batch)

    def _next_batch(self) -> list[_Waiting]:
        """What fits into one transaction; a request whose event ids are in it already waits."""
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

    async def _commit(self, batch: list[_Waiting]) -> None:
        """Commit a batch, trying again until it is answered or every caller has left."""
        for pause in pauses():
            try:
                rows = await self._attempt([waiting.request for waiting in batch])
            except asyncio.CancelledError:
                self._queue.extendleft(reversed(batch))
                raise
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
                self._trouble = None
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
        if self._trouble is None:
            _log.warning("eventlog.append_interrupted", error=kind_of(error))
        self._trouble = error

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
