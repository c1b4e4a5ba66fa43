"""Moderation for the person: what was decided about their content, why, and an appeal."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from domain.kernel.errors import Refusal
from domain.kernel.ids import ModerationId, sibling
from domain.moderation.case import MODERATION
from domain.moderation.case_refusals import CaseUnknown
from domain.moderation.case_situations import Known, said_to_the_person
from domain.moderation.reasons import StatementOfReasons
from domain.moderation.statement import reasons_of
from domain.video.video import VIDEO, Hidden
from infra.api import stories
from infra.api.auth import Account, Client, KeyRequired
from infra.api.deadlines import asking
from infra.api.deciding import standing
from infra.api.declared import problems
from infra.api.doors import doors_of
from infra.api.enrolment_views import STRICT
from infra.api.generations import OwnGeneration
from infra.api.moderation_views import VerdictList, VerdictView, verdict_view
from infra.api.problems import Trouble
from infra.api.seen import case_seen
from infra.telemetry import traces
from workflows.moderation_contracts import (
    CONTENT_MODERATION,
    CaseStatus,
    ModerationOrder,
    moderation_workflow_id,
)

router = APIRouter(prefix="/v1", tags=["moderation"], dependencies=[KeyRequired])


class AppealRequest(BaseModel):
    """Why the refusal is wrong, in the person's words; those who review see them."""

    model_config = STRICT

    words: str = Field(default="", max_length=1000)


async def own_case(request: Request, account: Account, case_id: ModerationId) -> Known:
    """A case of the acting account; another's is as unknown as none."""
    state = await standing(doors_of(request), MODERATION, case_id)
    if not isinstance(state, Known) or state.content.account_id != account:
        raise Trouble.refused(CaseUnknown())
    return state


OwnCase = Annotated[Known, Depends(own_case)]


@router.get(
    "/generations/{generation_id}/verdicts",
    responses=problems(403, 404, 422, 503),
    summary="What was decided about it",
)
async def read_verdicts(request: Request, view: OwnGeneration) -> VerdictList:
    """The verdicts about a generation: before anything is made, and before anything is shown."""
    async with asking("postgres"):
        rows = await doors_of(request).moderation.of_generation(view.generation_id)
    return VerdictList(items=[verdict_view(row) for row in rows])


@router.get(
    "/moderation/cases/{case_id}",
    responses=problems(403, 404, 422, 503),
    summary="How a case stands",
)
async def read_case(request: Request, case: OwnCase) -> VerdictView:
    """One verdict about the acting account's content."""
    row = await case_seen(doors_of(request), case.content.case_id, 0)
    return verdict_view(row, said_to_the_person(case))


@router.get(
    "/moderation/cases/{case_id}/reasons",
    responses=problems(403, 404, 409, 422, 503),
    summary="Why it is refused, or waits",
)
async def read_reasons(request: Request, case: OwnCase) -> StatementOfReasons:
    """The statement of reasons, made from the decision as it stands in the log."""
    doors = doors_of(request)
    async with asking("postgres"):
        policies = await doors.policies.policies()
    video = await standing(doors, VIDEO, sibling(case.content.generation_id, "vid"))
    hidden = isinstance(video, Hidden) and case.content.case_id in video.cases
    try:
        return reasons_of(case, policies.named(case.verdict.policy_revision), hidden=hidden)
    except Refusal as refusal:
        raise Trouble.refused(refusal) from None


@router.post(
    "/moderation/cases/{case_id}/appeal",
    status_code=202,
    responses=problems(403, 404, 409, 422, 503, body=True),
    summary="Object to a refusal",
)
async def appeal(
    request: Request, body: AppealRequest, client: Client, case: OwnCase
) -> VerdictView:
    """Object within 183 days. Another human than the first decides; you are told what."""
    doors, case_id = doors_of(request), case.content.case_id
    order = ModerationOrder(
        case_id=case_id,
        matter="appeal",
        account_id=case.content.account_id,
        words=body.words,
        requested_by=f"client/{client}",
        traceparent=traces.current_traceparent(),
    )
    status = await stories.begin(
        doors.client,
        CONTENT_MODERATION,
        order,
        moderation_workflow_id(case_id, "appeal"),
        "opened",
        CaseStatus,
        again=True,
        seconds_max=doors.limits.recording_seconds_max,
    )
    return verdict_view(await case_seen(doors, case_id, status.position))
