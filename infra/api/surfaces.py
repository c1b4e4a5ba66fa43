"""Surfaces: show a released video at another place than the one that it was made for."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from activities.consent.leaving import LeavingDesk
from activities.export.placing import Placing
from activities.ledger import Context
from activities.moderation.elsewhere import Elsewhere
from activities.moderation.orders import CaseStanding
from domain.kernel.errors import Refusal
from domain.kernel.ids import VideoId
from domain.kernel.surface import Surface
from domain.moderation.case import MODERATION
from domain.moderation.passing import require_cleared
from infra.api.auth import Account, Client, KeyRequired
from infra.api.deadlines import asking
from infra.api.deciding import standing
from infra.api.declared import problems
from infra.api.doors import Doors, doors_of
from infra.api.enrolment_views import STRICT
from infra.api.looks import begin_hearing
from infra.api.moderation_views import VerdictView, verdict_view
from infra.api.problems import Trouble
from infra.api.seen import case_seen, film_followed
from infra.telemetry import traces

router = APIRouter(prefix="/v1/videos", tags=["videos"], dependencies=[KeyRequired])


class SurfaceRequest(BaseModel):
    """Where it is to be shown, too."""

    model_config = STRICT

    surface: Surface = Field(description="Such as `kids`.", examples=["kids"])


class PlacementView(BaseModel):
    """How it stands: shown there, or held until a human has looked. Then ask again."""

    video_id: str
    surface: str
    status: Literal["shown", "held"]
    verdict: VerdictView | None = Field(
        description="By the thresholds of there; null where it was made for there."
    )


@router.post(
    "/{video_id}/surfaces",
    responses={
        202: {"model": PlacementView, "description": "A human has to look first."},
        **problems(403, 404, 409, 410, 422, 503, body=True),
    },
    summary="Show it elsewhere, too",
)
async def show_elsewhere(
    request: Request,
    response: Response,
    body: SurfaceRequest,
    client: Client,
    account: Account,
    video_id: VideoId,
) -> PlacementView:
    """What was found in your video is judged by the thresholds that the policy has there; nobody
    looks again. Everybody in it has to consent to being shown there.

    What a rule stands against is refused, with a case that can be appealed. Where the case is
    decided otherwise later, the video is no longer shown there.
    """
    doors = doors_of(request)
    case = await _placed(doors, client, account, video_id, body.surface)
    if case is None:
        return PlacementView(video_id=video_id, surface=body.surface, status="shown", verdict=None)
    if case.situation == "held":
        await begin_hearing(doors, client, case.case_id)
        response.status_code = 202
    elif case.situation != "allowed":
        await _refuse(doors, case)
    row = await case_seen(doors, case.case_id, case.position)
    await film_followed(doors, row.generation_id)
    return PlacementView(
        video_id=video_id,
        surface=body.surface,
        status="held" if case.situation == "held" else "shown",
        verdict=verdict_view(row),
    )


async def _placed(
    doors: Doors, client: str, account: str, video_id: str, surface: str
) -> CaseStanding | None:
    context = Context(f"client/{client}", f"video/{video_id}", traces.current_traceparent())
    elsewhere = Elsewhere(doors.ledger, doors.policies)
    placing = Placing(doors.ledger, elsewhere, LeavingDesk(doors.ledger, doors.office))
    attempt = f"place/{doors.draw('plc')}"
    try:
        async with asking("postgres"):
            return await placing.place(video_id, account, surface, doors.clock(), attempt, context)
    except Refusal as refusal:
        raise Trouble.refused(refusal) from None


async def _refuse(doors: Doors, case: CaseStanding) -> None:
    """Raise what stands against it, with rule and surface."""
    try:
        require_cleared(await standing(doors, MODERATION, case.case_id))
    except Refusal as refusal:
        raise Trouble.refused(refusal) from None
