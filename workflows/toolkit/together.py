"""Several steps at once: bounded, in an order that replays, and ended together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

R = TypeVar("R")


async def together(
    count: int,
    at_once: int,
    work: Callable[[int], Awaitable[R]],
    after: Callable[[int], int | None] = lambda _: None,
) -> tuple[R, ...]:
    """The results of ``work(0)`` to ``work(count - 1)``, at most ``at_once`` of them at a time.

    ``after`` names an earlier piece that one has to wait for. The first failure cancels the rest,
    and is raised when all of them have ended; so does a cancellation from outside.
    """
    turns = asyncio.Semaphore(at_once)
    ended = [asyncio.Event() for _ in range(count)]
    failures: list[BaseException] = []

    async def one(index: int) -> R:
        if (earlier := after(index)) is not None:
            await ended[earlier].wait()
        async with turns:
            result = await work(index)
        ended[index].set()
        return result

    def heed(task: asyncio.Task[R]) -> None:
        if task.cancelled() or (error := task.exception()) is None:
            return
        failures.append(error)
        for each in tasks:
            each.cancel()

    tasks = [asyncio.create_task(one(index)) for index in range(count)]
    for task in tasks:
        task.add_done_callback(heed)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    if failures:
        raise failures[0]
    done: list[R] = []
    for each in results:
        if isinstance(each, BaseException):
            raise each
        done.append(each)
    return tuple(done)
