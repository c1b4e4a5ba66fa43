"""What may happen in an attempt to enrol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from domain.account.relations import AgeBand
from domain.cameo.challenge import ENTROPY_BYTES, challenge_from
from domain.cameo.checks import (
    ADVICE,
    HUMAN_DECIDES,
    REQUIRED,
    CheckName,
    CheckVerdict,
    Verdict,
    shortcoming,
)
from domain.cameo.clip import Clip
from domain.cameo.enrolment import CHALLENGES_MAX, DECLINED_MAX, ENROLMENT, reviewed_with
from domain.cameo.enrolment_commands import (
    CloseEnrolment,
    ConcludeChecks,
    DeclineClip,
    IssueChallenge,
    ReceiveClip,
    RecordCheck,
    ReopenReview,
    ReviewEnrolment,
    StartEnrolment,
)
from domain.cameo.enrolment_events import (
    ChallengeIssued,
    CheckRecorded,
    ClipDeclined,
    ClipReceived,
    EnrolmentApproved,
    EnrolmentClosed,
    EnrolmentRefused,
    EnrolmentReviewed,
    EnrolmentStarted,
    ReviewReopened,
    ReviewRequested,
)
from domain.cameo.enrolment_refusals import (
    AgeBandUnknown,
    ChallengeAnswered,
    ChallengeExpired,
    ChallengeMissing,
    ChallengeOfAnotherSession,
    ChallengeStillOpen,
    ChecksMissing,
    ClipMissing,
    EnrolmentAlreadyStarted,
    EnrolmentSettled,
    EnrolmentUnderAge,
    EnrolmentUnknown,
    NoChallengeNeeded,
    NotInReview,
    NotYourEnrolment,
    ReleaseIncomplete,
    ReviewedByOwner,
    TooManyChallenges,
)
from domain.cameo.enrolment_situations import Approved, Examining
from domain.cameo.release import Kind, SignedRelease
from tests import words
from tests.domain.consent_words import CAMEO, CASTER, OWNER
from tests.domain.given import Story

ENROLMENT_ID = words.an_id("enr", 41)
SESSION = "5" * 64
CHALLENGE = challenge_from(bytes(range(ENTROPY_BYTES)))
CLIP = Clip(key="uploads/1.mp4", sha256="a" * 64, size=1000, content_type="video/mp4")
RELEASE = SignedRelease(
    text_version="2026-11",
    text_sha256="b" * 64,
    stores=("clip", "references", "face-template", "voice-template"),
    purposes=("enrolment-checks", "generation", "duplicate-search"),
    retention_days=365,
    signature="Somebody",
    signed_at=words.moment(),
)


def start(kind: Kind = "person", age: AgeBand | None = "adult", **more: Any) -> StartEnrolment:
    fields = {
        "command_id": "start",
        "at": words.moment(),
        "enrolment_id": ENROLMENT_ID,
        "cameo_id": CAMEO,
        "account_id": OWNER,
        "kind": kind,
        "version": 1,
        "release": RELEASE,
        "age_band": age,
    }
    return StartEnrolment.model_validate({**fields, **more})


def started(kind: Kind = "person") -> EnrolmentStarted:
    return EnrolmentStarted.model_validate(start(kind).model_dump(exclude={"command_id"}))


def issue(seconds: float = 1, account_id: str = OWNER) -> IssueChallenge:
    return IssueChallenge(
        command_id="issue",
        at=words.moment(seconds),
        account_id=account_id,
        session_sha256=SESSION,
        challenge=CHALLENGE,
    )


def issued(seconds: float = 1) -> ChallengeIssued:
    return ChallengeIssued(
        at=words.moment(seconds),
        enrolment_id=ENROLMENT_ID,
        session_sha256=SESSION,
        challenge=CHALLENGE,
        expires_at=words.moment(seconds + 60),
    )


def receive(
    seconds: float = 20, account_id: str = OWNER, session: str = SESSION, clip: Clip = CLIP
) -> ReceiveClip:
    return ReceiveClip(
        command_id="receive",
        at=words.moment(seconds),
        account_id=account_id,
        session_sha256=session,
        clip=clip,
    )


def received(seconds: float = 20) -> ClipReceived:
    return ClipReceived(at=words.moment(seconds), enrolment_id=ENROLMENT_ID, clip=CLIP)


def found(check: CheckName, verdict: Verdict = "passed", **more: Any) -> CheckVerdict:
    return CheckVerdict(check=check, verdict=verdict, model="m", version="1", **more)


def recorded(verdict: CheckVerdict) -> CheckRecorded:
    return CheckRecorded(at=words.moment(30), enrolment_id=ENROLMENT_ID, verdict=verdict)


def all_recorded(
    kind: Kind = "person", besides: Sequence[CheckVerdict] = ()
) -> list[CheckRecorded]:
    others = {each.check: each for each in besides}
    return [recorded(others.get(each, found(each))) for each in REQUIRED[kind]]


CONCLUDE = ConcludeChecks(command_id="conclude", at=words.moment(40))
APPROVED = EnrolmentApproved(
    at=words.moment(40), enrolment_id=ENROLMENT_ID, cameo_id=CAMEO, account_id=OWNER, version=1
)
an_attempt = Story(ENROLMENT)
begun = an_attempt.given(started())
challenged = begun.given(issued())
examining = challenged.given(received())


def test_an_attempt_begins_with_a_signed_release() -> None:
    an_attempt.when(start()).then(started())
    begun.when(start()).then_nothing()
    begun.when(start(version=2)).then_refused(EnrolmentAlreadyStarted)
    partial = RELEASE.model_copy(update={"stores": ("clip", "references")})
    an_attempt.when(start(release=partial)).then_refused(ReleaseIncomplete)
    an_attempt.when(start("pet", release=partial)).then(
        started("pet").model_copy(update={"release": partial})
    )


@pytest.mark.parametrize("kind", ["person", "pet", "object"])
def test_under_13_nobody_enrols_anything(kind: Kind) -> None:
    an_attempt.when(start(kind, "under_13")).then_refused(EnrolmentUnderAge)
    an_attempt.when(start(kind, None)).then_refused(AgeBandUnknown)


@pytest.mark.parametrize("command", [issue(), receive(), CONCLUDE])
def test_nothing_happens_in_an_attempt_that_nobody_began(command: Any) -> None:
    an_attempt.when(command).then_refused(EnrolmentUnknown)


def test_a_challenge_is_valid_for_a_minute() -> None:
    begun.when(issue()).then(issued())
    challenged.when(receive(61)).then(received(61))
    challenged.when(receive(61.001)).then_refused(ChallengeExpired)


def test_a_challenge_is_bound_to_its_account_and_session() -> None:
    begun.when(issue(account_id=CASTER)).then_refused(NotYourEnrolment)
    challenged.when(receive(account_id=CASTER)).then_refused(NotYourEnrolment)
    challenged.when(receive(session="6" * 64)).then_refused(ChallengeOfAnotherSession)


def test_a_challenge_is_answered_once() -> None:
    examining.when(receive()).then_nothing()  # the same clip again: a repeated step
    another = CLIP.model_copy(update={"sha256": "c" * 64})
    examining.when(receive(clip=another)).then_refused(ChallengeAnswered)
    examining.when(issue(200)).then_refused(ChallengeAnswered)


def test_another_challenge_comes_only_when_the_last_has_expired_and_not_for_ever() -> None:
    challenged.when(issue(30)).then_refused(ChallengeStillOpen)
    challenged.when(issue(62)).then(issued(62))
    often = begun.given(*(issued(70.0 * each) for each in range(CHALLENGES_MAX)))
    often.when(issue(1000)).then_refused(TooManyChallenges)


def test_a_person_answers_a_challenge_and_a_pet_needs_none() -> None:
    begun.when(receive()).then_refused(ChallengeMissing)
    a_pet = an_attempt.given(started("pet"))
    a_pet.when(issue()).then_refused(NoChallengeNeeded)
    a_pet.when(receive()).then(received())


def test_clips_that_are_turned_away_are_written_down_a_bounded_number_of_times() -> None:
    decline = DeclineClip(command_id="d", at=words.moment(70), reason="challenge-expired")
    declined = ClipDeclined(
        at=words.moment(70), enrolment_id=ENROLMENT_ID, reason="challenge-expired"
    )
    challenged.when(decline).then(declined)
    examining.given(APPROVED).when(decline).then(declined)
    challenged.given(*[declined] * DECLINED_MAX).when(decline).then_nothing()


def test_each_check_is_an_event_and_the_first_verdict_stands() -> None:
    record = RecordCheck(command_id="k", at=words.moment(30), verdict=found("one-face"))
    examining.when(record).then(recorded(found("one-face")))
    again = record.model_copy(update={"verdict": found("one-face", "failed")})
    examining.given(recorded(found("one-face"))).when(again).then_nothing()
    challenged.when(record).then_refused(ClipMissing)


@pytest.mark.parametrize("kind", ["person", "pet", "object"])
def test_all_checks_of_a_kind_make_an_approval_and_no_fewer(kind: Kind) -> None:
    told = an_attempt.given(started(kind), *([issued()] if kind == "person" else []), received())
    checks = all_recorded(kind)
    told.given(*checks).when(CONCLUDE).then(APPROVED)
    for missing in range(len(checks)):
        fewer = [each for index, each in enumerate(checks) if index != missing]
        told.given(*fewer).when(CONCLUDE).then_refused(ChecksMissing)


@pytest.mark.parametrize(
    "check", [each for each in REQUIRED["person"] if each not in HUMAN_DECIDES]
)
def test_one_failed_check_refuses_and_is_named_with_advice(check: CheckName) -> None:
    bad = found(check, "failed", score=0.1, threshold=0.5, code="not-seen")
    refused = EnrolmentRefused(
        at=words.moment(40), enrolment_id=ENROLMENT_ID, shortcomings=(shortcoming(bad),)
    )
    examining.given(*all_recorded(besides=[bad])).when(CONCLUDE).then(refused)
    examining.given(recorded(bad)).when(CONCLUDE).then(refused)  # the rest need not run
    assert refused.shortcomings[0].advice == ADVICE[check]


@pytest.mark.parametrize("check", REQUIRED["person"])
def test_one_unsure_check_asks_a_human(check: CheckName) -> None:
    unsure = found(check, "unsure")
    asked = ReviewRequested(at=words.moment(40), enrolment_id=ENROLMENT_ID, checks=(check,))
    examining.given(*all_recorded(besides=[unsure])).when(CONCLUDE).then(asked)


@pytest.mark.parametrize("check", sorted(HUMAN_DECIDES))
def test_a_likeness_of_another_account_a_protected_person_or_a_child_is_decided_by_a_human(
    check: CheckName,
) -> None:
    other = words.an_id("cam", 99)
    bad = found(check, "failed", others=(other,))
    asked = ReviewRequested(
        at=words.moment(40), enrolment_id=ENROLMENT_ID, checks=(check,), others=(other,)
    )
    examining.given(*all_recorded(besides=[bad])).when(CONCLUDE).then(asked)


def review(decision: str, reviewer: str = "staff/7") -> ReviewEnrolment:
    return ReviewEnrolment.model_validate(
        {
            "command_id": "r",
            "at": words.moment(40),
            "reviewer": reviewer,
            "decision": decision,
            "reason": "looks-right",
        }
    )


def test_a_human_approves_or_refuses_and_never_oneself() -> None:
    unsure = found("age", "unsure")
    asked = ReviewRequested(at=words.moment(39), enrolment_id=ENROLMENT_ID, checks=("age",))
    waiting = examining.given(*all_recorded(besides=[unsure]), asked)
    reviewed = EnrolmentReviewed(
        at=words.moment(40),
        enrolment_id=ENROLMENT_ID,
        reviewer="staff/7",
        decision="approve",
        reason="looks-right",
    )
    waiting.when(review("approve")).then(reviewed, APPROVED)
    refused = EnrolmentRefused(
        at=words.moment(40), enrolment_id=ENROLMENT_ID, shortcomings=(shortcoming(unsure),)
    )
    waiting.when(review("refuse")).then(reviewed.model_copy(update={"decision": "refuse"}), refused)
    waiting.when(review("approve", f"account/{OWNER}")).then_refused(ReviewedByOwner)
    waiting.when(CONCLUDE).then_nothing()
    examining.when(review("approve")).then_refused(NotInReview)


def test_an_attempt_that_is_settled_stays_so() -> None:
    close = CloseEnrolment(command_id="x", at=words.moment(50), reason="cancelled")
    closed = EnrolmentClosed(at=words.moment(50), enrolment_id=ENROLMENT_ID, reason="cancelled")
    examining.when(close).then(closed)
    examining.given(closed).when(close).then_nothing()
    examining.given(closed).when(CONCLUDE).then_refused(EnrolmentSettled)
    approved = examining.given(*all_recorded(), APPROVED)
    approved.when(CONCLUDE).then_nothing()
    approved.when(close).then_refused(EnrolmentSettled)
    approved.when(receive()).then_refused(EnrolmentSettled)


def test_the_past_of_an_examination_keeps_what_it_answered() -> None:
    state = examining.state
    assert isinstance(state, Examining)
    assert state.answered == issued()


OTHER = words.an_id("cam", 98)
REOPENED = ReviewReopened(
    at=words.moment(90), enrolment_id=ENROLMENT_ID, checks=("not-enrolled",), others=(OTHER,)
)


def test_about_somebody_who_is_enrolled_a_human_can_be_asked_once_more() -> None:
    enrolled = an_attempt.given(started(), issued(), received(), APPROVED)
    reopen = ReopenReview(
        command_id="again", at=words.moment(90), checks=("not-enrolled",), others=(OTHER,)
    )
    enrolled.when(reopen).then(REOPENED)
    asked = enrolled.given(REOPENED)
    assert isinstance(asked.state, Approved), "the enrolment stands, only its use is in question"
    asked.when(reopen).then_nothing()
    review = ReviewEnrolment(
        command_id="r", at=words.moment(95), reviewer="staff/7", decision="approve", reason="twins"
    )
    decided = EnrolmentReviewed(
        at=words.moment(95),
        enrolment_id=ENROLMENT_ID,
        reviewer="staff/7",
        decision="approve",
        reason="twins",
    )
    asked.when(review).then(decided)
    asked.when(review.model_copy(update={"reviewer": f"staff/{OWNER}"})).then_refused(
        ReviewedByOwner
    )
    asked.given(decided).when(review).then_refused(EnrolmentSettled)
    an_attempt.given(started()).when(reopen).then_refused(NotInReview)


def test_a_pair_is_decided_about_only_once_a_human_has_decided() -> None:
    reviewed = EnrolmentReviewed(
        at=words.moment(95), enrolment_id=ENROLMENT_ID, reviewer="a", decision="refuse", reason="x"
    )
    assert reviewed_with([started(), APPROVED, REOPENED]) == frozenset()
    assert reviewed_with([started(), APPROVED, REOPENED, reviewed]) == {OTHER}
    assert reviewed_with([started(), reviewed, REOPENED]) == frozenset()
