"""Exports: ask for a copy of a video for outside, see how it stands, and fetch it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from activities.consent.leaving import LeavingDesk
from domain.consent.refusals import CastNotPermitted
from domain.kernel.errors import Refusal
from domain.kernel.ids import ExportId, VideoId
from domain.moderation.case import MODERATION
from domain.moderation.passing import require_cleared
from domain.video.export import EXPORT, Asked, Completed, ExportUnknown, Refused
from domain.video.video import VIDEO, require_seen
from infra.api import stories
from infra.api.auth import Account, Client, KeyRequired
from infra.api.content import ContentAddress, address_of
from infra.api.deadlines import asking
from infra.api.deciding import standing
from infra.api.declared import problems
from infra.api.doors import Doors, doors_of
from infra.api.idempotency import Answer
from infra.api.once import IdempotencyKey, once
from infra.api.problems import Trouble
from infra.telemetry import traces
from workflows.export_contracts import (
    VIDEO_EXPORT,
    ExportReceipt,
    VideoExportOrder,
    export_workflow_id,
)

router = APIRouter(prefix="/v1/videos", tags=["exports"], dependencies=[KeyRequired])


class ExportView(BaseModel):
    """How a copy for outside stands. Its content can be had when it is completed."""

    export_id: str
    video_id: str
    status: Literal["requested", "completed", "refused"]
    code: str | None = Field(default=None, description="Why there is none, for programs.")
    explanation: str | None = Field(default=None, description="Why there is none.")
    film_sha256: str | None = None
    film_bytes: int | None = None
    layers: list[str] = Field(description="What was verified on the bytes that are served.")
    links: dict[str, str]


async def own_export(
    request: Request, account: Account, video_id: VideoId, export_id: ExportId
) -> Asked:
    """An export of the acting account; another's is as unknown as one that never was."""
    state = await standing(doors_of(request), EXPORT, export_id)
    if not isinstance(state, Asked) or (state.account_id, state.video_id) != (account, video_id):
        raise Trouble.refused(ExportUnknown())
    return state


OwnExport = Annotated[Asked, Depends(own_export)]


@router.post(
    "/{video_id}/exports",
    status_code=202,
    response_model=ExportView,
    responses=problems(403, 404, 409, 410, 422, 503, body=True),
    summary="Ask for a copy for outside",
)
async def request_export(
    request: Request,
    client: Client,
    account: Account,
    video_id: VideoId,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Ask for a copy of your video with the visible mark. Everybody in it has to consent.

    It leaves only when every layer of provenance was read back from the bytes to be served.
    """
    doors = doors_of(request)

    async def work(export_id: str) -> Answer:
        order = VideoExportOrder(
            export_id=export_id,
            video_id=video_id,
            account_id=account,
            requested_by=f"client/{client}",
            traceparent=traces.current_traceparent(),
        )
        try:
            await stories.begin(
                doors.client,
                VIDEO_EXPORT,
                order,
                export_workflow_id(export_id),
                "recorded",
                ExportReceipt,
                update_id=f"recorded/{export_id}",
                seconds_max=doors.limits.recording_seconds_max,
            )
        except stories.StoryOver:
            await _require_recorded(doors, export_id)
        view = _view(Asked(export_id, video_id, account))
        return Answer(202, view.model_dump_json().encode(), "application/json", view.links["self"])

    return await once(
        doors,
        request,
        client=client,
        account=account,
        key=idempotency_key,
        prefix="exp",
        work=work,
    )


@router.get(
    "/{video_id}/exports/{export_id}",
    responses=problems(403, 404, 422, 503),
    summary="How the copy stands",
)
async def read_export(export: OwnExport) -> ExportView:
    """One export of the acting account."""
    return _view(export)


@router.get(
    "/{video_id}/exports/{export_id}/content",
    responses=problems(403, 404, 409, 410, 422, 503),
    summary="Fetch the copy",
)
async def read_export_content(request: Request, export: OwnExport) -> ContentAddress:
    """A short-lived address of the copy, while its video is seen, everybody still consents, and
    what was decided about its leaving stands."""
    if not isinstance(export, Completed):
        raise Trouble("export-unfinished")
    doors = doors_of(request)
    try:
        video = require_seen(await standing(doors, VIDEO, export.video_id))
    except Refusal as refusal:
        raise Trouble.refused(refusal) from None
    await _require_consent(doors, video.generation_id, export.account_id)
    await _require_passed(doors, export)
    film = export.film
    return await address_of(doors, film.key, film.sha256, film.size)


async def _require_consent(doors: Doors, generation_id: str, account_id: str) -> None:
    """A copy that was made under a consent is not handed out after that has ended."""
    desk = LeavingDesk(doors.ledger, doors.office)
    async with asking("postgres"):
        answer = await desk.look(generation_id, account_id, doors.clock())
    if answer is not None and not answer.decision.permitted:
        raise Trouble.refused(CastNotPermitted())


async def _require_passed(doors: Doors, export: Completed) -> None:
    """A copy that left is not handed out again once a batch or humans decided otherwise."""
    if export.case_id is None:
        return  # it left before films were judged for outside
    try:
        require_cleared(await standing(doors, MODERATION, export.case_id))
    except Refusal as refusal:
        raise Trouble.refused(refusal) from None


async def _require_recorded(doors: Doors, export_id: str) -> None:
    """The story has ended already: with a record, or before there was one."""
    state = await standing(doors, EXPORT, export_id)
    if not isinstance(state, Asked):
        raise Trouble("request-refused", f"{export_id} ended before it was recorded.")


def _view(export: Asked) -> ExportView:
    here = f"/v1/videos/{export.video_id}/exports/{export.export_id}"
    links = {"self": here, "video": f"/v1/videos/{export.video_id}"}
    said = {"export_id": export.export_id, "video_id": export.video_id, "links": links}
    match export:
        case Completed():
            return ExportView(
                **said | {"links": links | {"content": f"{here}/content"}},
                status="completed",
                film_sha256=export.film.sha256,
                film_bytes=export.film.size,
                layers=[
                    each.layer for each in export.proof.findings if each.standing == "verified"
                ],
            )
        case Refused():
            return ExportView(
                **said,
                status="refused",
                code=export.code,
                explanation=export.explanation,
                layers=[],
            )
        case _:
            return ExportView(**said, status="requested", layers=[])
