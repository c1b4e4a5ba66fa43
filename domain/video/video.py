"""A video: what a generation became, from the moment that others can see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from domain.kernel.catalog import Catalog
from domain.kernel.decider import Decider
from domain.kernel.errors import Refusal
from domain.kernel.ids import AccountId, GenerationId, VideoId
from domain.kernel.model import Command, Event
from domain.provenance.proof import OF_A_RENDITION, Proof, require_proof
from domain.video.media import Rendition


class ReleaseVideo(Command):
    """Let a stored rendition be seen."""

    video_id: VideoId
    generation_id: GenerationId
    account_id: AccountId
    rendition: Rendition
    proof: Proof | None = None


class VideoReleased(Event):
    """The video can be seen in the feed.

    ``proof`` is what was verified on its bytes; films of before that was asked have none.
    """

    video_id: VideoId
    generation_id: GenerationId
    account_id: AccountId
    rendition: Rendition
    proof: Proof | None = None


TakedownReason = Literal["owner-asked", "likeness-objected", "rights-claimed", "rules-broken"]


class TakeDownVideo(Command):
    """Take a released video out of everybody's sight, for good."""

    video_id: VideoId
    reason: TakedownReason


class VideoRemoved(Event):
    """Nobody can see the video any more, and what looks or sounds like it is not released again."""

    video_id: VideoId
    generation_id: GenerationId
    account_id: AccountId
    reason: TakedownReason


@dataclass(frozen=True)
class Unreleased:
    """Nobody can see anything yet."""


@dataclass(frozen=True)
class Released:
    """The video can be seen."""

    generation_id: str
    account_id: str
    rendition: Rendition
    proof: Proof | None = None


@dataclass(frozen=True)
class TakenDown:
    """The video was released once; its files and fingerprints are known, and nobody sees them."""

    released: Released
    reason: TakedownReason


Video = Unreleased | Released | TakenDown
VideoCommand = ReleaseVideo | TakeDownVideo
VideoEvent = VideoReleased | VideoRemoved


class AnotherRelease(Refusal):
    """This video has already been released with other bytes."""

    code = "video-released-differently"
    stage = "release"
    next_step = "Ask for a new generation; a released video is never changed."


class VideoUnknown(Refusal):
    """No video with this id has been released."""

    code = "video-unreleased"
    stage = "takedown"
    next_step = "Check the id, or look into GET /v1/feed."


class VideoIsTakenDown(Refusal):
    """This video was taken down and stays down."""

    code = "video-taken-down"
    stage = "takedown"
    next_step = "Ask whoever runs this service for the reason; the log has it."


def decide(command: VideoCommand, state: Video) -> list[VideoEvent]:
    """A video is released once, proven, and taken down once; saying so again changes nothing."""
    match command:
        case ReleaseVideo():
            return _released(command, state)
        case TakeDownVideo():
            return _taken_down(command, state)


def _released(command: ReleaseVideo, state: Video) -> list[VideoEvent]:
    match state:
        case Unreleased():
            film = command.rendition.film
            require_proof(command.proof, command.video_id, film.sha256, OF_A_RENDITION)
            return [
                VideoReleased(
                    at=command.at,
                    video_id=command.video_id,
                    generation_id=command.generation_id,
                    account_id=command.account_id,
                    rendition=command.rendition,
                    proof=command.proof,
                )
            ]
        case Released(rendition=rendition) if rendition == command.rendition:
            return []
        case Released():
            raise AnotherRelease
        case TakenDown():
            raise VideoIsTakenDown


def _taken_down(command: TakeDownVideo, state: Video) -> list[VideoEvent]:
    match state:
        case Unreleased():
            raise VideoUnknown
        case TakenDown():
            return []
        case Released():
            return [
                VideoRemoved(
                    at=command.at,
                    video_id=command.video_id,
                    generation_id=state.generation_id,
                    account_id=state.account_id,
                    reason=command.reason,
                )
            ]


def require_seen(state: Video) -> Released:
    """The video while it can be seen. Raises VideoUnknown, VideoIsTakenDown."""
    match state:
        case Released():
            return state
        case TakenDown():
            raise VideoIsTakenDown
        case Unreleased():
            raise VideoUnknown


def evolve(state: Video, event: VideoEvent) -> Video:
    """After its release a video stays what it is, until it is taken down."""
    match event:
        case VideoReleased():
            return Released(event.generation_id, event.account_id, event.rendition, event.proof)
        case VideoRemoved():
            if not isinstance(state, Released):
                raise ValueError("a video was taken down that was not there to be seen")
            return TakenDown(state, event.reason)


VIDEO: Final = Decider[VideoCommand, Video, VideoEvent]("video", Unreleased(), decide, evolve)

CATALOG: Final = Catalog()
CATALOG.register(VideoReleased, "video-released.v1")
CATALOG.register(VideoRemoved, "video-removed.v1")
