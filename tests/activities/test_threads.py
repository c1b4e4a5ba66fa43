"""Blocking work in a thread stops when nobody waits for it any longer."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from activities.threads import StopSign, in_thread


async def test_a_result_comes_back() -> None:
    assert await in_thread(lambda _: 6 * 7) == 42


async def test_an_error_comes_back() -> None:
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda _: 1 // 0)


async def test_cancelling_waits_until_the_thread_has_stopped() -> None:
    begun, ended = threading.Event(), threading.Event()

    def work(sign: StopSign) -> None:
        begun.set()
        try:
            while True:
                sign.heed()
                time.sleep(0.005)
        finally:
            time.sleep(0.05)
            ended.set()

    waiting = asyncio.create_task(in_thread(work))
    await asyncio.to_thread(begun.wait)
    waiting.cancel()
    await asyncio.sleep(0.02)
    waiting.cancel()  # asked twice: still it waits
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended.is_set()


async def test_a_thread_that_hangs_is_left_after_a_while() -> None:
    begun, released = threading.Event(), threading.Event()

    def hang(_: StopSign) -> None:
        begun.set()
        released.wait(5)

    waiting = asyncio.create_task(in_thread(hang, linger_seconds=0.1))
    await asyncio.to_thread(begun.wait)
    started = time.monotonic()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert 0.09 < time.monotonic() - started < 2
    released.set()
