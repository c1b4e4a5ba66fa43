"""A released video is seen while no moderation case stands against it."""

from __future__ import annotations

from typing import Any

import pytest

from domain.moderation.gates import case_id
from domain.video.video import (
    VIDEO,
    FollowCases,
    TakeDownVideo,
    VideoHidden,
    VideoIsHidden,
    VideoReleased,
    VideoRemoved,
    VideoShown,
    require_seen,
)
from tests import words
from tests.domain.given import Story

WORDS, FILM = sorted(case_id(words.GENERATION_ID, gate) for gate in ("admission", "release"))
_ABOUT: dict[str, Any] = {
    "at": words.moment(9),
    "video_id": words.VIDEO_ID,
    "generation_id": words.GENERATION_ID,
    "account_id": words.ACCOUNT_ID,
}
RELEASED = VideoReleased(**_ABOUT, rendition=words.RENDITION, proof=words.PROOF)
REMOVED = VideoRemoved(**_ABOUT, reason="owner-asked")
released = Story(VIDEO).given(RELEASED)


def follow(*against: str) -> FollowCases:
    return FollowCases(command_id="follow", at=words.moment(9), against=against)


def hidden(case: str = FILM) -> VideoHidden:
    return VideoHidden(**_ABOUT, case_id=case)


def shown(case: str = FILM) -> VideoShown:
    return VideoShown(**_ABOUT, case_id=case)


def test_a_case_hides_it_once_and_shows_it_once() -> None:
    released.when(follow(FILM)).then(hidden())
    released.given(hidden()).when(follow(FILM)).then_nothing()
    released.given(hidden()).when(follow()).then(shown())
    released.given(hidden(), shown()).when(follow()).then_nothing()
    released.given(hidden(), shown()).when(follow(FILM)).then(hidden())


def test_it_is_seen_again_only_when_no_case_is_left() -> None:
    both = released.given(hidden(WORDS), hidden(FILM))
    both.when(follow(FILM)).then(shown(WORDS))
    one_left = VIDEO.fold([RELEASED, hidden(WORDS), hidden(FILM), shown(WORDS)])
    with pytest.raises(VideoIsHidden):
        require_seen(one_left)
    none_left = VIDEO.fold([RELEASED, hidden(WORDS), hidden(FILM), shown(WORDS), shown(FILM)])
    assert require_seen(none_left) == VIDEO.fold([RELEASED])


def test_when_one_case_takes_the_place_of_another_it_is_not_seen_in_between() -> None:
    released.given(hidden(WORDS)).when(follow(FILM)).then(hidden(FILM), shown(WORDS))


def test_what_was_not_released_or_was_taken_down_is_neither_hidden_nor_shown() -> None:
    Story(VIDEO).when(follow(FILM)).then_nothing()
    released.given(REMOVED).when(follow(FILM)).then_nothing()
    released.given(hidden(), REMOVED).when(follow()).then_nothing()


def test_what_is_hidden_can_be_taken_down_for_good() -> None:
    down = TakeDownVideo(
        command_id="down", at=words.moment(9), video_id=words.VIDEO_ID, reason="owner-asked"
    )
    released.given(hidden()).when(down).then(REMOVED)
