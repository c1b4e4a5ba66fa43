"""What goes into a history says a code and what to do; whoever was quoted by an error is not."""

from __future__ import annotations

import errno

import pytest
from pydantic import ValidationError
from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError

from domain.account.account import AccountUnknown
from domain.generation.brief import Brief
from domain.kernel.ports import HashMismatch, LogUnavailable, StoreUnavailable, WrongRevision
from infra.temporal.client import data_converter
from infra.temporal.failures import ATTEMPTS_MAX, UNEXPECTED, as_failure
from infra.temporal.payloads import DiscreetPayloadConverter

CANARY = "Canary Mirabeau"


def failed(error: Exception, attempt: int = 1) -> ApplicationError:
    failure = as_failure(error, attempt, "storing")
    assert isinstance(failure, ApplicationError)
    return failure


def invalid() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Brief.model_validate({"prompt": CANARY, "fps": CANARY, CANARY: CANARY})
    return caught.value


def written(error: BaseException) -> Failure:
    failure = Failure()
    converter = data_converter(None)
    converter.failure_converter.to_failure(error, converter.payload_converter, failure)
    return failure


def test_a_refusal_is_final_and_says_what_to_do() -> None:
    failure = failed(AccountUnknown())
    assert failure.non_retryable
    assert failure.type == "account-unknown"
    assert failure.message == "No account with this id has been opened."
    assert failure.details == (AccountUnknown.stage, AccountUnknown.next_step)


@pytest.mark.parametrize(
    "outage",
    [
        LogUnavailable("the log is away"),
        StoreUnavailable("the store is away"),
        WrongRevision("generation-1", 1, 2),
        OSError(errno.ENOSPC, "No space left on device"),
        TimeoutError(),
        ConnectionResetError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_outage_is_waited_for_however_long_it_takes(outage: Exception) -> None:
    assert not failed(outage, attempt=10_000).non_retryable
    assert failed(outage).type != UNEXPECTED


@pytest.mark.parametrize("error", [RuntimeError(CANARY), HashMismatch("a.mp4"), KeyError(CANARY)])
def test_what_waiting_does_not_cure_ends_after_a_few_attempts(error: Exception) -> None:
    assert not failed(error, attempt=ATTEMPTS_MAX - 1).non_retryable
    assert failed(error, attempt=ATTEMPTS_MAX).non_retryable


@pytest.mark.parametrize(
    "error",
    [ValueError(CANARY), KeyError(CANARY), OSError(errno.ENOENT, "gone", f"/{CANARY}.png")],
    ids=lambda error: type(error).__name__,
)
def test_nobody_is_quoted(error: Exception) -> None:
    assert CANARY not in str(failed(error))
    assert CANARY not in str(written(error))


def test_a_model_that_does_not_validate_names_fields_only() -> None:
    failure = failed(invalid())
    assert "fps: Input should be a valid integer" in failure.message
    assert CANARY not in failure.message
    assert CANARY not in str(written(invalid()))


def test_causes_are_reworded_too() -> None:
    try:
        try:
            raise ValueError(CANARY)
        except ValueError as inner:
            raise ApplicationError("The step failed.") from inner
    except ApplicationError as error:
        failure = written(error)
    assert failure.message == "The step failed."
    assert failure.cause.message == "ValueError"
    assert failure.cause.stack_trace
    assert CANARY not in str(failure)


def test_a_failure_that_was_worded_already_stays_as_it_is() -> None:
    error = ApplicationError("Said before.", type="said-before")
    assert as_failure(error, 1, "storing") is error


def test_a_null_where_a_model_is_wanted_is_refused() -> None:
    converter = DiscreetPayloadConverter()
    payloads = converter.to_payloads([None])
    with pytest.raises(ApplicationError, match="The payload is not a valid Brief"):
        converter.from_payloads(payloads, [Brief])
    assert converter.from_payloads(payloads, [type(None)]) == [None]
