"""A video: what a generation became, from the moment that others can see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.kernel.catalog import Catalog
from domain.kernel.decider import Decider
from domain.kernel.errors import Refusal
from domain.kernel.ids import AccountId, GenerationId, VideoId
from domain.kernel.model import Command, Event
from domain.video.media import Rendition


class ReleaseVideo(Command):
    """Let a stored rendition be seen."""

    video_id: VideoId
    generation_id: GenerationId
    account_id: AccountId
    rendition: Rendition


class VideoReleased(Event):
    """The video can be seen in the feed."""

    video_id: VideoId
    generation_id: GenerationId
    account_id: AccountId
    rendition: Rendition


@dataclass(frozen=True)
class Unreleased:
    """Nobody can see anything yet."""


@dataclass(frozen=True)
class Released:
    """The video can be seen."""

    generation_id: str
    rendition: Rendition


Video = Unreleased | Released


class AnotherRelease(Refusal):
    """This video has already been released with other bytes."""

    code = "video-released-differently"
    stage = "release"
    next_step = "Ask for a new generation; a released video is never changed."


def decide(command: ReleaseVideo, state: Video) -> list[VideoReleased]:
    """A video is released once; saying so again changes nothing."""
    match state:
        case Unreleased():
            return [
                VideoReleased(
                    at=command.at,
                    video_id=command.video_id,
                    generation_id=command.generation_id,
                    account_id=command.account_id,
                    rendition=command.rendition,
                )
            ]
        case Released(rendition=rendition) if rendition == command.rendition:
            return []
        case Released():
            raise AnotherRelease


def evolve(state: Video, event: VideoReleased) -> Video:
    """After its release a video stays what it is."""
    return Released(event.generation_id, event.rendition)


VIDEO: Final = Decider[ReleaseVideo, Video, VideoReleased]("video", Unreleased(), decide, evolve)

CATALOG: Final = Catalog()
CATALOG.register(VideoReleased, "video-released.v1")
