"""Takedowns: take a video out of everybody's sight, for good."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from domain.kernel.ids import VideoId
from domain.video.video import (
    VIDEO,
    TakedownReason,
    TakenDown,
    Unreleased,
    released_once,
)
from infra.api import stories
from infra.api.auth import Account, Client, KeyRequired
from infra.api.deciding import standing
from infra.api.declared import problems
from infra.api.doors import doors_of
from infra.api.enrolment_views import STRICT
from infra.api.problems import Trouble
from infra.api.reviews import STAFF
from infra.telemetry import traces
from workflows.export_contracts import (
    VIDEO_TAKEDOWN,
    TakedownReceipt,
    VideoTakedownOrder,
    takedown_workflow_id,
)

router = APIRouter(prefix="/v1/videos", tags=["videos"], dependencies=[KeyRequired])


class TakedownRequest(BaseModel):
    """Why it is to go."""

    model_config = STRICT

    reason: TakedownReason


class TakedownView(BaseModel):
    """Nobody can see the video any more."""

    video_id: str
    status: Literal["taken-down"] = "taken-down"


@router.post(
    "/{video_id}/takedown",
    status_code=202,
    responses=problems(403, 404, 409, 422, 503, body=True),
    summary="Take it down",
)
async def take_down(
    request: Request, body: TakedownRequest, client: Client, account: Account, video_id: VideoId
) -> TakedownView:
    """Take your own video down, or any with a staff key. What looks like it stays down too."""
    doors = doors_of(request)
    video = await standing(doors, VIDEO, video_id)
    if isinstance(video, Unreleased):
        raise Trouble("video-unknown")
    staff = client.startswith(STAFF)
    if not (staff or released_once(video).account_id == account):
        raise Trouble("video-unknown")
    if isinstance(video, TakenDown):
        return TakedownView(video_id=video_id)
    order = VideoTakedownOrder(
        video_id=video_id,
        reason=body.reason,
        requested_by=f"client/{client}",
        traceparent=traces.current_traceparent(),
    )
    await stories.begin(
        doors.client,
        VIDEO_TAKEDOWN,
        order,
        takedown_workflow_id(video_id),
        "recorded",
        TakedownReceipt,
        update_id=f"recorded/{video_id}",
        again=True,
        seconds_max=doors.limits.recording_seconds_max,
    )
    return TakedownView(video_id=video_id)
