"""Looks at what is published: staff have humans look at a released video again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from activities.ledger import Context
from activities.moderation.orders import CaseStanding
from activities.moderation.relooking import Relook
from domain.kernel.errors import Refusal
from domain.kernel.ids import VideoId
from domain.moderation.reasons import Source
from domain.video.video import VIDEO, Unreleased, released_once
from infra.api import stories
from infra.api.auth import KeyRequired
from infra.api.deadlines import asking
from infra.api.deciding import standing
from infra.api.declared import problems
from infra.api.doors import Doors, doors_of
from infra.api.moderation_views import HoldView, hold_view
from infra.api.problems import Trouble
from infra.api.reviews import Staff
from infra.api.seen import case_seen, film_followed
from infra.telemetry import traces
from workflows.moderation_contracts import (
    CONTENT_MODERATION,
    CaseStatus,
    ModerationOrder,
    moderation_workflow_id,
)

router = APIRouter(prefix="/v1/moderation/videos", tags=["moderation"], dependencies=[KeyRequired])

WhyLooked = Annotated[
    Source, Query(description="What led to it; the statement of reasons says so, and not who.")
]


@router.post(
    "/{video_id}/look",
    status_code=202,
    responses=problems(403, 404, 410, 422, 503),
    summary="Have humans look again",
)
async def look_again(
    request: Request, staff: Staff, video_id: VideoId, source: WhyLooked = "own-initiative"
) -> HoldView:
    """Nobody sees the video until humans have decided; what they refuse stays hidden.

    A video is looked at again once. Its account is told, can read the reasons, and can appeal.
    """
    doors = doors_of(request)
    video = await standing(doors, VIDEO, video_id)
    if isinstance(video, Unreleased):
        raise Trouble("video-unknown")
    case = await _opened(doors, staff, video_id, source)
    if case.situation == "held":
        await begin_hearing(doors, staff, case.case_id)
    row = await case_seen(doors, case.case_id, case.position)
    await film_followed(doors, released_once(video).generation_id)
    async with asking("postgres"):
        strikes = await doors.moderation.strikes(row.account_id)
    person = doors.pseudonyms.of(row.case_id, row.account_id)
    return hold_view(row, person, strikes, doors.clock())


async def _opened(doors: Doors, staff: str, video_id: str, source: Source) -> CaseStanding:
    context = Context(f"client/{staff}", f"video/{video_id}", traces.current_traceparent())
    relook = Relook(doors.ledger, doors.policies)
    try:
        async with asking("postgres"):
            return await relook.look_again(video_id, doors.clock(), context, source)
    except Refusal as refusal:
        raise Trouble.refused(refusal) from None


async def begin_hearing(doors: Doors, client: str, case_id: str) -> None:
    """Put the case before humans; one whose story runs is left to it."""
    await stories.begin(
        doors.client,
        CONTENT_MODERATION,
        ModerationOrder(
            case_id=case_id,
            matter="hold",
            requested_by=f"client/{client}",
            traceparent=traces.current_traceparent(),
        ),
        moderation_workflow_id(case_id, "hold"),
        "opened",
        CaseStatus,
        again=True,
        seconds_max=doors.limits.recording_seconds_max,
    )
