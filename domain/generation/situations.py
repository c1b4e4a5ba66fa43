"""The situations that a generation can be in, and how each event moves it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from domain.generation.brief import Brief
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
from domain.generation.take import Take
from domain.provenance.proof import Proof
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
    accounted: frozenset[tuple[int, int]] = field(default=frozenset(), kw_only=True)
    """The shots' attempts whose time in the studio is written down."""


@dataclass(frozen=True)
class Exposure:
    """How far one shot is: its latest attempt, steps done of steps planned, and in the end a take.

    A take that was found has no attempt.
    """

    attempt: int = 0
    step: int = 0
    steps: int = 0
    take: Take | None = None


@dataclass(frozen=True)
class Sampling(Requested):
    """The studio is at work. Shots count from 1; 0 stands for all of them in one take."""

    shots: Mapping[int, Exposure]


@dataclass(frozen=True)
class Sampled(Requested):
    """All takes are kept, in the order of the shots; the rendition is not stored yet."""

    takes: tuple[Take, ...]


@dataclass(frozen=True)
class Stored(Requested):
    """The rendition is stored; nobody can see it yet."""

    takes: tuple[Take, ...]
    rendition: Rendition


@dataclass(frozen=True)
class Proven(Stored):
    """Every layer of provenance was verified on the stored bytes; it may be released."""

    proof: Proof


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
Generation = Blank | Requested | Sampling | Sampled | Stored | Proven | Settled

_Moving = (
    SamplingStarted
    | SamplingAdvanced
    | TakeSampled
    | TakeFound
    | RenditionStored
    | ProvenanceVerified
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
        return replace(state, accounted=state.accounted | {(event.shot, event.attempt)})
    return replace(_moved(state, event), accounted=state.accounted)


def _moved(state: Requested, event: _Moving) -> Requested:
    asked = (state.generation_id, state.account_id, state.brief)
    match event:
        case SamplingStarted() | SamplingAdvanced() | TakeSampled() | TakeFound():
            return _exposed(state, event)
        case RenditionStored():
            if not isinstance(state, Sampled | Stored):
                raise ValueError("a rendition was stored without a take")
            return Stored(*asked, takes=state.takes, rendition=event.rendition)
        case ProvenanceVerified():
            if not isinstance(state, Stored):
                raise ValueError("provenance was verified of nothing that is stored")
            return Proven(*asked, takes=state.takes, rendition=state.rendition, proof=event.proof)
        case GenerationCompleted():
            return Completed(*asked, video_id=event.video_id)
        case GenerationFailed():
            return Failed(*asked, code=event.code)
        case GenerationCancelled():
            return Cancelled(*asked)


def take_of(state: Generation, shot: int) -> Take | None:
    """The take of a shot (0: of all in one), where there is one already."""
    match state:
        case Sampling():
            return state.shots.get(shot, Exposure()).take
        case Sampled() | Stored() if shot <= len(state.takes):
            return state.takes[max(shot, 1) - 1]
    return None


def _exposed(
    state: Requested, event: SamplingStarted | SamplingAdvanced | TakeSampled | TakeFound
) -> Requested:
    if isinstance(state, Sampled | Stored):
        return state
    shots = dict(state.shots) if isinstance(state, Sampling) else {}
    before = shots.get(event.shot, Exposure())
    match event:
        case SamplingStarted():
            now = Exposure(event.attempt, event.restored, event.steps)
        case SamplingAdvanced():
            now = replace(before, step=event.step)
        case TakeSampled() | TakeFound():
            now = replace(before, step=before.steps, take=event.take)
    shots[event.shot] = now
    asked = (state.generation_id, state.account_id, state.brief)
    takes = _all_takes(shots, len(state.brief.shots))
    return Sampled(*asked, takes=takes) if takes else Sampling(*asked, shots=shots)


def _all_takes(shots: Mapping[int, Exposure], count: int) -> tuple[Take, ...]:
    """The takes of all shots; none while one is missing."""
    numbers = (0,) if 0 in shots else range(1, count + 1)
    takes = [shots.get(number, Exposure()).take for number in numbers]
    return () if None in takes else tuple(take for take in takes if take is not None)
