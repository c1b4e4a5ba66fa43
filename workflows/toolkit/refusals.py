"""A request that is refused inside its handler, so that the refusal is on record."""

from __future__ import annotations

from temporalio.exceptions import ApplicationError, FailureError

from workflows.contracts import Failure
from workflows.toolkit.failures import explain


def refused(code: str, explanation: str, stage: str, next_step: str) -> ApplicationError:
    """The failure of an update: its details are the stage and the next step."""
    return ApplicationError(explanation, stage, next_step, type=code, non_retryable=True)


def as_refusal(error: FailureError, stage: str) -> ApplicationError:
    """The failure of an update whose step was refused or failed."""
    return of_failure(explain(error, stage))


def of_failure(failure: Failure) -> ApplicationError:
    """The failure of an update that asks for what will never be."""
    return refused(failure.code, failure.explanation, failure.stage, failure.next_step)
