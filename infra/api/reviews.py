"""Reviews: what waits for a human, and what the human decides. For staff applications alone."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from activities.cameo.reopening import ReopenedReviews
from activities.ledger import Context
from domain.cameo import enrolment_situations as situations
from domain.cameo.enrolment import ENROLMENT
from domain.cameo.enrolment_commands import ReviewEnrolment
from domain.cameo.enrolment_refusals import EnrolmentUnknown, NotInReview
from domain.kernel.errors import Refusal
from domain.kernel.ids import EnrolmentId
from infra.api import stories
from infra.api.auth import Client, KeyRequired
from infra.api.deadlines import asking
from infra.api.deciding import standing
from infra.api.declared import problems
from infra.api.doors import Doors, doors_of
from infra.api.enrolment_views import STRICT
from infra.api.pages import Cursor, Limit, cursor_of, keys_of
from infra.api.problems import Trouble
from infra.telemetry import traces
from projections.enrolments import EnrolmentRow
from workflows.cameo_contracts import EnrolmentStatus, Review, enrolment_workflow_id

router = APIRouter(prefix="/v1/reviews", tags=["reviews"], dependencies=[KeyRequired])

STAFF: Final = "staff-"


class ReviewItem(BaseModel):
    """An attempt that waits for a human, with the checks in question."""

    enrolment_id: str
    cameo_id: str
    account_id: str
    kind: str
    version: int
    waiting_since: datetime
    checks: list[str]
    others: list[str] = Field(description="Cameos that were frozen with it.")


class ReviewPage(BaseModel):
    """A page of the queue, whoever has waited longest first."""

    items: list[ReviewItem]
    next_cursor: str | None = Field(description="Null on the last page.")


class ReviewRequest(BaseModel):
    """What the human decided, under an id that is no name."""

    model_config = STRICT

    reviewer: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")
    decision: Literal["approve", "refuse"]
    reason: str = Field(pattern=r"^[a-z][a-z-]{0,59}$", description="One stable word.")
    others: Literal["reinstate", "keep-frozen"] = "reinstate"


class ReviewedView(BaseModel):
    """How the attempt stands after the review."""

    enrolment_id: str
    status: str


def staff_client(client: Client) -> str:
    """The application's name, when it is one of the staff's."""
    if not client.startswith(STAFF):
        raise Trouble("key-not-staff")
    return client


Staff = Annotated[str, Depends(staff_client)]


@router.get("", responses=problems(403, 422, 503), summary="What waits for a human")
async def read_queue(
    request: Request, staff: Staff, limit: Limit = 20, cursor: Cursor = None
) -> ReviewPage:
    """Attempts in review, whoever has waited longest first."""
    keys = keys_of(cursor, int)
    after = int(keys[0]) if keys else 0
    async with asking("postgres"):
        rows = await doors_of(request).enrolments.review_queue(limit + 1, after)
    more = len(rows) > limit
    return ReviewPage(
        items=[_item(row) for row in rows[:limit]],
        next_cursor=cursor_of(rows[limit - 1].started_position) if more else None,
    )


@router.post(
    "/{enrolment_id}",
    responses=problems(403, 404, 409, 422, 503, body=True),
    summary="Decide",
)
async def review(
    request: Request, body: ReviewRequest, staff: Staff, enrolment_id: EnrolmentId
) -> ReviewedView:
    """Decide about an attempt. Refused, the cameos that were frozen with it are let go again.

    Of somebody who is enrolled already, and whom a better detector finds twice, `refuse` keeps the
    cameo suspended.
    """
    doors = doors_of(request)
    state = await standing(doors, ENROLMENT, enrolment_id)
    if isinstance(state, situations.NotStarted):
        raise Trouble.refused(EnrolmentUnknown())
    decided = Review(
        reviewer=f"{staff}/{body.reviewer}",
        decision=body.decision,
        reason=body.reason,
        others=body.others,
    )
    if isinstance(state, situations.Reopened):
        return await _decide_once_more(doors, state, body, decided)
    try:
        status = await stories.ask(
            doors.client,
            enrolment_workflow_id(enrolment_id),
            "review_completed",
            decided,
            EnrolmentStatus,
        )
    except stories.StoryOver:
        raise Trouble.refused(NotInReview()) from None
    return ReviewedView(enrolment_id=enrolment_id, status=status.stage)


async def _decide_once_more(
    doors: Doors, state: situations.Reopened, body: ReviewRequest, decided: Review
) -> ReviewedView:
    """About somebody who is enrolled: its story is over, so the log is told here."""
    enrolment_id = state.began.enrolment_id
    command = ReviewEnrolment(
        command_id=doors.draw("cmd"),
        at=doors.clock(),
        reviewer=decided.reviewer,
        decision=body.decision,
        reason=body.reason,
    )
    context = Context(
        f"client/{decided.reviewer}", f"enrolment/{enrolment_id}", traces.current_traceparent()
    )
    try:
        async with asking("postgres"):
            await ReopenedReviews(doors.ledger).decide(state, command, body.others, context)
    except Refusal as refusal:
        raise Trouble.refused(refusal) from None
    return ReviewedView(
        enrolment_id=enrolment_id,
        status="approved" if body.decision == "approve" else "suspended",
    )


def _item(row: EnrolmentRow) -> ReviewItem:
    return ReviewItem(
        enrolment_id=row.enrolment_id,
        cameo_id=row.cameo_id,
        account_id=row.account_id,
        kind=row.kind,
        version=row.version,
        waiting_since=row.updated_at,
        checks=json.loads(row.checks),
        others=json.loads(row.others),
    )
