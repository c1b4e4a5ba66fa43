"""What the stories of a cameo hand to an activity and get back: one model in, one model out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from domain.cameo.cameo import Code, References, SealedTemplate
from domain.cameo.challenge import Challenge
from domain.cameo.checks import CheckName, CheckVerdict, Shortcoming
from domain.cameo.enrolment_commands import SessionHash
from domain.cameo.release import Kind, SignedRelease
from domain.kernel.ids import AccountId, CameoId, EnrolmentId
from domain.kernel.model import Value

ExaminationStep = Literal["fetching", "examining", "comparing", "sealing", "recording"]
Standing = Literal["started", "approved", "refused", "in-review", "closed"]


class CameoErrand(Value):
    """What every order of an enrolment carries: whose it is, who caused it, the step's own id."""

    enrolment_id: EnrolmentId
    cameo_id: CameoId
    account_id: AccountId
    command_id: str
    at: AwareDatetime
    actor: str
    traceparent: str | None = None


class StartOrder(CameoErrand):
    """Write the beginning of an attempt down, with the release that was signed."""

    kind: Kind
    release: SignedRelease


class Begun(Value):
    """The attempt stands in the log at this position; it is for version ``version``."""

    enrolment_id: EnrolmentId
    version: int
    position: int


class ChallengeOrder(CameoErrand):
    """Draw a challenge for one session of one account."""

    asking_account_id: AccountId
    session_sha256: SessionHash


class Challenged(Value):
    """The challenge that was drawn, how many there were, and until when it may be answered."""

    challenge: Challenge
    number: int
    expires_at: AwareDatetime


class ReceiptOrder(CameoErrand):
    """Take the uploaded clip in, for whoever sent it, or turn it away and say so in the log."""

    sending_account_id: AccountId
    session_sha256: SessionHash


class Received(Value):
    """The clip was taken in, or turned away for a reason that the log keeps."""

    taken: bool
    code: str | None = None
    stage: str | None = None
    explanation: str | None = None
    next_step: str | None = None


class ExaminationOrder(CameoErrand):
    """Look at the clip that was taken in, and write each verdict down."""


class Examined(Value):
    """The verdicts, and where the sealed references and templates of the clip lie for now."""

    verdicts: tuple[CheckVerdict, ...]
    references: References | None = None
    templates: tuple[SealedTemplate, ...] = ()


class ExaminationProgress(Value):
    """The details of the heartbeat while a clip is examined: where it is on its way."""

    step: ExaminationStep


class ConclusionOrder(CameoErrand):
    """Draw the conclusion from the verdicts; an approval makes the cameo's next version."""

    examined: Examined


class ReviewOrder(CameoErrand):
    """Write down what a human decided; an approval makes the cameo's next version."""

    examined: Examined
    reviewer: Annotated[str, Field(min_length=1, max_length=120)]
    decision: Literal["approve", "refuse"]
    reason: Code


class Concluded(Value):
    """How the attempt stands after a decision. ``destroy_by`` is there when it was approved."""

    standing: Standing
    version: int
    shortcomings: tuple[Shortcoming, ...] = ()
    checks: tuple[CheckName, ...] = ()
    others: tuple[CameoId, ...] = ()
    destroy_by: AwareDatetime | None = None
    closed_because: str | None = None


class ClosingOrder(CameoErrand):
    """End the attempt without a decision."""

    reason: Code


class FreezeOrder(CameoErrand):
    """Freeze cameos that may show the same person, or let them go again."""

    cameos: tuple[CameoId, ...]
    frozen: bool
    reason: Code


class Frozen(Value):
    """The accounts of the cameos that were changed."""

    accounts: tuple[AccountId, ...]


class TidyOrder(CameoErrand):
    """Remove what an attempt left: the raw clip always, what was made of it unless kept."""

    keep_likeness: bool


class Tidied(Value):
    """How many objects were removed."""

    objects: int


class DestructionOrder(CameoErrand):
    """Destroy the templates of one version, when its time has come or its cameo is deleted."""

    version: Annotated[int, Field(ge=1)]


class Destroyed(Value):
    """The templates are gone, and how many objects went with them."""

    objects: int


class DeletionOrder(Value):
    """Delete a cameo of this account, for good."""

    cameo_id: CameoId
    account_id: AccountId
    reason: Code
    command_id: str
    at: AwareDatetime
    actor: str
    traceparent: str | None = None


class Deletion(Value):
    """The cameo is deleted in the log; these attempts' likenesses have yet to be destroyed."""

    position: int
    versions: dict[int, EnrolmentId]


class PageOrder(Value):
    """Name the cameos that follow one of them."""

    after: str
    limit: Annotated[int, Field(ge=1, le=1000)] = 50


class CameoPage(Value):
    """Ids of cameos, in their order; none when there are no more."""

    cameos: tuple[CameoId, ...]


class RescoreOrder(Value):
    """Look at what is stored of one cameo again, and suspend what fails."""

    cameo_id: CameoId
    command_id: str
    at: AwareDatetime
    actor: str


class Rescored(Value):
    """What came of it: versions judged, versions suspended, and whom that concerns; ``frozen`` are
    the cameos of others that wait for a human with it, and whose they are."""

    looked_at: int
    suspended: tuple[int, ...] = ()
    checks: tuple[CheckName, ...] = ()
    account_id: AccountId | None = None
    frozen: dict[CameoId, AccountId] = Field(default_factory=dict)
