"""What may happen to a generation, and when: the table of contents of this business."""

from __future__ import annotations

from typing import Final

from domain.generation.commands import (
    AdvanceSampling,
    BeginSampling,
    CancelGeneration,
    CompleteGeneration,
    FailGeneration,
    GenerationCommand,
    RecordProof,
    RecordRendition,
    RecordStudioTime,
    RecordTake,
    RequestVideo,
)
from domain.generation.events import (
    GenerationCancelled,
    GenerationCompleted,
    GenerationEvent,
    GenerationFailed,
    ProvenanceVerified,
    RenditionStored,
    SamplingAdvanced,
    SamplingStarted,
    StudioTimeUsed,
    TakeFound,
    TakeSampled,
    VideoRequested,
)
from domain.generation.refusals import (
    AlreadyRequested,
    AlreadySettled,
    GenerationUnknown,
    NotStored,
    NotYetSampled,
    ShotUnknown,
)
from domain.generation.situations import (
    Blank,
    Cancelled,
    Completed,
    Exposure,
    Failed,
    Generation,
    Proven,
    Requested,
    Sampled,
    Sampling,
    Stored,
    evolve,
    take_of,
)
from domain.kernel.decider import Decider
from domain.kernel.ids import sibling
from domain.provenance.proof import OF_A_RENDITION, Unproven, require_proof


def decide(command: GenerationCommand, state: Generation) -> list[GenerationEvent]:
    """The events that follow from a command, none when it was granted before, or a refusal."""
    match command, state:
        case RequestVideo(), Blank():
            return [
                VideoRequested(
                    at=command.at,
                    generation_id=command.generation_id,
                    account_id=command.account_id,
                    brief=command.brief,
                )
            ]
        case RequestVideo(), Requested():
            return _asked_again(command, state)
        case _, Blank():
            raise GenerationUnknown
        case RecordStudioTime(), Requested():
            return _account(command, state)
        case _, Completed() | Failed() | Cancelled():
            return _after_the_end(command, state)
        case FailGeneration(), Requested():
            return [
                GenerationFailed(
                    at=command.at,
                    generation_id=state.generation_id,
                    account_id=state.account_id,
                    code=command.code,
                    stage=command.stage,
                    explanation=command.explanation,
                )
            ]
        case CancelGeneration(), Requested():
            return [
                GenerationCancelled(
                    at=command.at,
                    generation_id=state.generation_id,
                    account_id=state.account_id,
                    requested_by=command.requested_by,
                )
            ]
        case BeginSampling() | AdvanceSampling() | RecordTake(), Requested():
            return _in_the_studio(command, state)
        case RecordRendition() | RecordProof() | CompleteGeneration(), Requested():
            return _towards_release(command, state)
    raise AssertionError(f"{type(command).__name__} met {type(state).__name__}")


def _asked_again(command: RequestVideo, state: Requested) -> list[GenerationEvent]:
    if (state.account_id, state.brief) != (command.account_id, command.brief):
        raise AlreadyRequested
    return []


def _after_the_end(
    command: GenerationCommand, state: Completed | Failed | Cancelled
) -> list[GenerationEvent]:
    match command, state:
        case CompleteGeneration(), Completed() if command.video_id == state.video_id:
            return []
        case (FailGeneration(), Failed()) | (CancelGeneration(), Cancelled()):
            return []
    raise AlreadySettled(f"It is {type(state).__name__.lower()}.")


def _in_the_studio(
    command: BeginSampling | AdvanceSampling | RecordTake, state: Requested
) -> list[GenerationEvent]:
    if command.shot > len(state.brief.shots):
        raise ShotUnknown(f"Asked for was shot {command.shot} of {len(state.brief.shots)}.")
    if isinstance(state, Sampled | Stored) or take_of(state, command.shot) is not None:
        return []  # the first take stands; a late repeat adds nothing
    shots = state.shots if isinstance(state, Sampling) else {}
    begun = shots.get(command.shot)
    match command:
        case BeginSampling():
            return _begin(command, state, begun)
        case RecordTake(found=True):
            return [_found(command, state)]
        case AdvanceSampling() if begun is not None:
            return _advance(command, state, begun)
        case RecordTake() if begun is not None:
            return [
                TakeSampled(
                    at=command.at,
                    generation_id=state.generation_id,
                    shot=command.shot,
                    take=command.take,
                )
            ]
    raise NotYetSampled


def _begin(
    command: BeginSampling, state: Requested, begun: Exposure | None
) -> list[GenerationEvent]:
    if begun is not None and command.attempt <= begun.attempt:
        return []
    return [
        SamplingStarted(
            at=command.at,
            generation_id=state.generation_id,
            shot=command.shot,
            attempt=command.attempt,
            steps=command.steps,
            restored=command.restored,
            plan_key=command.plan_key,
        )
    ]


def _found(command: RecordTake, state: Requested) -> TakeFound:
    return TakeFound(
        at=command.at, generation_id=state.generation_id, shot=command.shot, take=command.take
    )


def _advance(command: AdvanceSampling, state: Requested, begun: Exposure) -> list[GenerationEvent]:
    if command.attempt != begun.attempt or not begun.step < command.step <= begun.steps:
        return []  # news from a worker that was replaced, or old news
    return [
        SamplingAdvanced(
            at=command.at,
            generation_id=state.generation_id,
            shot=command.shot,
            attempt=command.attempt,
            step=command.step,
            steps=begun.steps,
        )
    ]


def _account(command: RecordStudioTime, state: Requested) -> list[GenerationEvent]:
    """Also after the end: what was stopped has used its time all the same."""
    if (command.shot, command.attempt) in state.accounted:
        return []
    return [
        StudioTimeUsed(
            at=command.at,
            generation_id=state.generation_id,
            shot=command.shot,
            attempt=command.attempt,
            device=command.device,
            seconds=command.seconds,
        )
    ]


def _towards_release(
    command: RecordRendition | RecordProof | CompleteGeneration, state: Requested
) -> list[GenerationEvent]:
    match command, state:
        case RecordRendition(), Sampled():
            return [
                RenditionStored(
                    at=command.at,
                    generation_id=state.generation_id,
                    rendition=command.rendition,
                )
            ]
        case RecordRendition(), Stored():
            return []
        case RecordProof(), Proven():
            return []  # the first proof stands: it is of the same bytes, or it was refused
        case RecordProof(), Stored():
            return [_proven(command, state)]
        case CompleteGeneration(), Proven():
            return [
                GenerationCompleted(
                    at=command.at,
                    generation_id=state.generation_id,
                    account_id=state.account_id,
                    video_id=command.video_id,
                )
            ]
        case CompleteGeneration(), Stored():
            raise Unproven
        case ((CompleteGeneration() | RecordProof()), _):
            raise NotStored
    raise NotYetSampled


def _proven(command: RecordProof, state: Stored) -> ProvenanceVerified:
    """Every layer, on exactly the bytes that are stored, as the artefact that they will be."""
    artefact_id = sibling(state.generation_id, "vid")
    require_proof(command.proof, artefact_id, state.rendition.film.sha256, OF_A_RENDITION)
    return ProvenanceVerified(at=command.at, generation_id=state.generation_id, proof=command.proof)


GENERATION: Final = Decider[GenerationCommand, Generation, GenerationEvent](
    "generation", Blank(), decide, evolve
)
