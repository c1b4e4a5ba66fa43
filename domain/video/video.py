"""A video: what a generation became, from the moment that others can see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

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


@dataclass(frozen=True)
class Unreleased:
    """Nobody can see anything yet."""


@dataclass(frozen=True)
class Released:
    """The video can be seen."""

    generation_id: str
    rendition: Rendition
    proof: Proof | None = None


Video = Unreleased | Released


class AnotherRelease(Refusal):
    """This video has already been released with other bytes."""

    code = "video-released-differently"
    stage = "release"
    next_step = "Ask for a new generation; a released video is never changed."


def decide(command: ReleaseVideo, state: Video) -> list[VideoReleased]:
    """A video is released once, and proven; saying so again changes nothing."""
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


def evolve(state: Video, event: VideoReleased) -> Video:
    """After its release a video stays what it is."""
    return Released(event.generation_id, event.rendition, event.proof)


VIDEO: Final = Decider[ReleaseVideo, Video, VideoReleased]("video", Unreleased(), decide, evolve)

CATALOG: Final = Catalog()
CATALOG.register(VideoReleased, "video-released.v1")
