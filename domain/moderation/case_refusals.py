"""Why a request about a moderation case cannot be granted."""

from __future__ import annotations

from domain.kernel.errors import Refusal


class CaseUnknown(Refusal):
    """There is no moderation case with this id."""

    code = "moderation-case-unknown"
    stage = "moderation"
    next_step = "Check the id, or list what waits."


class AlreadyJudged(Refusal):
    """This gate has its verdict, about other content or findings."""

    code = "moderation-already-judged"
    stage = "moderation"
    next_step = "Read the verdict; other content needs a generation of its own."


class StageMissing(Refusal):
    """Not everything that the gate asks for was looked at."""

    code = "moderation-stage-missing"
    stage = "moderation"
    next_step = "Have the missing stages looked at and judge all of them together."


class NotWaiting(Refusal):
    """This case waits for nobody."""

    code = "moderation-not-waiting"
    stage = "moderation"
    next_step = "Read how it was decided, and take another case from the queue."


class ClaimedByAnother(Refusal):
    """Another reviewer has this case."""

    code = "moderation-claimed-by-another"
    stage = "moderation"
    next_step = "Take another case; this one returns when its time is over."


class NotClaimed(Refusal):
    """You have not claimed this case, or your time with it is over."""

    code = "moderation-not-claimed"
    stage = "moderation"
    next_step = "Claim it first."


class ReadAlready(Refusal):
    """You have read this case; another human has to read it now."""

    code = "moderation-read-already"
    stage = "moderation"
    next_step = "Leave it to another reviewer."


class NotYourContent(Refusal):
    """Only the account whose content it is can object."""

    code = "moderation-content-of-another"
    stage = "moderation"
    next_step = "Act for the account whose content it is."


class NothingToAppeal(Refusal):
    """Nothing is refused here, so there is nothing to object to."""

    code = "moderation-nothing-to-appeal"
    stage = "moderation"
    next_step = "Read how the case stands."


class AppealTooLate(Refusal):
    """The 183 days for an appeal are over."""

    code = "moderation-appeal-too-late"
    stage = "moderation"
    next_step = "Turn to an out-of-court dispute settlement body, or to a court."


class AppealEnded(Refusal):
    """An appeal against this refusal has been decided."""

    code = "moderation-appeal-ended"
    stage = "moderation"
    next_step = "Turn to an out-of-court dispute settlement body, or to a court."


class StillTime(Refusal):
    """Reviewers still have time to decide this case."""

    code = "moderation-still-time"
    stage = "moderation"
    next_step = "Wait until it is over."


class UndoneDifferently(Refusal):
    """This batch has changed the case, and the case has moved on since."""

    code = "moderation-undone-differently"
    stage = "moderation"
    next_step = "Take back the later batch first."


class VerdictMissing(Refusal):
    """Nothing is made or released before its verdict."""

    code = "verdict-missing"
    stage = "moderation"
    next_step = "Have the content looked at; what is not judged stays where it is."


class StillHeld(Refusal):
    """A human has to look at this first."""

    code = "content-held"
    stage = "moderation"
    next_step = "Wait; you are told what is decided."


class ContentBlocked(Refusal):
    """This is not made or released, because a rule stands against it."""

    code = "content-blocked"
    stage = "moderation"
    next_step = "Read the statement of reasons; you can appeal within 183 days."


class ContentGone(Refusal):
    """This content was withdrawn."""

    code = "content-withdrawn"
    stage = "moderation"
    next_step = "Ask for a new generation."


class NotRestricted(Refusal):
    """Nothing is restricted here, so there are no reasons to state."""

    code = "moderation-not-restricted"
    stage = "moderation"
    next_step = "Read how the case stands."


class ClauseUnknown(Refusal):
    """The policy that decided has no such clause."""

    code = "moderation-clause-unknown"
    stage = "moderation"
    next_step = "Name a clause of the policy, or leave it out."
