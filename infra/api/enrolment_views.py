"""What callers see of an attempt to enrol: its challenge, its checks, and how it ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.cameo import enrolment_situations as situations
from domain.cameo.challenge import Move
from domain.cameo.release import Kind, Purpose, SignedRelease, Stored
from projections.enrolments import EnrolmentRow

STRICT = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)
Status = Literal["started", "challenged", "examining", "in-review", "approved", "refused", "closed"]


class ReleaseRequest(BaseModel):
    """The release that was shown and signed: what is stored, for what, for how long."""

    model_config = STRICT

    text_version: str = Field(
        pattern=r"^[a-z0-9][a-z0-9.-]{0,39}$", description="Which text was shown."
    )
    text_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="The hash of its exact words.")
    stores: list[Stored] = Field(min_length=1, max_length=4)
    purposes: list[Purpose] = Field(min_length=1, max_length=3)
    retention_days: int = Field(ge=1, le=1095)
    signature: str = Field(
        min_length=1, max_length=200, description="What was typed under it; shown to nobody."
    )

    def signed(self, at: datetime) -> SignedRelease:
        """The domain's release, signed at this moment."""
        given = self.model_dump()
        given["stores"], given["purposes"] = tuple(self.stores), tuple(self.purposes)
        return SignedRelease.model_validate({**given, "signed_at": at})


class EnrolmentRequest(BaseModel):
    """Begin an attempt to enrol a person, a pet or an object."""

    model_config = STRICT | {
        "json_schema_extra": {
            "examples": [
                {
                    "kind": "person",
                    "release": {
                        "text_version": "2026-11",
                        "text_sha256": "a" * 64,
                        "stores": ["clip", "references", "face-template", "voice-template"],
                        "purposes": ["enrolment-checks", "generation", "duplicate-search"],
                        "retention_days": 365,
                        "signature": "A. Example",
                    },
                }
            ]
        }
    }

    kind: Kind = "person"
    release: ReleaseRequest


class SessionRequest(BaseModel):
    """The session that a challenge is bound to: a secret of yours, of which a hash is kept."""

    model_config = STRICT

    session: str = Field(min_length=16, max_length=200)


class ChallengeView(BaseModel):
    """What to say, digit by digit, and how to move the head, in this order."""

    digits: str
    moves: list[Move]
    number: int = Field(description="Which challenge of this attempt it is, from 1.")
    expires_at: datetime


class UploadView(BaseModel):
    """Leave to upload one clip: POST a form with these fields and, last, the part `file`."""

    address: str
    fields: dict[str, str]
    bytes_max: int
    expires_at: datetime


class CheckView(BaseModel):
    """What one check found; score and threshold are in the model's own unit."""

    check: str
    verdict: Literal["passed", "failed", "unsure"]
    score: float | None = None
    threshold: float | None = None
    model: str
    version: str
    code: str | None = None


class ShortcomingView(BaseModel):
    """Why an attempt was refused, and how to do better."""

    check: str
    code: str | None = None
    advice: str


class EnrolmentView(BaseModel):
    """An attempt as its own account sees it. Whom a clip resembles is shown to staff alone."""

    enrolment_id: str
    cameo_id: str
    kind: Kind
    version: int
    status: Status
    started_at: datetime
    challenge_expires_at: datetime | None = None
    challenges: int = 0
    declined: int = Field(default=0, description="Clips that were turned away unseen.")
    checks: list[CheckView] = []
    shortcomings: list[ShortcomingView] = []
    closed_because: str | None = None
    links: dict[str, str]


class EnrolmentItem(BaseModel):
    """An attempt in a list."""

    enrolment_id: str
    cameo_id: str
    kind: Kind
    version: int
    status: Status
    started_at: datetime
    updated_at: datetime


def item_of(row: EnrolmentRow) -> EnrolmentItem:
    """An attempt as the read model has it."""
    return EnrolmentItem.model_validate(
        {name: getattr(row, name) for name in EnrolmentItem.model_fields}
    )


def view_of(state: situations.Started, checks: list[CheckView]) -> EnrolmentView:
    """An attempt as the log has it."""
    began = state.began
    here = f"/v1/enrolments/{began.enrolment_id}"
    ending: dict[str, Any] = {}
    match state:
        case situations.Challenged(issued=issued):
            ending["challenge_expires_at"] = issued.expires_at
        case situations.Refused(shortcomings=shortcomings):
            ending["shortcomings"] = [
                ShortcomingView(check=each.check, code=each.code, advice=each.advice)
                for each in shortcomings
            ]
        case situations.Closed(reason=reason):
            ending["closed_because"] = reason
    return EnrolmentView(
        enrolment_id=began.enrolment_id,
        cameo_id=began.cameo_id,
        kind=began.kind,
        version=began.version,
        status=_status(state),
        started_at=began.at,
        challenges=state.challenges,
        declined=state.declined,
        checks=checks,
        links={
            "self": here,
            "challenge": f"{here}/challenge",
            "upload": f"{here}/upload",
            "clip": f"{here}/clip",
            "cameo": f"/v1/cameos/{began.cameo_id}",
        },
        **ending,
    )


def _status(state: situations.Started) -> Status:
    match state:
        case situations.InReview():
            return "in-review"
        case situations.Examining():
            return "examining"
        case situations.Challenged():
            return "challenged"
        case situations.Approved():
            return "approved"
        case situations.Refused():
            return "refused"
        case situations.Closed():
            return "closed"
    return "started"
