"""A released video is shown at other surfaces while the cases that judged it for them let it be."""

from __future__ import annotations

from typing import Any

import pytest

from domain.catalog import EVENTS
from domain.kernel.model import Event
from domain.video.places import PlaceVideo, VideoPlaced, VideoUnplaced
from domain.video.video import (
    VIDEO,
    FollowCases,
    TakeDownVideo,
    VideoIsHidden,
    VideoIsTakenDown,
    VideoReleased,
    VideoUnknown,
    require_seen,
)
from tests import words
from tests.domain.given import Story
from tests.domain.test_video_sight import _ABOUT, RELEASED, REMOVED, hidden, released, shown

KIDS, CLUB = words.an_id("mod", 71), words.an_id("mod", 72)
SURFACES = {KIDS: "kids", CLUB: "club"}


def place(case_id: str = KIDS, surface: str | None = None) -> PlaceVideo:
    where = surface or SURFACES[case_id]
    return PlaceVideo(command_id="place", at=words.moment(9), surface=where, case_id=case_id)


def placed(case_id: str = KIDS, surface: str | None = None) -> VideoPlaced:
    return VideoPlaced(**_ABOUT, surface=surface or SURFACES[case_id], case_id=case_id)


def unplaced(case_id: str = KIDS) -> VideoUnplaced:
    return VideoUnplaced(**_ABOUT, surface=SURFACES[case_id], case_id=case_id)


def follow(*places: str, against: tuple[str, ...] = ()) -> FollowCases:
    return FollowCases(
        command_id="follow", at=words.moment(9), against=against, places_against=places
    )


def surfaces(*events: Any) -> tuple[str, ...]:
    return require_seen(VIDEO.fold([RELEASED, *events])).surfaces


def test_it_is_shown_where_it_was_released_and_where_it_is_placed_once() -> None:
    released.when(place()).then(placed())
    released.given(placed()).when(place()).then_nothing()
    assert surfaces() == ("feed",)
    assert surfaces(placed(KIDS), placed(CLUB)) == ("feed", "club", "kids")
    released.when(place(surface="feed")).then_nothing()


def test_a_newer_case_takes_the_place_of_the_one_before() -> None:
    released.given(placed()).when(place(CLUB, "kids")).then(placed(CLUB, "kids"))
    both = released.given(placed(), placed(CLUB, "kids"))
    both.when(follow(KIDS)).then_nothing()


def test_a_case_that_stands_against_one_surface_ends_it_there_alone_until_it_does_no_more() -> None:
    two = released.given(placed(KIDS), placed(CLUB))
    two.when(follow(KIDS)).then(unplaced(KIDS))
    assert surfaces(placed(KIDS), placed(CLUB), unplaced(KIDS)) == ("feed", "club")
    two.given(unplaced(KIDS)).when(follow(KIDS)).then_nothing()
    two.given(unplaced(KIDS)).when(follow()).then(placed(KIDS))


def test_what_is_hidden_everywhere_keeps_its_places_for_when_it_is_seen_again() -> None:
    case = words.an_id("mod", 73)
    released.given(placed()).when(follow(KIDS, against=(case,))).then(hidden(case), unplaced())
    assert surfaces(placed(), hidden(case), unplaced(), placed(), shown(case)) == ("feed", "kids")


def test_what_nobody_can_see_is_placed_nowhere() -> None:
    Story(VIDEO).when(place()).then_refused(VideoUnknown)
    released.given(hidden()).when(place()).then_refused(VideoIsHidden)
    released.given(REMOVED).when(place()).then_refused(VideoIsTakenDown)
    released.given(placed(), REMOVED).when(follow(KIDS)).then_nothing()


def test_a_placed_video_is_taken_down_like_any_other() -> None:
    down = TakeDownVideo(
        command_id="down", at=words.moment(9), video_id=words.VIDEO_ID, reason="owner-asked"
    )
    released.given(placed()).when(down).then(REMOVED)


def test_a_release_of_before_surfaces_were_told_apart_was_to_the_feed() -> None:
    old = RELEASED.model_dump(exclude={"surface"})
    assert VideoReleased.model_validate(old) == RELEASED


@pytest.mark.parametrize("event", [placed(), unplaced()], ids=lambda each: type(each).__name__)
def test_every_event_reads_back_equal_under_its_stored_name(event: Event) -> None:
    entry = EVENTS.entry_of(event)
    assert EVENTS.decode(entry.stored_name, event.model_dump_json().encode()) == event
