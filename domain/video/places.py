"""Places: other surfaces that a released video is shown at, each while its case lets it.

The surface that it was released at is no place: it is shown there as long as it is seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.kernel.ids import AccountId, GenerationId, ModerationId, VideoId
from domain.kernel.model import Command, Event
from domain.kernel.surface import Surface


class PlaceVideo(Command):
    """Show a released video at another surface, for which the case judged it."""

    surface: Surface
    case_id: ModerationId


class VideoPlaced(Event):
    """The video can be seen at another surface, while the case lets it."""

    video_id: VideoId
    generation_id: GenerationId
    account_id: AccountId
    surface: Surface
    case_id: ModerationId


class VideoUnplaced(Event):
    """The case no longer lets the video be shown at this surface; elsewhere it stays."""

    video_id: VideoId
    generation_id: GenerationId
    account_id: AccountId
    surface: Surface
    case_id: ModerationId


@dataclass(frozen=True)
class Place:
    """A surface, the case that judged for it, and whether the case lets the video be shown."""

    surface: str
    case_id: str
    shown: bool = True


Places = tuple[Place, ...]


def place_at(places: Places, surface: str) -> Place | None:
    """The place at a surface."""
    return next((each for each in places if each.surface == surface), None)


def moved(places: Places, against: Iterable[str]) -> Sequence[Place]:
    """The places that change, as they are to be, now that these cases stand against them."""
    stopped = frozenset(against)
    return [
        Place(each.surface, each.case_id, shown=not each.shown)
        for each in places
        if each.shown == (each.case_id in stopped)
    ]


def replaced(places: Places, place: Place) -> Places:
    """The places with another one at its surface, in the order of their names."""
    others = [each for each in places if each.surface != place.surface]
    return tuple(sorted([*others, place], key=lambda each: each.surface))
