"""What can be asked of a generation."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from domain.generation.brief import Brief
from domain.generation.take import Take
from domain.kernel.ids import AccountId, GenerationId, VideoId
from domain.kernel.model import Command
from domain.video.media import Rendition


class RequestVideo(Command):
    """Ask for a video of a brief."""

    generation_id: GenerationId
    account_id: AccountId
    brief: Brief


class BeginSampling(Command):
    """Say that a worker starts to sample, for the n-th time."""

    attempt: Annotated[int, Field(ge=1)]
    steps: Annotated[int, Field(ge=1)]
    plan_key: str


class AdvanceSampling(Command):
    """Say how many steps are done."""

    attempt: Annotated[int, Field(ge=1)]
    step: Annotated[int, Field(ge=1)]


class RecordTake(Command):
    """Say that the take was sampled and where it is kept."""

    take: Take


class RecordRendition(Command):
    """Say that the rendition is stored, was read back and has the promised hashes."""

    rendition: Rendition


class CompleteGeneration(Command):
    """Close the generation with the video that it became."""

    video_id: VideoId


class FailGeneration(Command):
    """Close the generation with the reason why there is no video."""

    code: str
    stage: str
    explanation: str


class CancelGeneration(Command):
    """Close the generation because somebody asked to."""

    requested_by: str


GenerationCommand = (
    RequestVideo
    | BeginSampling
    | AdvanceSampling
    | RecordTake
    | RecordRendition
    | CompleteGeneration
    | FailGeneration
    | CancelGeneration
)
