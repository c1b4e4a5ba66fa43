"""Questions to stories: start one and ask in one call, or ask one that runs."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Final, TypeVar

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.kernel.model import Value
from infra.api.deadlines import asking, is_away, unavailable
from infra.api.problems import Trouble
from workflows.contracts import ORCHESTRATION_QUEUE

R = TypeVar("R")

_HEALTH_TIMEOUT: Final = timedelta(seconds=2)


class StoryOver(Exception):
    """There is no running story under this id: it has ended, or never began."""


async def begin(
    client: Client,
    story: str,
    order: Value,
    workflow_id: str,
    question: str,
    answer: type[R],
    *,
    argument: Value | None = None,
    update_id: str | None = None,
    again: bool = False,
    seconds_max: float = 10.0,
) -> R:
    """Start a story, or find it running, and wait for its first answer.

    ``again`` lets a story that has ended run once more under its id. Raises StoryOver where it has
    ended and may not.
    """
    await _require_temporal(client)
    start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
        story,
        order,
        id=workflow_id,
        task_queue=ORCHESTRATION_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=(
            WorkflowIDReusePolicy.ALLOW_DUPLICATE
            if again
            else WorkflowIDReusePolicy.REJECT_DUPLICATE
        ),
    )
    try:
        async with asyncio.timeout(seconds_max):
            found: R = await client.execute_update_with_start_workflow(
                question,
                *([argument] if argument is not None else []),
                start_workflow_operation=start,
                id=update_id,
                result_type=answer,
                rpc_timeout=timedelta(seconds=seconds_max),
            )
            return found
    except WorkflowAlreadyStartedError:
        raise StoryOver from None
    except Exception as error:
        raise _trouble(error, seconds_max) from error


async def ask(
    client: Client,
    workflow_id: str,
    question: str,
    argument: Value,
    answer: type[R],
    seconds_max: float = 10.0,
) -> R:
    """Ask a running story. Raises StoryOver where there is none."""
    await _require_temporal(client)
    handle = client.get_workflow_handle(workflow_id)
    try:
        async with asyncio.timeout(seconds_max):
            found: R = await handle.execute_update(
                question,
                argument,
                result_type=answer,
                rpc_timeout=timedelta(seconds=seconds_max),
            )
            return found
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND and not is_away(error):
            raise StoryOver from None
        raise _trouble(error, seconds_max) from error
    except Exception as error:
        raise _trouble(error, seconds_max) from error


async def _require_temporal(client: Client) -> None:
    async with asking("temporal"):
        await client.service_client.check_health(timeout=_HEALTH_TIMEOUT)


def _trouble(error: Exception, seconds_max: float) -> Exception:
    """The document for what came back; what nobody foresaw stays what it is."""
    match error:
        case WorkflowUpdateFailedError(cause=ApplicationError(type=str(code)) as refusal):
            return Trouble.answered(code, refusal.message, refusal.details)
        case WorkflowUpdateFailedError():
            return unavailable("temporal", "did not finish the request")
        case TimeoutError() | WorkflowUpdateRPCTimeoutOrCancelledError():
            return Trouble(
                "workers-unavailable",
                f"Nobody has answered within {seconds_max:g} seconds; it may be done later.",
            )
        case RPCError(status=RPCStatusCode.DEADLINE_EXCEEDED):
            return Trouble("workers-unavailable")
        case _ if is_away(error):
            return unavailable("temporal", "cannot be reached")
        case _:
            return error
