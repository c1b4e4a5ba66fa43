"""Provenance cases: bytes of ours on which a layer does not verify. For staff alone."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from activities.ledger import Decision
from domain.kernel.ids import CaseId
from domain.provenance.case import (
    CASE,
    CloseCase,
    ClosedBecause,
    NoCase,
    ProvenanceCaseUnknown,
)
from infra.api.auth import KeyRequired
from infra.api.deadlines import asking
from infra.api.deciding import decide
from infra.api.declared import problems
from infra.api.doors import doors_of
from infra.api.enrolment_views import STRICT
from infra.api.holds import ReviewerName
from infra.api.idempotency import Answer
from infra.api.once import IdempotencyKey, once
from infra.api.pages import Cursor, Limit, cursor_of, keys_of
from infra.api.problems import Trouble
from infra.api.reviews import Staff
from infra.api.seen import provenance_case_seen
from projections.provenance_cases import ProvenanceCaseRow

router = APIRouter(prefix="/v1/provenance/cases", tags=["provenance"], dependencies=[KeyRequired])

Status = Literal["open", "closed"]
Which = Annotated[Status, Query(description="`open`: somebody has to look; `closed`: has looked.")]


class ProvenanceCaseView(BaseModel):
    """A file of ours on which a layer does not verify, and who has looked."""

    case_id: str
    artefact_id: str = Field(description="The video or the export whose bytes they are.")
    film_sha256: str
    status: Status
    found_by: Literal["export", "audit"]
    code: str = Field(description="What is amiss, for programs.")
    explanation: str = Field(description="Which layer it is.")
    opened_at: datetime
    closed_at: datetime | None = Field(
        description="When it was last closed; an open case with this date was opened again."
    )
    closed_by: str | None = Field(description="The staff application and the id that it gave.")
    reason: str | None


class ProvenanceCasePage(BaseModel):
    """A page of cases, the one that was opened last first."""

    items: list[ProvenanceCaseView]
    next_cursor: str | None = Field(description="Null on the last page.")


class CloseRequest(BaseModel):
    """Who has looked, and why nothing more is to be done."""

    model_config = STRICT

    reviewer: ReviewerName
    reason: ClosedBecause = Field(description="One stable word, such as `bytes-restored`.")


@router.get("", responses=problems(403, 422, 503), summary="What does not verify")
async def list_provenance_cases(
    request: Request,
    staff: Staff,
    status: Which = "open",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> ProvenanceCasePage:
    """Cases that wait for somebody to look, or that were closed."""
    doors, keys = doors_of(request), keys_of(cursor, int)
    before = int(keys[0]) if keys else None
    async with asking("postgres"):
        rows = await doors.provenance_cases.with_status(status, limit + 1, before)
    more = len(rows) > limit
    return ProvenanceCasePage(
        items=[_view(row) for row in rows[:limit]],
        next_cursor=cursor_of(rows[limit - 1].opened_position) if more else None,
    )


@router.get("/{case_id}", responses=problems(403, 404, 422, 503), summary="How a case stands")
async def read_provenance_case(
    request: Request, staff: Staff, case_id: CaseId
) -> ProvenanceCaseView:
    """One case, as the log has it."""
    doors = doors_of(request)
    async with asking("postgres"):
        found = await doors.ledger.state(CASE, case_id)
    if isinstance(found.state, NoCase):
        raise Trouble.refused(ProvenanceCaseUnknown())
    return _view(await provenance_case_seen(doors, case_id, found.position))


@router.post(
    "/{case_id}/close",
    response_model=ProvenanceCaseView,
    responses=problems(403, 404, 409, 422, 503, body=True),
    summary="Close it",
)
async def close_provenance_case(
    request: Request,
    body: CloseRequest,
    staff: Staff,
    case_id: CaseId,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Say that you have looked, and why nothing more is to be done.

    The bytes stay as they are. Where they fail to verify again, the case is opened again.
    """
    doors = doors_of(request)

    async def work(command_id: str) -> Answer:
        command = CloseCase(
            command_id=command_id,
            at=doors.clock(),
            case_id=case_id,
            closed_by=f"{staff}/{body.reviewer}",
            because=body.reason,
        )
        done = await decide(doors, staff, f"case/{case_id}", [Decision(CASE, case_id, command)])
        view = _view(await provenance_case_seen(doors, case_id, done.position))
        return Answer(200, view.model_dump_json().encode(), "application/json")

    return await once(
        doors,
        request,
        client=staff,
        account=body.reviewer,
        key=idempotency_key,
        prefix="door",
        work=work,
    )


def _view(row: ProvenanceCaseRow) -> ProvenanceCaseView:
    same = ProvenanceCaseView.model_fields.keys() - {"closed_by", "reason"}
    told = {name: getattr(row, name) for name in same}
    said = {"closed_by": row.closed_by or None, "reason": row.because or None}
    return ProvenanceCaseView.model_validate(told | said)
