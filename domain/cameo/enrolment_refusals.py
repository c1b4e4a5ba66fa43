"""Why a request about an attempt to enrol cannot be granted."""

from __future__ import annotations

from domain.kernel.errors import Refusal


class EnrolmentUnknown(Refusal):
    """No attempt to enrol with this id has been started."""

    code = "enrolment-unknown"
    stage = "enrolment"
    next_step = "Check the id, or start one with a signed release."


class EnrolmentAlreadyStarted(Refusal):
    """An attempt with this id exists and was started with something else."""

    code = "enrolment-already-started"
    stage = "enrolment"
    next_step = "Use a new enrolment id."


class EnrolmentUnderAge(Refusal):
    """An account whose holder is under 13 cannot enrol anybody."""

    code = "enrolment-under-age"
    stage = "enrolment"
    next_step = "Nothing can be done before the holder is 13."


class AgeBandUnknown(Refusal):
    """The age band of this account has not been declared."""

    code = "age-band-unknown"
    stage = "enrolment"
    next_step = "Declare the holder's age band first."


class ReleaseIncomplete(Refusal):
    """The signed release does not cover what an enrolment of this kind stores and does."""

    code = "release-incomplete"
    stage = "enrolment"
    next_step = "Show the whole release for this kind and have it signed."


class EnrolmentSettled(Refusal):
    """This attempt has already been approved, refused or closed."""

    code = "enrolment-settled"
    stage = "enrolment"
    next_step = "Start a new attempt if another is wanted."


class NotYourEnrolment(Refusal):
    """This attempt belongs to another account."""

    code = "enrolment-of-another"
    stage = "enrolment"
    next_step = "Start an attempt of your own; a challenge cannot be answered for somebody else."


class NoChallengeNeeded(Refusal):
    """Pets and objects have no challenge."""

    code = "challenge-not-needed"
    stage = "enrolment"
    next_step = "Send the clip."


class ChallengeStillOpen(Refusal):
    """A challenge is open; another is issued when it has expired."""

    code = "challenge-still-open"
    stage = "enrolment"
    next_step = "Answer the challenge, or wait until its minute is over."


class TooManyChallenges(Refusal):
    """This attempt has had as many challenges as one attempt may have."""

    code = "challenges-used-up"
    stage = "enrolment"
    next_step = "Start a new attempt."


class ChallengeMissing(Refusal):
    """No challenge has been issued for this attempt."""

    code = "challenge-missing"
    stage = "enrolment"
    next_step = "Ask for a challenge, then record the clip."


class ChallengeExpired(Refusal):
    """The challenge was valid for 60 seconds, and they are over."""

    code = "challenge-expired"
    stage = "enrolment"
    next_step = "Ask for a new challenge and record again."


class ChallengeOfAnotherSession(Refusal):
    """The challenge was issued to another session."""

    code = "challenge-of-another-session"
    stage = "enrolment"
    next_step = "Answer in the session that asked, or ask for a new challenge."


class ChallengeAnswered(Refusal):
    """The challenge has been answered already; each can be answered once."""

    code = "challenge-answered"
    stage = "enrolment"
    next_step = "Wait for the outcome of the clip that was received."


class ClipMissing(Refusal):
    """No clip has been received for this attempt."""

    code = "clip-missing"
    stage = "enrolment"
    next_step = "Upload the clip first."


class ChecksMissing(Refusal):
    """Not every check that this kind needs has its verdict."""

    code = "checks-missing"
    stage = "enrolment"
    next_step = "Record the missing checks, then conclude."


class NotInReview(Refusal):
    """This attempt is not waiting for a human."""

    code = "enrolment-not-in-review"
    stage = "review"
    next_step = "Read its state; only attempts in review can be decided by a person."


class ReviewedByOwner(Refusal):
    """Nobody reviews their own enrolment."""

    code = "review-of-oneself"
    stage = "review"
    next_step = "Let another person decide."
