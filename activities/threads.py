"""Blocking work in a thread, which is told to stop when the one who waits for it is cancelled."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from typing import TypeVar

R = TypeVar("R")


class Stopped(Exception):
    """The work was left unfinished, because nobody waits for its result any longer."""


class StopSign:
    """Shown to a thread from outside; the thread looks at it between two pieces of its work."""

    def __init__(self) -> None:
        self._shown = threading.Event()

    def show(self) -> None:
        """Ask the thread to stop."""
        self._shown.set()

    def heed(self) -> None:
        """Raise ``Stopped`` when somebody asked."""
        if self._shown.is_set():
            raise Stopped


async def in_thread(
    work: Callable[[StopSign], R],
    executor: Executor | None = None,
    linger_seconds: float | None = None,
) -> R:
    """Run ``work`` in a thread; when cancelled, show it the sign and wait until it has stopped.

    ``linger_seconds`` bounds that wait where the work may hang in a call that sees no sign.
    """
    sign = StopSign()
    running = asyncio.get_running_loop().run_in_executor(executor, work, sign)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        sign.show()
        running.add_done_callback(_forget)
        await _until_done(running, linger_seconds)
        raise


async def _until_done(running: asyncio.Future[R], seconds_max: float | None) -> None:
    loop = asyncio.get_running_loop()
    give_up_at = None if seconds_max is None else loop.time() + seconds_max
    while not running.done():
        left = None if give_up_at is None else give_up_at - loop.time()
        if left is not None and left <= 0:
            return
        with suppress(asyncio.CancelledError):  # a second cancellation changes nothing
            await asyncio.wait({running}, timeout=left)


def _forget(running: asyncio.Future[R]) -> None:
    if not running.cancelled():
        running.exception()
