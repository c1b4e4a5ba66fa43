"""How a request becomes a generation: its workflow starts and says that it is recorded.

Start and question travel as one (update-with-start), and the id was stored before, so that asking
again after any failure meets the same generation.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Final

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.ledger import Ledger
from domain.generation.decider import GENERATION
from domain.generation.refusals import AlreadySettled
from domain.generation.situations import Blank, Cancelled, Completed, Failed
from infra.api.deadlines import asking, is_away, unavailable
from infra.api.problems import Trouble
from workflows.contracts import (
    ORCHESTRATION_QUEUE,
    VIDEO_GENERATION,
    CancelAnswer,
    CancelRequest,
    Outcome,
    PublishAnswer,
    Receipt,
    VideoOrder,
    generation_workflow_id,
)

_HEALTH_TIMEOUT: Final = timedelta(seconds=2)


async def record(client: Client, ledger: Ledger, order: VideoOrder, seconds_max: float) -> None:
    """Return once the request stands in the log. Safe to repeat with the same order."""
    await _require_temporal(client)
    brief = order.brief
    start: WithStartWorkflowOperation[Any, Outcome] = WithStartWorkflowOperation(
        VIDEO_GENERATION,
        order,
        id=generation_workflow_id(order.generation_id),
        task_queue=ORCHESTRATION_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        result_type=Outcome,
        static_summary=f"{brief.seconds:g} s, {brief.width}x{brief.height}, {brief.sampler}",
    )
    try:
        async with asyncio.timeout(seconds_max):
            await client.execute_update_with_start_workflow(
                "recorded",
                start_workflow_operation=start,
                id=f"recorded/{order.generation_id}",
                result_type=Receipt,
                rpc_timeout=timedelta(seconds=seconds_max),
            )
    except WorkflowUpdateFailedError as refused:
        raise _refusal(refused, order.generation_id) from None
    except WorkflowAlreadyStartedError:
        await _require_recorded(ledger, order.generation_id)
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
        raise _nobody_answers(order.generation_id, seconds_max) from None
    except (RPCError, RuntimeError) as error:
        if not is_away(error):
            if isinstance(error, RPCError) and error.status == RPCStatusCode.NOT_FOUND:
                await _require_recorded(ledger, order.generation_id)
                return
            raise
        if isinstance(error, RPCError) and error.status == RPCStatusCode.DEADLINE_EXCEEDED:
            raise _nobody_answers(order.generation_id, seconds_max) from None
        raise unavailable("temporal", "cannot be reached") from None


async def cancel(
    client: Client, ledger: Ledger, generation_id: str, requested_by: str, seconds_max: float
) -> bool:
    """Ask a generation to stop: whether it has ended by now. Refuses one that ended otherwise."""
    await _require_temporal(client)
    handle = client.get_workflow_handle(generation_workflow_id(generation_id))
    try:
        async with asking("temporal", seconds_max):
            update = await handle.start_update(
                "cancel_generation",
                CancelRequest(requested_by=requested_by),
                wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                result_type=CancelAnswer,
                rpc_timeout=timedelta(seconds=seconds_max),
            )
        async with asyncio.timeout(seconds_max):
            answer: CancelAnswer = await update.result()
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
        return False  # accepted: it stands in the history and will be carried out
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        await _require_cancelled(ledger, generation_id)
    except WorkflowUpdateFailedError as refused:
        if _code_of(refused) != AlreadySettled.code:
            raise _refusal(refused, generation_id) from None
        await _require_cancelled(ledger, generation_id)
    else:
        if answer.stage != "cancelled":
            raise Trouble.refused(AlreadySettled(f"It is {answer.stage}."), generation_id)
    return True


async def publish(client: Client, generation_id: str, seconds_max: float) -> str:
    """Ask a draft to be published: the stage that it is in. Refuses what is none or has ended."""
    await _require_temporal(client)
    handle = client.get_workflow_handle(generation_workflow_id(generation_id))
    try:
        async with asking("temporal", seconds_max):
            answer: PublishAnswer = await handle.execute_update(
                "publish_draft",
                result_type=PublishAnswer,
                rpc_timeout=timedelta(seconds=seconds_max),
            )
    except WorkflowUpdateFailedError as refused:
        raise _refusal(refused, generation_id) from None
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        raise Trouble.refused(AlreadySettled(), generation_id) from None
    if answer.stage in ("failed", "cancelled"):
        raise Trouble.refused(AlreadySettled(f"It is {answer.stage}."), generation_id)
    return answer.stage


async def _require_temporal(client: Client) -> None:
    """A server that is away is told apart at once; calls that change things would wait for it."""
    async with asking("temporal"):
        await client.service_client.check_health(timeout=_HEALTH_TIMEOUT)


async def _require_cancelled(ledger: Ledger, generation_id: str) -> None:
    """Asking twice is asking once; any other ending is a refusal."""
    async with asking("postgres"):
        standing = await ledger.state(GENERATION, generation_id)
    match standing.state:
        case Cancelled():
            return
        case Completed() | Failed():
            ending = type(standing.state).__name__.lower()
            raise Trouble.refused(AlreadySettled(f"It is {ending}."), generation_id)
        case _:
            raise Trouble(
                "workers-unavailable",
                f"{generation_id} has no workflow that could be asked to stop.",
                generation_id=generation_id,
            )


async def _require_recorded(ledger: Ledger, generation_id: str) -> None:
    async with asking("postgres"):
        standing = await ledger.state(GENERATION, generation_id)
    if isinstance(standing.state, Blank):
        raise Trouble(
            "request-refused",
            f"{generation_id} ended before it was recorded; nothing was made.",
            generation_id=generation_id,
        )


def _refusal(refused: WorkflowUpdateFailedError, generation_id: str) -> Trouble:
    cause = refused.cause
    if isinstance(cause, ApplicationError) and cause.type:
        return Trouble.answered(cause.type, cause.message, cause.details, generation_id)
    return unavailable("temporal", "did not finish the request")


def _code_of(refused: WorkflowUpdateFailedError) -> str | None:
    return refused.cause.type if isinstance(refused.cause, ApplicationError) else None


def _nobody_answers(generation_id: str, seconds_max: float) -> Trouble:
    return Trouble(
        "workers-unavailable",
        f"{generation_id} was not recorded within {seconds_max:g} seconds and may be later. "
        "With an Idempotency-Key, repeating the request meets the same generation.",
        generation_id=generation_id,
    )
