"""What callers see of a generation: how it stands, how far it is, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel, Field
from ulid import ULID

from activities.orders import SamplingProgress
from domain.generation import situations
from domain.generation.situations import Requested
from projections.exposures import (
    ShotExposure,
    ShotStatus,
    advanced,
    end_of,
    read,
    share_of,
    shot,
    unexposed,
    with_shot,
)
from projections.generations import GenerationRow

Status = Literal["requested", "sampling", "sampled", "stored", "completed", "failed", "cancelled"]
SETTLED: Final = frozenset({"completed", "failed", "cancelled"})
_AFTER_A_FAILURE: Final = (
    "Ask for a new generation; if that fails as well, give this id to whoever runs the server."
)


class ShotProgress(BaseModel):
    """How far one shot is. A shot that was found was sampled before and takes no steps."""

    number: int = Field(description="From 1; 0 where all shots are sampled in one take.")
    status: ShotStatus
    attempt: int
    step: int
    steps: int | None = Field(default=None, description="Null until the shot is planned.")


class Progress(BaseModel):
    """Steps done of steps planned, over all shots that are planned so far."""

    attempt: int = Field(description="The latest try at any shot, from 1; 0 before the first.")
    step: int
    steps: int | None = Field(
        default=None, description="Null until a plan is known; more when another shot is planned."
    )
    fraction: float = Field(
        description="From 0 to 1: the furthest it has come, each shot by its length. It never "
        "falls, also where steps are done again after a worker's death."
    )
    shots: list[ShotProgress] = []


class PreviewView(BaseModel):
    """A small strip of what can be seen while sampling goes on; its own account may fetch it."""

    step: int = Field(description="After how many steps it was taken.")
    address: str = Field(description="A path of this API that serves it as JPEG.")


class FailureView(BaseModel):
    """Why there is no video."""

    code: str
    stage: str
    explanation: str
    next_step: str


class Links(BaseModel):
    """Where to go from here."""

    self: str
    events: str
    cancel: str
    video: str | None = None
    content: str | None = None


class GenerationView(BaseModel):
    """A generation as its own account sees it. Sizes in pixels, durations in seconds."""

    generation_id: str
    account_id: str
    status: Status = Field(description="What the event log says.")
    stage: str = Field(description="What is going on, a little finer than the status.")
    prompt: str
    seconds: float
    width: int
    height: int
    fps: int
    sampler: str
    requested_at: datetime
    updated_at: datetime
    queue_position: int | None = Field(
        default=None, description="How many wait before this one; null once it is taken up."
    )
    progress: Progress
    eta_at: datetime | None = Field(
        default=None, description="When sampling should end, if it goes on as so far."
    )
    preview: PreviewView | None = Field(
        default=None, description="The newest look at it, where the studio takes any."
    )
    video_id: str | None = None
    failure: FailureView | None = None
    links: Links

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in SETTLED


def links_of(generation_id: str, video_id: str | None = None) -> Links:
    """The addresses around a generation."""
    here = f"/v1/generations/{generation_id}"
    video = f"/v1/videos/{video_id}" if video_id else None
    return Links.model_validate(
        {
            "self": here,
            "events": f"{here}/events",
            "cancel": f"{here}/cancel",
            "video": video,
            "content": f"{video}/content" if video else None,
        }
    )


def view_of(row: GenerationRow, queue_position: int | None = None) -> GenerationView:
    """A generation as the read model has it."""
    return GenerationView(
        generation_id=row.generation_id,
        account_id=row.account_id,
        status=row.status,
        stage=row.stage,
        prompt=row.prompt,
        seconds=row.seconds,
        width=row.width,
        height=row.height,
        fps=row.fps,
        sampler=row.sampler,
        requested_at=row.requested_at,
        updated_at=row.updated_at,
        queue_position=queue_position,
        progress=_progress(read(row.shots), row.progress),
        eta_at=row.eta_at,
        video_id=row.video_id,
        failure=_failure_of(row),
        links=links_of(row.generation_id, row.video_id),
    )


def _failure_of(row: GenerationRow) -> FailureView | None:
    if row.failure_code is None:
        return None
    return FailureView(
        code=row.failure_code,
        stage=row.failure_stage or row.stage,
        explanation=row.failure_explanation or "",
        next_step=_AFTER_A_FAILURE,
    )


def _progress(shots: Sequence[ShotExposure], reached: float = 0.0) -> Progress:
    """How far these shots are together, and never less than what was ``reached``."""
    planned = [each for each in shots if each.steps]
    return Progress(
        attempt=max((each.attempt for each in shots), default=0),
        step=sum(each.step for each in shots),
        steps=sum(each.steps for each in planned) if planned else None,
        fraction=round(max(share_of(shots), reached), 4),
        shots=[
            ShotProgress(
                number=each.number,
                status=each.status,
                attempt=each.attempt,
                step=each.step,
                steps=each.steps or None,
            )
            for each in shots
        ],
    )


def _shots_in(state: Requested) -> tuple[ShotExposure, ...]:
    """The shots as the log has them."""
    shots = unexposed(each.seconds for each in state.brief.shots)
    exposed = state.shots if isinstance(state, situations.Sampling) else {}
    for number, each in exposed.items():
        taken: ShotStatus = "sampled" if each.attempt else "found"
        now = ShotExposure(
            number,
            shot(shots, number).seconds,
            "sampling" if each.take is None else taken,
            each.attempt,
            each.step,
            each.steps,
        )
        shots = with_shot(shots, now)
    return shots


def view_from_log(state: Requested) -> GenerationView:
    """A generation that the read model has not seen yet, as the log has it.

    Its time is the one in its id: the log's own is a few milliseconds later.
    """
    brief, at = state.brief, ULID.from_str(state.generation_id.partition("_")[2]).datetime
    progress = _progress(_shots_in(state))
    video_id = state.video_id if isinstance(state, situations.Completed) else None
    return GenerationView(
        generation_id=state.generation_id,
        account_id=state.account_id,
        status=type(state).__name__.lower(),
        stage=type(state).__name__.lower(),
        prompt=brief.prompt,
        seconds=brief.seconds,
        width=brief.width,
        height=brief.height,
        fps=brief.fps,
        sampler=brief.sampler,
        requested_at=at,
        updated_at=at,
        progress=progress,
        video_id=video_id,
        links=links_of(state.generation_id, video_id),
    )


def with_heartbeats(
    view: GenerationView, beats: Iterable[SamplingProgress], row: GenerationRow, now: datetime
) -> GenerationView:
    """The same generation with what the studio said a moment ago, where that is further."""
    beats = tuple(beats)
    if looks := [beat.preview for beat in beats if beat.preview is not None]:
        newest = max(looks, key=lambda look: look.key)
        preview = PreviewView(step=newest.step, address=f"{view.links.self}/preview")
        view = view.model_copy(update={"preview": preview})
    known = read(row.shots)
    shots, is_new_attempt = known, False
    for beat in beats:
        if beat.shot not in {0, *(each.number for each in known)}:
            continue  # of another story: it says nothing about this one
        is_new_attempt |= beat.attempt > shot(shots, beat.shot).attempt > 0
        shots = advanced(shots, beat.shot, beat.attempt, beat.step, beat.steps)
    if shots == known:
        return view
    eta = end_of(row.sampling_started_at, row.sampling_started_share, now, share_of(shots))
    return view.model_copy(
        update={
            "progress": _progress(shots, row.progress),
            "eta_at": view.eta_at if is_new_attempt or eta is None else eta,
        }
    )
