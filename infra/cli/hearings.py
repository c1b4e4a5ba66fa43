"""Cases that a batch has changed, put before humans again, and their stories told of it.

A story's id follows from its case, so that what runs already is left alone, and a batch that is
asked for again completes what an earlier attempt began.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from activities.moderation.undoing import Waiting
from workflows.content_moderation import ContentModeration
from workflows.contracts import ORCHESTRATION_QUEUE
from workflows.moderation_contracts import (
    CONTENT_MODERATION,
    ModerationOrder,
    moderation_workflow_id,
)

AT_ONCE: Final = 20
_ACTOR: Final = "operator/cli"


async def begin_hearings(client: Client, waiting: Iterable[Waiting]) -> int:
    """Start the story of every case that waits; how many cases there are."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def begin(case: Waiting) -> None:
        order = ModerationOrder(
            case_id=case.case_id,
            matter=case.matter,
            account_id=case.account_id if case.matter == "appeal" else None,
            requested_by=_ACTOR,
        )
        async with turn:
            await client.start_workflow(
                CONTENT_MODERATION,
                order,
                id=moderation_workflow_id(case.case_id, case.matter),
                task_queue=ORCHESTRATION_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            )

    cases = list(waiting)
    await asyncio.gather(*(begin(each) for each in cases))
    return len(cases)


async def end_hearings(client: Client, settled: Iterable[Waiting]) -> None:
    """Tell the stories of cases that wait no longer, so that they end now and not in a day."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def tell(case: Waiting) -> None:
        story = client.get_workflow_handle(moderation_workflow_id(case.case_id, case.matter))
        async with turn:
            try:
                await story.signal(ContentModeration.case_moved)
            except RPCError as error:
                if error.status != RPCStatusCode.NOT_FOUND:
                    raise  # of a story that has ended there is nothing to tell

    await asyncio.gather(*(tell(each) for each in settled))
