"""What can be asked of an attempt to enrol."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from domain.account.relations import AgeBand
from domain.cameo.challenge import Challenge
from domain.cameo.checks import CheckName, CheckVerdict
from domain.cameo.clip import Clip
from domain.cameo.release import Kind, SignedRelease
from domain.kernel.ids import AccountId, CameoId, EnrolmentId
from domain.kernel.model import Command
from domain.video.media import Sha256

SessionHash = Sha256
"""SHA-256 of the session that the challenge is bound to; the session itself is a secret."""
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{0,59}$")]


class StartEnrolment(Command):
    """Begin an attempt to become version n of a cameo, with a signed release.

    ``age_band`` is what the account's relations say; the caller guards that stream.
    """

    enrolment_id: EnrolmentId
    cameo_id: CameoId
    account_id: AccountId
    kind: Kind
    version: Annotated[int, Field(ge=1)]
    release: SignedRelease
    age_band: AgeBand | None


class IssueChallenge(Command):
    """Tell the person what to say and how to move; bound to account and session, for a minute."""

    account_id: AccountId
    session_sha256: SessionHash
    challenge: Challenge


class ReceiveClip(Command):
    """Hand in the clip that answers the challenge."""

    account_id: AccountId
    session_sha256: SessionHash
    clip: Clip


class DeclineClip(Command):
    """Write down that a clip was turned away, and why; ``code`` is the refusal's."""

    reason: Code


class RecordCheck(Command):
    """Write down what one check found."""

    verdict: CheckVerdict


class ConcludeChecks(Command):
    """Draw the conclusion from all checks: approved, refused, or a human decides."""


class ReviewEnrolment(Command):
    """A human decides, under an id that is no name, with a code for the reason."""

    reviewer: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    decision: Literal["approve", "refuse"]
    reason: Code


class ReopenReview(Command):
    """Ask a human once more about somebody who is enrolled, because of these cameos."""

    checks: tuple[CheckName, ...]
    others: Annotated[tuple[CameoId, ...], Field(min_length=1)]


class CloseEnrolment(Command):
    """End the attempt without a decision: cancelled, abandoned, or broken."""

    reason: Code


EnrolmentCommand = (
    StartEnrolment
    | IssueChallenge
    | ReceiveClip
    | DeclineClip
    | RecordCheck
    | ConcludeChecks
    | ReviewEnrolment
    | ReopenReview
    | CloseEnrolment
)
