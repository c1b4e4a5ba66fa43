"""An account begins so many attempts to enrol a day, and what is turned away is on record."""

from __future__ import annotations

from datetime import timedelta

from domain.cameo.attempts import (
    ATTEMPTS,
    ATTEMPTS_MAX,
    WITHIN,
    AttemptCounted,
    AttemptRefused,
    CountAttempt,
    NoteTurnedAway,
    TooManyAttempts,
)
from tests import words
from tests.domain.consent_words import OWNER
from tests.domain.given import Story

ENROLMENT_ID = words.an_id("enr", 41)
HOUR = timedelta(hours=1)


def begun(after: timedelta) -> AttemptCounted:
    return AttemptCounted(at=words.NOON + after, account_id=OWNER, enrolment_id=ENROLMENT_ID)


def turned_away() -> AttemptRefused:
    return AttemptRefused(at=words.NOON, account_id=OWNER, enrolment_id=ENROLMENT_ID)


def another(after: timedelta) -> CountAttempt:
    return CountAttempt(
        command_id="a", at=words.NOON + after, account_id=OWNER, enrolment_id=ENROLMENT_ID
    )


TEN = [begun(HOUR * number) for number in range(ATTEMPTS_MAX)]


def test_ten_a_day_are_begun_and_no_more() -> None:
    Story(ATTEMPTS).given(*TEN[:-1]).when(another(HOUR * 10)).then(begun(HOUR * 10))
    Story(ATTEMPTS).given(*TEN).when(another(HOUR * 10)).then_refused(TooManyAttempts)
    just_before = WITHIN - timedelta(seconds=1)
    Story(ATTEMPTS).given(*TEN).when(another(just_before)).then_refused(TooManyAttempts)


def test_a_day_after_the_first_there_is_room_for_one_more_and_then_not() -> None:
    next_day = Story(ATTEMPTS).given(*TEN)
    next_day.when(another(WITHIN)).then(begun(WITHIN))
    next_day.given(begun(WITHIN)).when(another(WITHIN)).then_refused(TooManyAttempts)


def test_what_is_turned_away_is_written_down_a_bounded_number_of_times() -> None:
    note = NoteTurnedAway(
        command_id="n", at=words.NOON, account_id=OWNER, enrolment_id=ENROLMENT_ID
    )
    Story(ATTEMPTS).given(*TEN).when(note).then(turned_away())
    many = [turned_away()] * ATTEMPTS_MAX
    Story(ATTEMPTS).given(*TEN, *many).when(note).then_nothing()
    Story(ATTEMPTS).given(*TEN, *many).when(another(WITHIN)).then(begun(WITHIN))
