"""Cameos: enrol one, retake it, see how it stands, name it, find it, delete it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from domain.account.handle import HANDLE, require_borne
from domain.account.handles import handle_key
from domain.cameo.cameo import Cameo, Castable, Deleted, NoCameo
from domain.cameo.keeping import CAMEO, CameoGone, CameoUnknown
from domain.cameo.release import Kind
from domain.consent.plan import CastMember, CastPlan
from domain.consent.terms import Tier
from domain.kernel.errors import Refusal
from domain.kernel.ids import CameoId, mint, sibling
from infra.api import stories
from infra.api.auth import Account, Client, KeyRequired
from infra.api.deadlines import asking
from infra.api.deciding import standing
from infra.api.declared import problems
from infra.api.deletions import delete_for_good
from infra.api.doors import doors_of
from infra.api.enrolment_views import EnrolmentRequest
from infra.api.idempotency import Answer
from infra.api.once import IdempotencyKey, once
from infra.api.pages import Cursor, Limit, cursor_of, keys_of
from infra.api.people import HandleRequest, claim
from infra.api.problems import Trouble
from infra.telemetry import traces
from projections.cameos import CameoRow
from workflows.cameo_contracts import (
    CAMEO_ENROLLMENT,
    EnrolmentOrder,
    EnrolmentReceipt,
    enrolment_workflow_id,
)

router = APIRouter(prefix="/v1/cameos", tags=["cameos"], dependencies=[KeyRequired])


class Begun(BaseModel):
    """The signed release stands in the event log; the attempt has begun."""

    enrolment_id: str
    cameo_id: str
    version: int = Field(description="Which version of the cameo it will be.")
    links: dict[str, str]


class VersionView(BaseModel):
    """One version of a cameo, and when its likeness is destroyed at the latest."""

    version: int
    enrolment_id: str
    suspended: bool
    destroyed: bool
    destroy_by: datetime


class CameoView(BaseModel):
    """A cameo as its owner sees it."""

    cameo_id: str
    kind: Kind
    newest: int
    suspended: bool
    versions: list[VersionView]
    links: dict[str, str]


class CameoItem(BaseModel):
    """A cameo in its owner's list."""

    cameo_id: str
    kind: str
    version: int
    suspended: bool
    tier: Tier
    revoked: bool
    expires_at: datetime | None
    approved_at: datetime
    destroy_by: datetime


class CameoPage(BaseModel):
    """A page of an account's cameos, newest first."""

    items: list[CameoItem]
    next_cursor: str | None = Field(description="Null on the last page.")


class FoundView(BaseModel):
    """What anybody learns of a handle: which cameo it calls, and whether they may cast it."""

    handle: str
    account_id: str
    cameo_id: str | None
    version: int | None
    kind: Kind | None
    castable: bool = Field(description="Whether the acting account may cast it right now.")


async def own_cameo(request: Request, account: Account, cameo_id: CameoId) -> Castable:
    """A cameo of the acting account; another's is as unknown as one that never was."""
    state = await standing(doors_of(request), CAMEO, cameo_id)
    if isinstance(state, Deleted) and state.account_id == account:
        raise Trouble.refused(CameoGone())
    if not isinstance(state, Castable) or state.account_id != account:
        raise Trouble.refused(CameoUnknown())
    return state


OwnCameo = Annotated[Castable, Depends(own_cameo)]


@router.post(
    "",
    status_code=201,
    response_model=Begun,
    responses=problems(403, 404, 409, 410, 422, 429, 503, body=True),
    summary="Begin to enrol",
)
async def begin_enrolment(
    request: Request,
    body: EnrolmentRequest,
    client: Client,
    account: Account,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Begin to enrol a new cameo with a signed release. The next step is the challenge."""
    return await _begin(request, body, client, account, idempotency_key, None)


@router.post(
    "/{cameo_id}/retakes",
    status_code=201,
    response_model=Begun,
    responses=problems(403, 404, 409, 410, 422, 429, 503, body=True),
    summary="Retake",
)
async def begin_retake(
    request: Request,
    body: EnrolmentRequest,
    client: Client,
    account: Account,
    cameo: OwnCameo,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Begin a retake: approved, it is the next version. What runs keeps the version it has."""
    return await _begin(request, body, client, account, idempotency_key, cameo.cameo_id)


async def _begin(
    request: Request,
    body: EnrolmentRequest,
    client: str,
    account: str,
    key: str | None,
    cameo_id: str | None,
) -> Response:
    doors = doors_of(request)

    async def work(enrolment_id: str) -> Answer:
        order = EnrolmentOrder(
            enrolment_id=enrolment_id,
            cameo_id=cameo_id or sibling(enrolment_id, "cam"),
            account_id=account,
            kind=body.kind,
            release=body.release.signed(doors.clock()),
            requested_by=f"client/{client}",
            traceparent=traces.current_traceparent(),
        )
        try:
            begun = await stories.begin(
                doors.client,
                CAMEO_ENROLLMENT,
                order,
                enrolment_workflow_id(enrolment_id),
                "begun",
                EnrolmentReceipt,
                update_id=f"begun/{enrolment_id}",
                seconds_max=doors.limits.recording_seconds_max,
            )
        except stories.StoryOver:
            raise Trouble("request-refused", f"{enrolment_id} has ended already.") from None
        here = f"/v1/enrolments/{enrolment_id}"
        view = Begun(
            enrolment_id=enrolment_id,
            cameo_id=begun.cameo_id,
            version=begun.version,
            links={"self": here, "challenge": f"{here}/challenge", "upload": f"{here}/upload"},
        )
        return Answer(201, view.model_dump_json().encode(), "application/json", here)

    return await once(
        doors, request, client=client, account=account, key=key, prefix="enr", work=work
    )


@router.get("", responses=problems(403, 422, 503), summary="List your cameos")
async def list_cameos(
    request: Request, account: Account, limit: Limit = 20, cursor: Cursor = None
) -> CameoPage:
    """The acting account's cameos, newest first, as the read model has them."""
    keys = keys_of(cursor, int)
    before = int(keys[0]) if keys else None
    async with asking("postgres"):
        rows = await doors_of(request).cameos.of_account(account, limit + 1, before)
    more = len(rows) > limit
    return CameoPage(
        items=[_item(row) for row in rows[:limit]],
        next_cursor=cursor_of(rows[limit - 1].first_position) if more else None,
    )


@router.get("/by-handle/{handle}", responses=problems(403, 404, 422, 503), summary="Find by handle")
async def find_cameo(request: Request, account: Account, handle: str) -> FoundView:
    """Which cameo a handle calls. A look-alike handle is nobody's."""
    doors = doors_of(request)
    try:
        borne = require_borne(await standing(doors, HANDLE, handle_key(handle)), handle)
    except Refusal as refusal:
        raise Trouble.refused(refusal) from None
    cameo: Cameo = NoCameo()
    if borne.cameo_id:
        cameo = await standing(doors, CAMEO, borne.cameo_id)
    if not isinstance(cameo, Castable):
        return FoundView(
            handle=borne.handle,
            account_id=borne.account_id,
            cameo_id=None,
            version=None,
            kind=None,
            castable=False,
        )
    plan = CastPlan(
        generation_id=mint("gen", doors.clock(), bytes(10)),
        caster_id=account,
        plan_key="find",
        cast=(CastMember(cameo_id=cameo.cameo_id, version=cameo.newest),),
        at=doors.clock(),
    )
    async with asking("postgres"):
        answer = await doors.desk.look(plan, "admission")
    return FoundView(
        handle=borne.handle,
        account_id=borne.account_id,
        cameo_id=cameo.cameo_id,
        version=cameo.newest,
        kind=cameo.kind,
        castable=answer.decision.permitted,
    )


@router.get("/{cameo_id}", responses=problems(403, 404, 410, 422, 503), summary="How it stands")
async def read_cameo(cameo: OwnCameo) -> CameoView:
    """One of the acting account's cameos, from the log."""
    here = f"/v1/cameos/{cameo.cameo_id}"
    return CameoView(
        cameo_id=cameo.cameo_id,
        kind=cameo.kind,
        newest=cameo.newest,
        suspended=cameo.suspends(cameo.newest),
        versions=[
            VersionView(
                version=number,
                enrolment_id=version.enrolment_id,
                suspended=cameo.suspends(number),
                destroyed=number in cameo.templates_destroyed,
                destroy_by=version.destroy_by,
            )
            for number, version in sorted(cameo.versions.items())
        ],
        links={"self": here, "consent": f"{here}/consent", "retakes": f"{here}/retakes"},
    )


@router.put(
    "/{cameo_id}/handle",
    status_code=204,
    responses=problems(403, 404, 409, 410, 422, 503, body=True),
    summary="Give it a handle",
)
async def name_cameo(
    request: Request, body: HandleRequest, client: Client, account: Account, cameo: OwnCameo
) -> Response:
    """Let a handle call this cameo: `@handle` in a prompt or a cast list."""
    await claim(doors_of(request), client, account, body.handle, cameo.cameo_id)
    return Response(status_code=204)


class DeletedView(BaseModel):
    """The cameo is deleted: from this position of the log on nobody may use it."""

    cameo_id: str
    status: Literal["deleted"] = "deleted"


@router.delete(
    "/{cameo_id}",
    status_code=202,
    responses=problems(403, 404, 409, 410, 422, 503),
    summary="Delete it",
)
async def delete_cameo(
    request: Request, client: Client, account: Account, cameo: OwnCameo
) -> DeletedView:
    """Delete it for good. Its likeness is destroyed next; open requests and retakes end."""
    await delete_for_good(doors_of(request), client, account, cameo.cameo_id)
    return DeletedView(cameo_id=cameo.cameo_id)


def _item(row: CameoRow) -> CameoItem:
    return CameoItem.model_validate({name: getattr(row, name) for name in CameoItem.model_fields})
