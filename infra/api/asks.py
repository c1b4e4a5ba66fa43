"""Requests for consent: ask an owner, see what waits, say yes or no, take it back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from domain.consent.asking import ASK, AskEnded, AskUnknown, NeverAsked, ask_id
from domain.kernel.ids import AskId, CameoId
from domain.kernel.model import Value
from infra.api import stories
from infra.api.auth import Account, Client, KeyRequired
from infra.api.deadlines import asking
from infra.api.deciding import standing
from infra.api.declared import problems
from infra.api.doors import doors_of
from infra.api.enrolment_views import STRICT
from infra.api.idempotency import Answer
from infra.api.once import IdempotencyKey, once
from infra.api.pages import Cursor, Limit, cursor_of, keys_of
from infra.api.problems import Trouble
from infra.telemetry import traces
from projections.asks import AskRow
from workflows.consent_contracts import (
    CONSENT_REQUEST,
    AskIdentity,
    AskReceipt,
    AskStatus,
    CastersWithdrawal,
    ConsentOrder,
    OwnersAnswer,
    ask_workflow_id,
)

router = APIRouter(prefix="/v1/consent-requests", tags=["consent"], dependencies=[KeyRequired])

Side = Annotated[
    Literal["owner", "caster"],
    Query(description="`owner`: what waits for your answer; `caster`: what you have asked."),
]


class AskRequest(BaseModel):
    """Whom to ask, and a word to them."""

    model_config = STRICT

    cameo_id: CameoId
    message: str = Field(default="", max_length=500, description="Shown to the owner alone.")


class AskedView(BaseModel):
    """The request is before its owner; without an answer it lapses, which is a no."""

    ask_id: str
    status: Literal["pending"] = "pending"
    answer_by: datetime


class AskView(BaseModel):
    """A request as both sides see it."""

    ask_id: str
    cameo_id: str
    owner_id: str
    caster_id: str
    message: str
    status: Literal["pending", "approved", "denied", "lapsed", "withdrawn"]
    asked_at: datetime
    answer_by: datetime


class AskPage(BaseModel):
    """A page of requests, newest first."""

    items: list[AskView]
    next_cursor: str | None = Field(description="Null on the last page.")


class AnsweredView(BaseModel):
    """How the request ended."""

    ask_id: str
    status: Literal["approved", "denied", "lapsed", "withdrawn"]


@router.post(
    "",
    status_code=202,
    response_model=AskedView,
    responses=problems(403, 404, 409, 422, 503, body=True),
    summary="Ask an owner",
)
async def ask_for_consent(
    request: Request,
    body: AskRequest,
    client: Client,
    account: Account,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Ask the owner of a cameo to approve you by name. Seven days of silence are a no."""
    doors = doors_of(request)

    async def work(request_id: str) -> Answer:
        order = ConsentOrder(
            ask_id=ask_id(body.cameo_id, account),
            cameo_id=body.cameo_id,
            caster_id=account,
            request_id=request_id,
            message=body.message,
            requested_by=f"client/{client}",
            traceparent=traces.current_traceparent(),
        )
        receipt = await stories.begin(
            doors.client,
            CONSENT_REQUEST,
            order,
            ask_workflow_id(order.ask_id),
            "recorded",
            AskReceipt,
            argument=AskIdentity(request_id=request_id),
            again=True,
            seconds_max=doors.limits.recording_seconds_max,
        )
        view = AskedView(ask_id=order.ask_id, answer_by=receipt.answer_by)
        return Answer(202, view.model_dump_json().encode(), "application/json")

    return await once(
        doors,
        request,
        client=client,
        account=account,
        key=idempotency_key,
        prefix="req",
        work=work,
    )


@router.get("", responses=problems(403, 422, 503), summary="List requests")
async def list_requests(
    request: Request,
    account: Account,
    side: Side = "owner",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> AskPage:
    """What waits for the acting account's answer, or what it has asked of others."""
    doors, keys = doors_of(request), keys_of(cursor, int)
    before = int(keys[0]) if keys else None
    read = doors.asks.before_owner if side == "owner" else doors.asks.of_caster
    async with asking("postgres"):
        rows = await read(account, limit + 1, before)
    more = len(rows) > limit
    return AskPage(
        items=[_view(row) for row in rows[:limit]],
        next_cursor=cursor_of(rows[limit - 1].asked_position) if more else None,
    )


@router.post("/{ask_id}/approve", responses=problems(403, 404, 409, 422, 503), summary="Say yes")
async def approve(request: Request, account: Account, ask_id: AskId) -> AnsweredView:
    """The owner says yes: the caster is approved by name in the same append."""
    return await _answer(request, account, ask_id, "approve_use", OwnersAnswer(account_id=account))


@router.post("/{ask_id}/deny", responses=problems(403, 404, 409, 422, 503), summary="Say no")
async def deny(request: Request, account: Account, ask_id: AskId) -> AnsweredView:
    """The owner says no; the same caster may ask again after 30 days."""
    return await _answer(request, account, ask_id, "deny_use", OwnersAnswer(account_id=account))


@router.post(
    "/{ask_id}/withdraw", responses=problems(403, 404, 409, 422, 503), summary="Take it back"
)
async def withdraw(request: Request, account: Account, ask_id: AskId) -> AnsweredView:
    """The caster takes the request back."""
    own = CastersWithdrawal(account_id=account)
    return await _answer(request, account, ask_id, "withdraw", own)


async def _answer(
    request: Request, account: str, identifier: str, question: str, argument: Value
) -> AnsweredView:
    """Ask the story; a request that does not concern the account is as unknown as none."""
    doors = doors_of(request)
    state = await standing(doors, ASK, identifier)
    if isinstance(state, NeverAsked) or account not in (
        state.asked.owner_id,
        state.asked.caster_id,
    ):
        raise Trouble.refused(AskUnknown())
    try:
        status = await stories.ask(
            doors.client, ask_workflow_id(identifier), question, argument, AskStatus
        )
    except stories.StoryOver:
        raise Trouble.refused(AskEnded()) from None
    return AnsweredView.model_validate({"ask_id": identifier, "status": status.stage})


def _view(row: AskRow) -> AskView:
    return AskView.model_validate({name: getattr(row, name) for name in AskView.model_fields})
