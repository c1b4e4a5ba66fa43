"""From whatever a step raised to the reason that people are told."""

from __future__ import annotations

from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    FailureError,
    RetryState,
    TimeoutError,
    is_cancelled_exception,
)

from workflows.contracts import Failure

_LATER = "Ask for the generation again; if it fails again, give the operator this id."


def was_stopped(error: BaseException) -> bool:
    """Whether somebody's wish to stop ended the step.

    A worker that died with the step cannot confirm it: its heartbeat times out after the wish.
    """
    if isinstance(error, ActivityError) and error.retry_state is RetryState.CANCEL_REQUESTED:
        return True
    return is_cancelled_exception(error)


def explain(error: FailureError, stage: str) -> Failure:
    """Name the code, the stage, what is the case and what to do next.

    A refusal brings its stage and next step as the details of its failure.
    """
    cause = error.cause if isinstance(error, ActivityError) and error.cause else error
    match cause:
        case ApplicationError():
            details = list(cause.details)
            return Failure(
                code=cause.type or "step-failed",
                stage=str(details[0]) if details else stage,
                explanation=cause.message,
                next_step=str(details[1]) if len(details) > 1 else _LATER,
            )
        case TimeoutError():
            return Failure(
                code="step-timed-out",
                stage=stage,
                explanation=f"The step did not succeed in the time that {stage} may take.",
                next_step=_LATER,
            )
        case _:
            return Failure(
                code="step-failed",
                stage=stage,
                explanation=f"The step failed with {type(cause).__name__}.",
                next_step=_LATER,
            )
