"""Between models and payloads: what does not validate is refused in words that quote nothing.

Pydantic's own message repeats the input, and an input may be somebody's prompt. Where a caller sent
the payload, the refusal fails the workflow or the update with a reason. Where an activity of ours
did, two versions of the program disagree: the task is retried, and goes on after a repair.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Final, Self

import pydantic
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import ActivitySerializationContext, SerializationContext
from temporalio.exceptions import ApplicationError

PAYLOAD_INVALID: Final = "payload-invalid"
_NEXT_STEP: Final = "Correct the payload and send it again with a new id."
_MISTAKES_MAX: Final = 5
_QUOTING: Final = {
    "extra_forbidden": "has a field that is not known",
    "union_tag_invalid": "has a tag that is not known",
}


class UnreadablePayload(ValueError):
    """What one part of this program sent another cannot be read by it."""


def payload_refused(reason: str) -> ApplicationError:
    """The failure that a caller gets: its details are the stage and the next step."""
    return ApplicationError(
        reason, "admission", _NEXT_STEP, type=PAYLOAD_INVALID, non_retryable=True
    )


def described(invalid: pydantic.ValidationError) -> str:
    """Field and limit of each mistake; never the value, nor a key that the sender made up."""
    mistakes = invalid.errors(include_input=False, include_url=False)
    said = [_mistake(each["type"], each["loc"], each["msg"]) for each in mistakes[:_MISTAKES_MAX]]
    if more := len(mistakes) - len(said):
        said.append(f"and {more} more")
    return f"The payload is not a valid {invalid.title}: {'; '.join(said)}."


def _mistake(kind: str, place: tuple[int | str, ...], message: str) -> str:
    known = place[:-1] if kind == "extra_forbidden" else place
    field = ".".join(map(str, known)) or "it"
    return f"{field}: {_QUOTING.get(kind, message.removeprefix('Value error, '))}"


def _require_wanted_nulls(values: Sequence[Any], type_hints: Sequence[type] | None) -> None:
    """Null has an encoding of its own, which the SDK lets through whatever type is asked for."""
    for value, hint in zip(values, type_hints or (), strict=False):
        if value is None and hint is not None:
            pydantic.TypeAdapter(hint).validate_python(None)


class DiscreetPayloadConverter(PydanticPayloadConverter):
    """Pydantic models as JSON, with refusals that quote nothing."""

    _between_our_own = False

    def with_context(self, context: SerializationContext) -> Self:
        """Know whether an activity of ours is at the other end."""
        told = copy.copy(super().with_context(context))
        told._between_our_own = isinstance(context, ActivitySerializationContext)
        return told

    def from_payloads(
        self, payloads: Sequence[Payload], type_hints: list[type] | None = None
    ) -> list[Any]:
        """Read payloads. Raises a refusal that fails what a caller started."""
        try:
            values = super().from_payloads(payloads, type_hints)
            _require_wanted_nulls(values, type_hints)
            return values
        except pydantic.ValidationError as invalid:
            reason = described(invalid)
        except (KeyError, ValueError, RuntimeError) as unreadable:
            reason = f"The payload's encoding cannot be read ({type(unreadable).__name__})."
        if self._between_our_own:
            raise UnreadablePayload(reason)
        raise payload_refused(reason)
