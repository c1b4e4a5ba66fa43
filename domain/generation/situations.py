"""The situations that a generation can be in, and how each event moves it on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from domain.generation.brief import Brief
from domain.generation.events import (
    GenerationCancelled,
    GenerationCompleted,
    GenerationEvent,
    GenerationFailed,
    RenditionStored,
    SamplingAdvanced,
    SamplingStarted,
    StudioTimeUsed,
    TakeSampled,
    VideoRequested,
)
from domain.generation.take import Take
from domain.video.media import Rendition


@dataclass(frozen=True)
class Blank:
    """Nobody has asked yet."""


@dataclass(frozen=True)
class Requested:
    """Accepted, and waiting for the studio."""

    generation_id: str
    account_id: str
    brief: Brief
    accounted: frozenset[int] = field(default=frozenset(), kw_only=True)
    """The attempts whose time in the studio is written down."""


@dataclass(frozen=True)
class Sampling(Requested):
    """The studio is at work."""

    attempt: int
    step: int
    steps: int


@dataclass(frozen=True)
class Sampled(Requested):
    """The take is kept; the rendition is not stored yet."""

    take: Take


@dataclass(frozen=True)
class Stored(Requested):
    """The rendition is stored; nobody can see it yet."""

    take: Take
    rendition: Rendition


@dataclass(frozen=True)
class Completed(Requested):
    """The generation became a video."""

    video_id: str


@dataclass(frozen=True)
class Failed(Requested):
    """There is no video, and the reason is known."""

    code: str


@dataclass(frozen=True)
class Cancelled(Requested):
    """There is no video, because somebody asked to stop."""


Settled = Completed | Failed | Cancelled
Generation = Blank | Requested | Sampling | Sampled | Stored | Settled

_Moving = (
    SamplingStarted
    | SamplingAdvanced
    | TakeSampled
    | RenditionStored
    | GenerationCompleted
    | GenerationFailed
    | GenerationCancelled
)


def evolve(state: Generation, event: GenerationEvent) -> Generation:
    """The situation after one more event. It never refuses: what happened, happened."""
    if isinstance(event, VideoRequested):
        return Requested(event.generation_id, event.account_id, event.brief)
    if isinstance(state, Blank):
        raise ValueError(f"{type(event).__name__} cannot be the first event of a generation")

    if isinstance(event, StudioTimeUsed):
        return replace(state, accounted=state.accounted | {event.attempt})
    return replace(_moved(state, event), accounted=state.accounted)


def _moved(state: Requested, event: _Moving) -> Requested:
    asked = (state.generation_id, state.account_id, state.brief)
    match event:
        case SamplingStarted():
            return Sampling(*asked, attempt=event.attempt, step=0, steps=event.steps)
        case SamplingAdvanced():
            return replace(state, step=event.step) if isinstance(state, Sampling) else state
        case TakeSampled():
            return Sampled(*asked, take=event.take)
        case RenditionStored():
            take = state.take if isinstance(state, Sampled | Stored) else None
            if take is None:
                raise ValueError("a rendition was stored without a take")
            return Stored(*asked, take=take, rendition=event.rendition)
        case GenerationCompleted():
            return Completed(*asked, video_id=event.video_id)
        case GenerationFailed():
            return Failed(*asked, code=event.code)
        case GenerationCancelled():
            return Cancelled(*asked)
