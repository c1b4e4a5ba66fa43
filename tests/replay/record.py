"""Record the histories that must go on replaying: ``python -m tests.replay.record``.

Run it when a story has a new path, never to make a failing replay pass: somebody's request may be
half-way through the old one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from temporalio.client import WorkflowHandle

from domain.generation.brief import Brief
from tests.replay.archive import write
from tests.workflows.lab import LONG, SMALL, STORY, Lab, a_lab
from workflows.contracts import CancelAnswer, CancelRequest, Outcome


async def main() -> None:
    """Run each path once and keep its history.

    Those named ``video-generation-completed``, ``-failed``, ``-refused`` and ``-cancelled`` are of
    before shots were sampled apart, and cannot be recorded again.
    """
    async with a_lab() as lab:
        one = SMALL.model_copy(update={"seed": 41})
        paths: tuple[tuple[str, Callable[[], Awaitable[WorkflowHandle[Any, Outcome]]]], ...] = (
            ("shots-one", lambda: lab.start(one)),
            ("shots-three", lambda: lab.start(STORY)),
            ("shots-one-found", lambda: lab.start(one)),
            ("shots-one-of-three-changed", lambda: lab.start(_revised())),
            ("shots-failed", lambda: lab.start(STORY.model_copy(update={"sampler": "x"}))),
            ("shots-cancelled", lambda: _cancelled(lab)),
        )
        for name, begin in paths:
            handle = await begin()
            await handle.result()
            path = write(f"video-generation-{name}", await handle.fetch_history())
            print(f"{path.name}: {path.stat().st_size} bytes")  # noqa: T201 a script's own words


def _revised() -> Brief:
    """The story with another second shot."""
    first, second, third = STORY.shots
    second = second.model_copy(update={"prompt": "A blue bird flies over the sea at noon"})
    return STORY.model_copy(update={"shots": (first, second, third)})


async def _cancelled(lab: Lab) -> WorkflowHandle[Any, Outcome]:
    handle = await lab.start(LONG)
    await lab.until_sampling(handle)
    stop = CancelRequest(requested_by="client/app")
    await handle.execute_update("cancel_generation", stop, result_type=CancelAnswer)
    return handle


if __name__ == "__main__":
    asyncio.run(main())
