"""What callers of a workflow send and receive, and how each workflow's id is made."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import AwareDatetime

from domain.generation.brief import Brief
from domain.kernel.ids import AccountId, GenerationId
from domain.kernel.model import Value

ORCHESTRATION_QUEUE: Final = "orchestration"
VIDEO_GENERATION: Final = "VideoGeneration"

Stage = Literal[
    "requested",
    "screening",
    "in-review",
    "sampling",
    "assembling",
    "storing",
    "releasing",
    "completed",
    "failed",
    "cancelled",
]


def generation_workflow_id(generation_id: str) -> str:
    """The id of the workflow that makes this generation."""
    return f"generation/{generation_id}"


class VideoOrder(Value):
    """Start a generation. Any Temporal client may send this to ``VideoGeneration`` by name."""

    generation_id: GenerationId
    account_id: AccountId
    brief: Brief
    requested_by: str = "client/temporal"
    """The application that asks, such as ``client/app``; never a person's name."""
    traceparent: str | None = None


class Receipt(Value):
    """The request stands in the log: the answer to the ``recorded`` update."""

    generation_id: GenerationId
    position: int


class CancelRequest(Value):
    """Ask a running generation to stop: the argument of the ``cancel_generation`` update."""

    requested_by: str


class CancelAnswer(Value):
    """How the generation stands after the request to stop."""

    stage: Stage


class PublishAnswer(Value):
    """How the generation stands after the request to publish it: ended ones stay as they are."""

    stage: Stage


class Failure(Value):
    """Why there is no video: a code, the stage, what is the case and what to do next."""

    code: str
    stage: str
    explanation: str
    next_step: str


class Status(Value):
    """How a generation stands: the answer of the ``status`` query."""

    generation_id: GenerationId
    stage: Stage
    since: AwareDatetime
    video_id: str | None = None
    failure: Failure | None = None


class Outcome(Value):
    """How a generation ended: with a video, or with the reason why there is none."""

    generation_id: GenerationId
    stage: Literal["completed", "failed", "cancelled"]
    video_id: str | None = None
    film_key: str | None = None
    failure: Failure | None = None
