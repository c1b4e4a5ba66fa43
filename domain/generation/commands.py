"""What can be asked of a generation."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from domain.generation.brief import Brief
from domain.generation.take import Take
from domain.kernel.ids import AccountId, GenerationId, VideoId
from domain.kernel.model import Command
from domain.provenance.proof import Proof
from domain.video.media import Rendition


class RequestVideo(Command):
    """Ask for a video of a brief."""

    generation_id: GenerationId
    account_id: AccountId
    brief: Brief


ShotNumber = Annotated[int, Field(ge=0)]
"""Which of the brief's shots, from 1; 0 means all of them in one take."""


class BeginSampling(Command):
    """Say that a worker starts to sample, for the n-th time; ``restored`` steps were saved."""

    shot: ShotNumber = 0
    attempt: Annotated[int, Field(ge=1)]
    steps: Annotated[int, Field(ge=1)]
    restored: Annotated[int, Field(ge=0)] = 0
    plan_key: str


class AdvanceSampling(Command):
    """Say how many steps are done."""

    shot: ShotNumber = 0
    attempt: Annotated[int, Field(ge=1)]
    step: Annotated[int, Field(ge=1)]


class RecordStudioTime(Command):
    """Say how many seconds an attempt had a device for itself."""

    shot: ShotNumber = 0
    attempt: Annotated[int, Field(ge=1)]
    device: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)]


class RecordTake(Command):
    """Say that the take was sampled, or ``found`` because its plan was sampled before."""

    shot: ShotNumber = 0
    take: Take
    found: bool = False


class RecordRendition(Command):
    """Say that the rendition is stored, was read back and has the promised hashes."""

    rendition: Rendition


class RecordProof(Command):
    """Say that every layer of provenance was verified on the bytes that are stored."""

    proof: Proof


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
    | RecordStudioTime
    | RecordTake
    | RecordRendition
    | RecordProof
    | CompleteGeneration
    | FailGeneration
    | CancelGeneration
)
