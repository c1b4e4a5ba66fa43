"""A video: what a generation became, from the moment that others can see it.

It is seen while nothing stands against it. A moderation case that no longer lets it pass hides it,
until the case does again; a takedown is for good. It is shown at the surface that it was released
at, and at others while the cases that judged it for them let it be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from domain.kernel.catalog import Catalog
from domain.kernel.decider import Decider
from domain.kernel.errors import Refusal
from domain.kernel.ids import AccountId, GenerationId, ModerationId, VideoId
from domain.kernel.model import Command, Event
from domain.kernel.surface import FEED, Surface
from domain.provenance.proof import OF_A_RENDITION, Proof, require_proof
from domain.video.media import Rendition
from domain.video.places import (
    Place,
    Places,
    PlaceVideo,
    VideoPlaced,
    VideoUnplaced,
    moved,
    place_at,
    replaced,
)


class ReleaseVideo(Command):
    """Let a stored rendition be seen at a surface."""

    video_id: VideoId
    generation_id: GenerationId
    account_id: AccountId
    rendition: Rendition
    proof: Proof | None = None
    surface: Surface = FEED


class VideoReleased(Event):
    """The video can be seen at a surface.

    ``proof`` is what was verified on its bytes; films of before that was asked have none.
    """

    video_id: VideoId
    generation_id: GenerationId
    account_id: AccountId
    rendition: Rendition
    proof: Proof | None = None
    surface: Surface = FEED


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


class FollowCases(Command):
    """Hide a released video while moderation cases stand against it; show it when none does.

    ``places_against`` are cases of other surfaces that stand against its being shown there.
    """

    against: tuple[ModerationId, ...]
    places_against: tuple[ModerationId, ...] = ()


class VideoHidden(Event):
    """A moderation case stands against the video: nobody can see it."""

    video_id: VideoId
    generation_id: GenerationId
    account_id: AccountId
    case_id: ModerationId


class VideoShown(Event):
    """The case lets it pass again; it can be seen once no other case stands against it."""

    video_id: VideoId
    generation_id: GenerationId
    account_id: AccountId
    case_id: ModerationId


@dataclass(frozen=True)
class Unreleased:
    """Nobody can see anything yet."""


@dataclass(frozen=True)
class Released:
    """The video can be seen."""

    generation_id: str
    account_id: str
    rendition: Rendition
    video_id: str
    proof: Proof | None = None
    surface: str = FEED
    places: Places = ()

    @property
    def surfaces(self) -> tuple[str, ...]:
        """Where it is shown while it is seen: where it was released, and then elsewhere."""
        return (self.surface, *(each.surface for each in self.places if each.shown))


@dataclass(frozen=True)
class Hidden:
    """The video was released, and these moderation cases stand against it."""

    released: Released
    cases: frozenset[str]


@dataclass(frozen=True)
class TakenDown:
    """The video was released once; its files and fingerprints are known, and nobody sees them."""

    released: Released
    reason: TakedownReason


Video = Unreleased | Released | Hidden | TakenDown
VideoCommand = ReleaseVideo | TakeDownVideo | FollowCases | PlaceVideo
VideoEvent = VideoReleased | VideoRemoved | VideoHidden | VideoShown | VideoPlaced | VideoUnplaced


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


class VideoIsHidden(Refusal):
    """This video is hidden: a decision stands against it, or humans are looking at it."""

    code = "video-hidden"
    stage = "moderation"
    next_step = (
        "Its account reads the decision at GET /v1/generations/{generation_id}/verdicts and can "
        "appeal; where that is granted, the video is seen again under this address."
    )


def decide(command: VideoCommand, state: Video) -> list[VideoEvent]:
    """A video is released once, proven, and taken down once; saying so again changes nothing.

    Cases concern what was released and is there: of anything else they change nothing.
    """
    match command:
        case ReleaseVideo():
            return _released(command, state)
        case TakeDownVideo():
            return _taken_down(command, state)
        case FollowCases():
            return _followed(command, state)
        case PlaceVideo():
            return _placed(command, require_seen(state))


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
                    surface=command.surface,
                )
            ]
        case Released() | Hidden():
            if released_once(state).rendition != command.rendition:
                raise AnotherRelease
            return []
        case TakenDown():
            raise VideoIsTakenDown


def _taken_down(command: TakeDownVideo, state: Video) -> list[VideoEvent]:
    match state:
        case Unreleased():
            raise VideoUnknown
        case TakenDown():
            return []
        case Released() | Hidden():
            released = released_once(state)
            return [
                VideoRemoved(
                    at=command.at,
                    video_id=command.video_id,
                    generation_id=released.generation_id,
                    account_id=released.account_id,
                    reason=command.reason,
                )
            ]


def _followed(command: FollowCases, state: Video) -> list[VideoEvent]:
    """What has come to stand against it, then what does no longer: it is never seen between."""
    if not isinstance(state, Released | Hidden):
        return []
    released, now = released_once(state), frozenset(command.against)
    before = state.cases if isinstance(state, Hidden) else frozenset()
    told = _told(command, released)
    return [
        *(VideoHidden(**told, case_id=each) for each in sorted(now - before)),
        *(VideoShown(**told, case_id=each) for each in sorted(before - now)),
        *(
            (VideoPlaced if each.shown else VideoUnplaced)(
                **told, surface=each.surface, case_id=each.case_id
            )
            for each in moved(released.places, command.places_against)
        ),
    ]


def _placed(command: PlaceVideo, released: Released) -> list[VideoEvent]:
    """Nothing where it is shown already; a newer case takes the place of the one before."""
    there = Place(command.surface, command.case_id)
    if command.surface == released.surface or place_at(released.places, there.surface) == there:
        return []
    told = _told(command, released)
    return [VideoPlaced(**told, surface=there.surface, case_id=there.case_id)]


def _told(command: VideoCommand, released: Released) -> dict[str, Any]:
    return {
        "at": command.at,
        "video_id": released.video_id,
        "generation_id": released.generation_id,
        "account_id": released.account_id,
    }


def released_once(state: Released | Hidden | TakenDown) -> Released:
    """What was released, whether it can be seen now or not."""
    return state if isinstance(state, Released) else state.released


def require_seen(state: Video) -> Released:
    """The video while it can be seen. Raises VideoUnknown, VideoIsHidden, VideoIsTakenDown."""
    match state:
        case Released():
            return state
        case Hidden():
            raise VideoIsHidden
        case TakenDown():
            raise VideoIsTakenDown
        case Unreleased():
            raise VideoUnknown


def evolve(state: Video, event: VideoEvent) -> Video:
    """After its release a video stays what it is, seen or not, until it is taken down."""
    match event:
        case VideoReleased():
            return Released(
                event.generation_id,
                event.account_id,
                event.rendition,
                event.video_id,
                event.proof,
                event.surface,
            )
        case VideoRemoved() if isinstance(state, Released | Hidden):
            return TakenDown(released_once(state), event.reason)
        case VideoHidden() if isinstance(state, Released | Hidden):
            before = state.cases if isinstance(state, Hidden) else frozenset()
            return Hidden(released_once(state), before | {event.case_id})
        case VideoShown() if isinstance(state, Hidden):
            left = state.cases - {event.case_id}
            return replace(state, cases=left) if left else state.released
        case VideoPlaced() | VideoUnplaced() if isinstance(state, Released | Hidden):
            shown = isinstance(event, VideoPlaced)
            place = Place(event.surface, event.case_id, shown)
            before_it = released_once(state)
            now = replace(before_it, places=replaced(before_it.places, place))
            return replace(state, released=now) if isinstance(state, Hidden) else now
    raise ValueError(f"{type(event).__name__} cannot follow {type(state).__name__}")


VIDEO: Final = Decider[VideoCommand, Video, VideoEvent]("video", Unreleased(), decide, evolve)

CATALOG: Final = Catalog()
CATALOG.register(VideoReleased, "video-released.v1")
CATALOG.register(VideoRemoved, "video-removed.v1")
CATALOG.register(VideoHidden, "video-hidden.v1")
CATALOG.register(VideoShown, "video-shown.v1")
CATALOG.register(VideoPlaced, "video-placed.v1")
CATALOG.register(VideoUnplaced, "video-unplaced.v1")
