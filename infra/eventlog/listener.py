"""Wakes readers when the log grows: one connection that listens, and a slow look in between.

LISTEN belongs to a session, so the address must lead to PostgreSQL itself or to a session pooler;
a transaction pooler would lose the notifications.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Final

import asyncpg
import structlog

from infra.eventlog.faults import TRANSIENT, kind_of, pauses

CHANNEL: Final = "eventlog"
CONNECT_SECONDS_MAX: Final = 3.0
LOOK_EVERY_SECONDS: Final = 2.0
"""How long a lost notification, or a connection that died in silence, can delay a reader."""

_log = structlog.get_logger(__name__)


class Listener:
    """Holds LISTEN for all readers of one log, and takes it up again after a lost connection."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._growth = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def growth(self) -> asyncio.Event:
        """An event that the next growth sets. Take it before reading, or growth may be missed."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="eventlog-listener")
        return self._growth

    async def wait(self, growth: asyncio.Event) -> None:
        """Return when the log has grown, or when it is time to look anyway."""
        with suppress(TimeoutError):
            await asyncio.wait_for(growth.wait(), LOOK_EVERY_SECONDS)

    async def close(self) -> None:
        """Stop listening and wake every reader a last time."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self._wake()

    def _wake(self, *_: Any) -> None:
        growth, self._growth = self._growth, asyncio.Event()
        growth.set()

    async def _run(self) -> None:
        retries = pauses()
        while True:
            try:
                await self._listen()
                retries = pauses()
            except TRANSIENT as error:
                _log.warning("eventlog.listener_interrupted", error=kind_of(error))
            await asyncio.sleep(next(retries))

    async def _listen(self) -> None:
        """Listen until the connection ends; ask it now and then whether it still lives."""
        connection: asyncpg.Connection = await asyncpg.connect(
            self._dsn,
            timeout=CONNECT_SECONDS_MAX,
            server_settings={"application_name": "callsheet-eventlog-listener"},
        )
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        try:
            await connection.add_listener(CHANNEL, self._wake)
            self._wake()  # what was written before LISTEN took hold
            while not ended.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), LOOK_EVERY_SECONDS)
                    return
                await connection.fetchval("SELECT 1", timeout=CONNECT_SECONDS_MAX)
        finally:
            connection.terminate()
