"""Record the histories that must go on replaying: ``python -m tests.replay.record``.

Run it when a story has a new path, never to make a failing replay pass: somebody's request may be
half-way through the old one.
"""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio.client import WorkflowHandle

from tests import words
from tests.replay.archive import write
from tests.workflows.lab import LONG, SMALL, Lab, a_lab
from workflows.contracts import CancelAnswer, CancelRequest, Outcome


async def main() -> None:
    """Run each path once and keep its history."""
    async with a_lab() as lab:
        for name, handle in (
            ("video-generation-completed", await lab.start()),
            ("video-generation-failed", await lab.start(SMALL.model_copy(update={"sampler": "x"}))),
            ("video-generation-refused", await lab.start(account_id=words.an_id("acc", 404))),
            ("video-generation-cancelled", await _cancelled(lab)),
        ):
            await handle.result()
            path = write(name, await handle.fetch_history())
            print(f"{path.name}: {path.stat().st_size} bytes")  # noqa: T201 a script's own words


async def _cancelled(lab: Lab) -> WorkflowHandle[Any, Outcome]:
    handle = await lab.start(LONG)
    await lab.until_sampling(handle)
    stop = CancelRequest(requested_by="client/app")
    await handle.execute_update("cancel_generation", stop, result_type=CancelAnswer)
    return handle


if __name__ == "__main__":
    asyncio.run(main())
