"""What owners send and are shown of their consent."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Response
from pydantic import BaseModel, Field, StringConstraints, WithJsonSchema

from domain.consent.situations import Held
from domain.consent.terms import TIERS, Tier
from infra.api.enrolment_views import STRICT


class TierRequest(BaseModel):
    """Who may cast the cameo.

    The tier is read as a word, so that one that does not exist can be put on record.
    """

    model_config = STRICT

    tier: Annotated[
        str,
        StringConstraints(min_length=1, max_length=40),
        WithJsonSchema({"type": "string", "enum": list(TIERS)}),
    ]


class LimitsRequest(BaseModel):
    """What every use by others is held to. What is left out is not limited."""

    model_config = STRICT | {"strict": False}

    expires_at: datetime
    uses_max: int | None = Field(default=None, ge=0, le=1_000_000)
    refused_scenes: list[str] = Field(default=[], max_length=100)
    refused_topics: list[str] = Field(default=[], max_length=100)
    face: bool = True
    voice: bool = True
    generate: bool = True
    publish: bool = True
    surfaces: list[str] | None = Field(default=None, max_length=100)
    territories: list[str] | None = Field(default=None, max_length=250)


class PreferenceBody(BaseModel):
    """One wish: always or never, and a thing in a few plain words."""

    model_config = STRICT

    kind: Literal["always", "never"]
    thing: str = Field(min_length=1, max_length=400, examples=["a gold chain"])


class PreferencesRequest(BaseModel):
    """How you are to be portrayed; replaces what was said before."""

    model_config = STRICT

    wishes: list[PreferenceBody] = Field(max_length=20)


class RevocationRequest(BaseModel):
    """Why the consent ends, in one stable word."""

    model_config = STRICT

    reason: str = Field(default="owner-revoked", pattern=r"^[a-z][a-z-]{0,59}$")


class ConsentView(BaseModel):
    """The settings as the owner sees them. The ETag header carries the revision."""

    cameo_id: str
    tier: Tier
    limits: LimitsRequest
    approved: list[str]
    denied: list[str]
    preferences: list[PreferenceBody]
    preferences_version: int
    revoked: bool
    used: int
    revision: int


def shown(response: Response, consent: Held) -> ConsentView:
    """The settings, with their revision as the answer's ETag."""
    response.headers["ETag"] = f'"{consent.revision}"'
    response.headers["Cache-Control"] = "no-store"
    return ConsentView(
        cameo_id=consent.cameo_id,
        tier=consent.tier,
        limits=LimitsRequest.model_validate(consent.limits.model_dump(mode="json")),
        approved=sorted(consent.approved),
        denied=sorted(consent.denied),
        preferences=[
            PreferenceBody(kind=each.kind, thing=each.thing) for each in consent.preferences.wishes
        ],
        preferences_version=consent.preferences.version,
        revoked=consent.revoked,
        used=consent.used,
        revision=consent.revision,
    )
