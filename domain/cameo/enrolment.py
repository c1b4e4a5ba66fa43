"""What may happen in an attempt to enrol, and when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from domain.account.relations import Relations
from domain.cameo.challenge import CHALLENGE_LIFETIME
from domain.cameo.checks import HUMAN_DECIDES, REQUIRED, CheckVerdict, Shortcoming, shortcoming
from domain.cameo.enrolment_commands import (
    CloseEnrolment,
    ConcludeChecks,
    DeclineClip,
    EnrolmentCommand,
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
    EnrolmentEvent,
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
from domain.cameo.enrolment_situations import (
    Approved,
    Challenged,
    Closed,
    Enrolment,
    Examining,
    InReview,
    NotStarted,
    Refused,
    Reopened,
    Started,
    evolve,
)
from domain.cameo.keeping import CameoGone
from domain.cameo.release import Kind, SignedRelease
from domain.kernel.decider import Decider

CHALLENGES_MAX: Final = 5
DECLINED_MAX: Final = 20


def decide(command: EnrolmentCommand, state: Enrolment) -> list[EnrolmentEvent]:
    """The events that follow from a command, none when it was granted before, or a refusal."""
    match command, state:
        case StartEnrolment(), NotStarted():
            return [_start(command)]
        case StartEnrolment(), Started():
            return _started_again(command, state)
        case _, NotStarted():
            raise EnrolmentUnknown
        case DeclineClip(), Started():
            return _decline(command, state)
        case CloseEnrolment(), Closed():
            return []
        case ConcludeChecks(), Approved() | Refused() | InReview():
            return []
        case _, Closed(reason=CameoGone.code):
            raise CameoGone
        case ReopenReview() | ReviewEnrolment(), Approved():
            return _once_more(command, state)
        case _, Approved() | Refused() | Closed():
            raise EnrolmentSettled(f"It is {type(state).__name__.lower()}.")
        case IssueChallenge(), Started():
            return [_challenge(command, state)]
        case ReceiveClip(), Started():
            return _receive(command, state)
        case RecordCheck() | ConcludeChecks(), Examining():
            return _examine(command, state)
        case RecordCheck() | ConcludeChecks(), Started():
            raise ClipMissing
        case ReviewEnrolment(), InReview():
            return _review(command, state)
        case ReviewEnrolment() | ReopenReview(), Started():
            raise NotInReview
        case CloseEnrolment(), Started():
            return [
                EnrolmentClosed(
                    at=command.at, enrolment_id=state.began.enrolment_id, reason=command.reason
                )
            ]
    raise AssertionError(f"{type(command).__name__} met {type(state).__name__}")


def _start(command: StartEnrolment) -> EnrolmentStarted:
    if command.age_band is None:
        raise AgeBandUnknown
    if command.age_band == "under_13":
        raise EnrolmentUnderAge
    if not _covers(command.release, command.kind):
        raise ReleaseIncomplete
    return EnrolmentStarted(
        at=command.at,
        enrolment_id=command.enrolment_id,
        cameo_id=command.cameo_id,
        account_id=command.account_id,
        kind=command.kind,
        version=command.version,
        release=command.release,
        age_band=command.age_band,
    )


def require_of_age(relations: Relations) -> None:
    """Raise ``EnrolmentUnderAge`` where the account's holder is known to be a child by now."""
    if relations.age_band == "under_13":
        raise EnrolmentUnderAge


def _covers(release: SignedRelease, kind: Kind) -> bool:
    stores = {"clip", "references"}
    purposes = {"enrolment-checks", "generation"}
    if kind == "person":
        stores |= {"face-template", "voice-template"}
        purposes |= {"duplicate-search"}
    return stores <= set(release.stores) and purposes <= set(release.purposes)


def _started_again(command: StartEnrolment, state: Started) -> list[EnrolmentEvent]:
    began = state.began
    same = (began.cameo_id, began.account_id, began.kind, began.version, began.release)
    if same != (
        command.cameo_id,
        command.account_id,
        command.kind,
        command.version,
        command.release,
    ):
        raise EnrolmentAlreadyStarted
    return []


def _decline(command: DeclineClip, state: Started) -> list[EnrolmentEvent]:
    """Kept as evidence; after twenty, more of the same tells nothing new."""
    if state.declined >= DECLINED_MAX:
        return []
    enrolment_id = state.began.enrolment_id
    return [ClipDeclined(at=command.at, enrolment_id=enrolment_id, reason=command.reason)]


def _challenge(command: IssueChallenge, state: Started) -> ChallengeIssued:
    if command.account_id != state.began.account_id:
        raise NotYourEnrolment
    if state.began.kind != "person":
        raise NoChallengeNeeded
    if isinstance(state, Examining):
        raise ChallengeAnswered
    if isinstance(state, Challenged) and command.at <= state.issued.expires_at:
        raise ChallengeStillOpen
    if state.challenges >= CHALLENGES_MAX:
        raise TooManyChallenges
    return ChallengeIssued(
        at=command.at,
        enrolment_id=state.began.enrolment_id,
        session_sha256=command.session_sha256,
        challenge=command.challenge,
        expires_at=command.at + CHALLENGE_LIFETIME,
    )


def _receive(command: ReceiveClip, state: Started) -> list[EnrolmentEvent]:
    if command.account_id != state.began.account_id:
        raise NotYourEnrolment
    match state:
        case Examining(clip=clip) if clip == command.clip:
            return []
        case Examining():
            raise ChallengeAnswered
        case Challenged(issued=issued):
            if command.session_sha256 != issued.session_sha256:
                raise ChallengeOfAnotherSession
            if command.at > issued.expires_at:
                raise ChallengeExpired
        case _ if state.began.kind == "person":
            raise ChallengeMissing
    enrolment_id = state.began.enrolment_id
    return [ClipReceived(at=command.at, enrolment_id=enrolment_id, clip=command.clip)]


def _examine(command: RecordCheck | ConcludeChecks, state: Examining) -> list[EnrolmentEvent]:
    enrolment_id = state.began.enrolment_id
    if isinstance(command, RecordCheck):
        if command.verdict.check in state.verdicts:
            return []  # the first verdict stands; a repeated step adds nothing
        return [CheckRecorded(at=command.at, enrolment_id=enrolment_id, verdict=command.verdict)]
    missing = [each for each in REQUIRED[state.began.kind] if each not in state.verdicts]
    if missing and not any(_refuses(each) for each in state.verdicts.values()):
        raise ChecksMissing(f"Missing: {', '.join(missing)}.")
    return [_conclusion(command, state)]


def _refuses(verdict: CheckVerdict) -> bool:
    return verdict.verdict == "failed" and verdict.check not in HUMAN_DECIDES


def _conclusion(
    command: ConcludeChecks, state: Examining
) -> EnrolmentRefused | ReviewRequested | EnrolmentApproved:
    """One failed check refuses; else one that is unsure, or that a human decides, asks a human."""
    enrolment_id, verdicts = state.began.enrolment_id, state.verdicts.values()
    if failed := [shortcoming(each) for each in verdicts if _refuses(each)]:
        return EnrolmentRefused(
            at=command.at, enrolment_id=enrolment_id, shortcomings=tuple(failed)
        )
    if unsure := [each for each in verdicts if each.verdict != "passed"]:
        return ReviewRequested(
            at=command.at,
            enrolment_id=enrolment_id,
            checks=tuple(each.check for each in unsure),
            others=tuple(sorted({other for each in unsure for other in each.others})),
        )
    return _approved(command, state)


def _approved(command: ConcludeChecks | ReviewEnrolment, state: Started) -> EnrolmentApproved:
    return EnrolmentApproved(
        at=command.at,
        enrolment_id=state.began.enrolment_id,
        cameo_id=state.began.cameo_id,
        account_id=state.began.account_id,
        version=state.began.version,
    )


def _reviewed(command: ReviewEnrolment, state: Started) -> EnrolmentReviewed:
    if command.reviewer.endswith(state.began.account_id):
        raise ReviewedByOwner
    return EnrolmentReviewed(
        at=command.at,
        enrolment_id=state.began.enrolment_id,
        reviewer=command.reviewer,
        decision=command.decision,
        reason=command.reason,
    )


def _review(command: ReviewEnrolment, state: InReview) -> list[EnrolmentEvent]:
    reviewed = _reviewed(command, state)
    if command.decision == "approve":
        return [reviewed, _approved(command, state)]
    checks = [state.verdicts[each] for each in state.in_question.checks]
    found: tuple[Shortcoming, ...] = tuple(shortcoming(each) for each in checks)
    refused = EnrolmentRefused(
        at=command.at, enrolment_id=state.began.enrolment_id, shortcomings=found
    )
    return [reviewed, refused]


def _once_more(command: ReopenReview | ReviewEnrolment, state: Approved) -> list[EnrolmentEvent]:
    """It stays an enrolment: what a human decides about, this time, is the use of its cameo."""
    enrolment_id = state.began.enrolment_id
    match command, state:
        case ReopenReview(), Reopened(in_question=asked) if set(command.others) <= set(
            asked.others
        ):
            return []
        case ReopenReview(), _:
            return [
                ReviewReopened(
                    at=command.at,
                    enrolment_id=enrolment_id,
                    checks=command.checks,
                    others=command.others,
                )
            ]
        case ReviewEnrolment(), Reopened():
            return [_reviewed(command, state)]
    raise EnrolmentSettled("It is approved.")


def reviewed_with(events: Iterable[object]) -> frozenset[str]:
    """The cameos that an attempt resembles and that a human has decided about beside it."""
    asked, decided = set[str](), set[str]()
    for event in events:
        if isinstance(event, ReviewRequested | ReviewReopened):
            asked |= set(event.others)
        elif isinstance(event, EnrolmentReviewed):
            decided |= asked
    return frozenset(decided)


ENROLMENT: Final = Decider[EnrolmentCommand, Enrolment, EnrolmentEvent](
    "enrolment", NotStarted(), decide, evolve
)
