"""What happens in an attempt to enrol, with the names that the log keeps."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import AwareDatetime

from domain.account.relations import AgeBand
from domain.cameo.challenge import Challenge
from domain.cameo.checks import CheckName, CheckVerdict, Shortcoming
from domain.cameo.clip import Clip
from domain.cameo.release import Kind, SignedRelease
from domain.kernel.catalog import Catalog
from domain.kernel.ids import AccountId, CameoId, EnrolmentId
from domain.kernel.model import Event
from domain.video.media import Sha256


class EnrolmentStarted(Event):
    """Somebody signed a release and began an attempt."""

    enrolment_id: EnrolmentId
    cameo_id: CameoId
    account_id: AccountId
    kind: Kind
    version: int
    release: SignedRelease
    age_band: AgeBand


class ChallengeIssued(Event):
    """A challenge was shown to one account in one session; it is valid until ``expires_at``."""

    enrolment_id: EnrolmentId
    session_sha256: Sha256
    challenge: Challenge
    expires_at: AwareDatetime


class ClipReceived(Event):
    """A clip arrived in time, from the right account and session."""

    enrolment_id: EnrolmentId
    clip: Clip


class ClipDeclined(Event):
    """A clip was turned away before it was looked at."""

    enrolment_id: EnrolmentId
    reason: str


class CheckRecorded(Event):
    """One check has its verdict."""

    enrolment_id: EnrolmentId
    verdict: CheckVerdict


class EnrolmentApproved(Event):
    """Every check passed, or a human approved."""

    enrolment_id: EnrolmentId
    cameo_id: CameoId
    account_id: AccountId
    version: int


class EnrolmentRefused(Event):
    """The attempt failed; each shortcoming names its check and how to do better."""

    enrolment_id: EnrolmentId
    shortcomings: tuple[Shortcoming, ...]


class ReviewRequested(Event):
    """A human has to decide about these checks; ``others`` are cameos that it concerns too."""

    enrolment_id: EnrolmentId
    checks: tuple[CheckName, ...]
    others: tuple[CameoId, ...] = ()


class ReviewReopened(Event):
    """About somebody who is enrolled a human has to decide once more: a better detector sees these
    cameos in them, and about these pairs nobody has decided yet."""

    enrolment_id: EnrolmentId
    checks: tuple[CheckName, ...]
    others: tuple[CameoId, ...]


class EnrolmentReviewed(Event):
    """A human decided."""

    enrolment_id: EnrolmentId
    reviewer: str
    decision: Literal["approve", "refuse"]
    reason: str


class EnrolmentClosed(Event):
    """The attempt ended without a decision."""

    enrolment_id: EnrolmentId
    reason: str


EnrolmentEvent = (
    EnrolmentStarted
    | ChallengeIssued
    | ClipReceived
    | ClipDeclined
    | CheckRecorded
    | EnrolmentApproved
    | EnrolmentRefused
    | ReviewRequested
    | ReviewReopened
    | EnrolmentReviewed
    | EnrolmentClosed
)

CATALOG: Final = Catalog()
CATALOG.register(EnrolmentStarted, "enrolment-started.v1")
CATALOG.register(ChallengeIssued, "challenge-issued.v1")
CATALOG.register(ClipReceived, "enrolment-clip-received.v1")
CATALOG.register(ClipDeclined, "enrolment-clip-declined.v1")
CATALOG.register(CheckRecorded, "enrolment-check-recorded.v1")
CATALOG.register(EnrolmentApproved, "enrolment-approved.v1")
CATALOG.register(EnrolmentRefused, "enrolment-refused.v1")
CATALOG.register(ReviewRequested, "enrolment-review-requested.v1")
CATALOG.register(ReviewReopened, "enrolment-review-reopened.v1")
CATALOG.register(EnrolmentReviewed, "enrolment-reviewed.v1")
CATALOG.register(EnrolmentClosed, "enrolment-closed.v1")
