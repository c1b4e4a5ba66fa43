"""Errors on their way into Temporal's history: with a code and what to do, without anybody's words.

What a person may learn is said; what nobody vouches for is reduced to its type and its place. An
outage is waited for; a refusal is final; what keeps going wrong ends after a few attempts.
"""

from __future__ import annotations

import errno
import os
from typing import Any, Final

import nexusrpc
import pydantic
from temporalio import activity
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DefaultFailureConverter, PayloadConverter
from temporalio.exceptions import ApplicationError, FailureError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from domain.kernel.errors import Mishap, Refusal
from domain.kernel.ports import (
    HashMismatch,
    LogUnavailable,
    ObjectMissing,
    StoreUnavailable,
    WrongRevision,
)
from infra.telemetry.discretion import spoken
from infra.temporal.payloads import UnreadablePayload, described

UNEXPECTED: Final = "unexpected-error"
ATTEMPTS_MAX: Final = 5
"""How often a step may go wrong for a reason that waiting does not cure."""

_WAITED_FOR: Final[dict[type[Exception], str]] = {
    LogUnavailable: "log-unavailable",
    StoreUnavailable: "store-unavailable",
    WrongRevision: "stream-moved",
    OSError: "machine-unavailable",
}
_BOUNDED: Final[dict[type[Exception], str]] = {
    ObjectMissing: "object-missing",
    HashMismatch: "hash-mismatch",
    UnreadablePayload: "payload-unreadable",
    pydantic.ValidationError: "payload-invalid",
}
_AGAIN: Final = "Wait; it is tried again by itself."
_OPERATOR: Final = "Give the operator this id; the worker's log names the place."


def worded(error: BaseException) -> str:
    """What may be said of an error in a history, a log or the UI."""
    match error:
        case pydantic.ValidationError():
            return described(error)
        case UnreadablePayload() | ObjectMissing() | HashMismatch():
            return str(error)
        case OSError(errno=int(number)):
            return f"{type(error).__name__}: {os.strerror(number)} ({errno.errorcode.get(number)})"
        case OSError():
            return f"{type(error).__name__}: the machine or the network did not answer"
        case _:
            return spoken(error)


def as_failure(error: Exception, attempt: int, stage: str) -> FailureError:
    """The failure that an activity ends with; details are the stage and the next step."""
    match error:
        case FailureError():
            return error
        case Refusal():
            return ApplicationError(
                str(error), error.stage, error.next_step, type=error.code, non_retryable=True
            )
        case _ if waited := _code_of(error, _WAITED_FOR):
            return ApplicationError(worded(error), stage, _AGAIN, type=waited)
    last = attempt >= ATTEMPTS_MAX
    if isinstance(error, Mishap):
        return ApplicationError(
            str(error), error.stage, error.next_step, type=error.code, non_retryable=last
        )
    code = _code_of(error, _BOUNDED) or UNEXPECTED
    return ApplicationError(worded(error), stage, _OPERATOR, type=code, non_retryable=last)


def _code_of(error: Exception, codes: dict[type[Exception], str]) -> str | None:
    return next((code for kind, code in codes.items() if isinstance(error, kind)), None)


class ActivityFailures(ActivityInboundInterceptor):
    """Turns whatever an activity raises into a failure that says what may be said."""

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        """Run the activity. Raises ``FailureError`` only; cancellation passes through."""
        try:
            return await self.next.execute_activity(input)
        except Exception as error:
            info = activity.info()
            failure = as_failure(error, info.attempt, info.activity_type)
            if failure is error:
                raise
            # The frames stay, the message does not: loggers print whatever hangs on an exception.
            raise failure.with_traceback(error.__traceback__) from None


class DiscreetFailureConverter(DefaultFailureConverter):
    """The last gate: any other exception, causes included, loses the words nobody vouches for."""

    def to_failure(
        self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure
    ) -> None:
        """Write an exception into a failure."""
        if not isinstance(exception, FailureError | nexusrpc.HandlerError):
            exception = _reworded(exception)
        super().to_failure(exception, payload_converter, failure)


class SealedFailureConverter(DiscreetFailureConverter):
    """The same with message and stack trace in a payload, for the codec to encrypt."""

    def __init__(self) -> None:
        super().__init__(encode_common_attributes=True)


def _reworded(exception: BaseException) -> ApplicationError:
    safe = ApplicationError(worded(exception), type=type(exception).__name__)
    safe.__cause__ = exception.__cause__
    safe.__suppress_context__ = True
    return safe.with_traceback(exception.__traceback__)
