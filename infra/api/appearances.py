"""Appearances: the owner of a cameo sees at once who makes, or was kept from making, a video."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from domain.consent.appearance import Turn
from domain.consent.check import Reason
from domain.consent.terms import Act
from infra.api.auth import Account, KeyRequired
from infra.api.cameos import OwnCameo
from infra.api.deadlines import asking
from infra.api.declared import problems
from infra.api.doors import doors_of
from infra.api.pages import Cursor, Limit, cursor_of, keys_of
from projections.appearances import AppearanceRow

router = APIRouter(prefix="/v1/cameos", tags=["consent"], dependencies=[KeyRequired])


class AppearanceView(BaseModel):
    """One cameo's part in one generation. What the caster wrote is not shown."""

    appearance_id: str = Field(description="What notices about it say in `about`.")
    cameo_id: str
    version: int
    generation_id: str
    caster_id: str
    turn: Turn = Field(
        description="`drafted`: it is being made; `uncast`: the owner's likeness was seen in a "
        "film without being cast, and a human looks; `blocked`: refused, now or on the way; "
        "`released`: there is a video; `ended`: there will be none."
    )
    act: Act = Field(description="At which door that was decided.")
    reasons: list[Reason] = Field(description="What this cameo's own consent refused.")
    video_id: str | None
    began_at: datetime
    updated_at: datetime
    links: dict[str, str] = Field(
        description="`preview` and `draft` show what is being made; what is not there yet is 404."
    )


class AppearancePage(BaseModel):
    """A page of appearances, newest first."""

    items: list[AppearanceView]
    next_cursor: str | None = Field(description="Null on the last page.")


@router.get(
    "/{cameo_id}/appearances",
    responses=problems(403, 404, 410, 422, 503),
    summary="See who casts it",
)
async def list_appearances(
    request: Request,
    account: Account,
    cameo: OwnCameo,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> AppearancePage:
    """Drafts and blocked attempts with this cameo, and films in which it was seen uncast, as well
    as videos. Denying or revoking stops.
    """
    keys = keys_of(cursor, int)
    before = int(keys[0]) if keys else None
    async with asking("postgres"):
        rows = await doors_of(request).appearances.of_cameo(cameo.cameo_id, limit + 1, before)
    more = len(rows) > limit
    return AppearancePage(
        items=[_view(row) for row in rows[:limit]],
        next_cursor=cursor_of(rows[limit - 1].first_position) if more else None,
    )


def _view(row: AppearanceRow) -> AppearanceView:
    said = {name: getattr(row, name) for name in AppearanceView.model_fields if name != "links"}
    links = {}
    if row.turn != "uncast":
        links["receipts"] = f"/v1/generations/{row.generation_id}/receipts"
    if row.turn == "drafted":
        links["preview"] = f"/v1/generations/{row.generation_id}/preview"
        links["draft"] = f"/v1/generations/{row.generation_id}/draft"
    if row.video_id:
        links["video"] = f"/v1/videos/{row.video_id}"
    return AppearanceView.model_validate(said | {"reasons": row.reasons.split(), "links": links})
