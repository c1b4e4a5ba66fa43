"""What callers see of a generation: how it stands, how far it is, and how it ended."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel, Field
from ulid import ULID

from activities.orders import SamplingProgress
from domain.generation import situations
from domain.generation.situations import Requested
from projections.generations import GenerationRow

Status = Literal["requested", "sampling", "sampled", "stored", "completed", "failed", "cancelled"]
SETTLED: Final = frozenset({"completed", "failed", "cancelled"})
_AFTER_A_FAILURE: Final = (
    "Ask for a new generation; if that fails as well, give this id to whoever runs the server."
)


class Progress(BaseModel):
    """Steps done of steps planned, by the attempt that is under way."""

    attempt: int = Field(description="Which worker's try this is, from 1; 0 before the first.")
    step: int
    steps: int | None = Field(default=None, description="Null until the plan is known.")
    fraction: float = Field(description="From 0 to 1.")


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
        progress=Progress(
            attempt=row.attempt, step=row.step, steps=row.steps, fraction=round(row.progress, 4)
        ),
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


def view_from_log(state: Requested) -> GenerationView:
    """A generation that the read model has not seen yet, as the log has it.

    Its time is the one in its id: the log's own is a few milliseconds later.
    """
    brief, at = state.brief, ULID.from_str(state.generation_id.partition("_")[2]).datetime
    match state:
        case situations.Sampling(attempt=attempt, step=step, steps=steps):
            progress = Progress(attempt=attempt, step=step, steps=steps, fraction=step / steps)
        case _:
            progress = Progress(attempt=0, step=0, fraction=0)
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


def with_heartbeat(
    view: GenerationView,
    beat: SamplingProgress,
    sampling_started_at: datetime | None,
    now: datetime,
) -> GenerationView:
    """The same generation with what the studio said a moment ago, when that is further."""
    if beat.preview is not None:
        address = f"{view.links.self}/preview"
        preview = PreviewView(step=beat.preview.step, address=address)
        view = view.model_copy(update={"preview": preview})
    known = view.progress
    if (beat.attempt, beat.step) <= (known.attempt, known.step) or not beat.steps:
        return view
    progress = Progress(
        attempt=beat.attempt,
        step=beat.step,
        steps=beat.steps,
        fraction=round(beat.step / beat.steps, 4),
    )
    eta = view.eta_at
    if sampling_started_at is not None and beat.attempt == known.attempt and beat.step:
        so_far = now - sampling_started_at
        eta = sampling_started_at + so_far / beat.step * beat.steps
    return view.model_copy(update={"progress": progress, "eta_at": eta})
