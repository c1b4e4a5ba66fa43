"""What callers of a cameo's stories send and receive, and how each workflow's id is made."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field

from domain.cameo.cameo import Code
from domain.cameo.checks import CheckName, CheckVerdict, Shortcoming
from domain.cameo.enrolment_commands import SessionHash
from domain.cameo.release import Kind, SignedRelease
from domain.kernel.ids import AccountId, CameoId, EnrolmentId
from domain.kernel.model import Value
from workflows.contracts import Failure

CAMEO_ENROLLMENT: Final = "CameoEnrollment"
CAMEO_DELETION: Final = "CameoDeletion"
CAMEO_RESCORE: Final = "CameoRescore"
RESCORE_WORKFLOW_ID: Final = "cameo-rescore"
"""One at a time: a second one would look at the same cameos at once."""
LIKENESS_RETENTION: Final = "LikenessRetention"

CLIP_WITHIN: Final = timedelta(minutes=30)
"""How long an attempt waits for its clip before it is closed as abandoned."""
UPLOAD_WITHIN: Final = timedelta(minutes=15)
"""How long the clip of a pet or an object may be uploaded, from the beginning of the attempt."""
REVIEW_WITHIN: Final = timedelta(days=30)
"""How long a human may take; without a decision the attempt is closed."""

EnrolmentStage = Literal[
    "beginning",
    "waiting-for-challenge",
    "waiting-for-clip",
    "examining",
    "in-review",
    "approved",
    "refused",
    "closed",
]


def enrolment_workflow_id(enrolment_id: str) -> str:
    """The id of the workflow of this attempt."""
    return f"enrolment/{enrolment_id}"


def retention_workflow_id(cameo_id: str, version: int) -> str:
    """The id of the workflow that ends the likeness of one version in its time."""
    return f"retention/{cameo_id}/{version}"


def deletion_workflow_id(cameo_id: str) -> str:
    """The id of the workflow that deletes this cameo."""
    return f"cameo-deletion/{cameo_id}"


class EnrolmentOrder(Value):
    """Begin an attempt. Any Temporal client may send this to ``CameoEnrollment`` by name."""

    enrolment_id: EnrolmentId
    cameo_id: CameoId
    account_id: AccountId
    kind: Kind
    release: SignedRelease
    requested_by: str = "client/temporal"
    """The application that asks, such as ``client/app``; never a person's name."""
    traceparent: str | None = None


class EnrolmentReceipt(Value):
    """The attempt stands in the log: the answer to the ``begun`` update."""

    enrolment_id: EnrolmentId
    cameo_id: CameoId
    version: int
    position: int


class ChallengeRequest(Value):
    """Ask for a challenge: the argument of the ``issue_challenge`` update."""

    account_id: AccountId
    session_sha256: SessionHash


class ClipSubmission(Value):
    """Say that the clip is uploaded: the argument of the ``submit_clip`` update."""

    account_id: AccountId
    session_sha256: SessionHash


class Review(Value):
    """What a human decided: the argument of the ``review_completed`` update.

    ``reviewer`` is an id, never a name. ``others`` says what becomes of the cameos that were frozen
    with this attempt.
    """

    reviewer: Annotated[str, Field(min_length=1, max_length=120)]
    decision: Literal["approve", "refuse"]
    reason: Code
    others: Literal["reinstate", "keep-frozen"] = "reinstate"


class Withdrawal(Value):
    """Take an attempt back: the argument of the ``withdraw`` update."""

    account_id: AccountId


class EnrolmentStatus(Value):
    """How an attempt stands: the answer of the ``status`` query."""

    enrolment_id: EnrolmentId
    cameo_id: CameoId
    stage: EnrolmentStage
    since: AwareDatetime
    version: int | None = None
    verdicts: tuple[CheckVerdict, ...] = ()
    checks_in_question: tuple[CheckName, ...] = ()
    shortcomings: tuple[Shortcoming, ...] = ()
    closed_because: str | None = None
    failure: Failure | None = None


class RetentionOrder(Value):
    """Destroy the likeness of a version at ``destroy_by``, or when its cameo is deleted."""

    enrolment_id: EnrolmentId
    cameo_id: CameoId
    account_id: AccountId
    version: int
    destroy_by: AwareDatetime
    requested_by: str


class RetentionOutcome(Value):
    """The likeness is destroyed, and how many objects went with it."""

    version: int
    objects: int


class CameoDeletionOrder(Value):
    """Delete a cameo and everything that was kept of it."""

    cameo_id: CameoId
    account_id: AccountId
    reason: Code = "owner-deleted"
    requested_by: str
    traceparent: str | None = None


class DeletionReceipt(Value):
    """The deletion stands in the log: from this position on nobody may use the cameo."""

    cameo_id: CameoId
    position: int


class DeletionOutcome(Value):
    """Everything that was kept of the cameo is destroyed."""

    cameo_id: CameoId
    versions: int
    objects: int


class RescoreProgress(Value):
    """How far a rescoring has come: the last cameo, and what was counted so far."""

    position: str = ""
    cameos: int = 0
    versions: int = 0
    suspended: int = 0
    failed: int = 0


class RescoreJob(Value):
    """Look at every stored enrolment again, going on after ``done``."""

    job_id: str
    requested_by: str
    done: RescoreProgress = RescoreProgress()
