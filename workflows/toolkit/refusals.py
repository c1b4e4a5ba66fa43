"""A request that is refused inside its handler, so that the refusal is on record."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError

from domain.kernel.errors import Refusal
from workflows.contracts import Failure
from workflows.toolkit.failures import explain


def refused(code: str, explanation: str, stage: str, next_step: str) -> ApplicationError:
    """The failure of an update: its details are the stage and the next step."""
    return ApplicationError(explanation, stage, next_step, type=code, non_retryable=True)


def of_refusal(refusal: Refusal) -> ApplicationError:
    """The failure of an update that the domain's words refuse."""
    return refused(refusal.code, str(refusal), refusal.stage, refusal.next_step)


def require_workflow_id(expected: str) -> None:
    """One story, one workflow: under another id the same could run twice at once."""
    if workflow.info().workflow_id != expected:
        raise refused(
            "workflow-id-mismatch",
            f"This workflow must be started with the id {expected}.",
            "admission",
            f"Start it again with the workflow id {expected}.",
        )


def as_refusal(error: FailureError, stage: str) -> ApplicationError:
    """The failure of an update whose step was refused or failed."""
    return of_failure(explain(error, stage))


def of_failure(failure: Failure) -> ApplicationError:
    """The failure of an update that asks for what will never be."""
    return refused(failure.code, failure.explanation, failure.stage, failure.next_step)
