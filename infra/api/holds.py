"""Holds and appeals for those who review: the queue, the content, a claim, a decision. For staff.

Everything is to be shown blurred and muted at first, and nobody who reviews learns whose it is.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from activities.ledger import Decision
from activities.moderation.material import open_material
from domain.generation.decider import GENERATION
from domain.generation.situations import Completed, Stored
from domain.kernel.ids import ModerationId
from domain.kernel.model import Value
from domain.kernel.vault import Erased
from domain.moderation.case import MODERATION
from domain.moderation.case_commands import Reading, ShowContent
from domain.moderation.case_refusals import CaseUnknown, ClauseUnknown, NotWaiting
from domain.moderation.case_situations import Held, Known, OnAppeal
from domain.moderation.policy import Clause
from domain.moderation.publishing import Because
from domain.video.video import VIDEO, Hidden, Released, released_once
from infra.api import deciding, stories
from infra.api.auth import KeyRequired
from infra.api.content import address_of
from infra.api.deadlines import asking
from infra.api.deciding import standing
from infra.api.declared import problems
from infra.api.doors import Doors, doors_of
from infra.api.enrolment_views import STRICT
from infra.api.moderation_views import HoldPage, HoldView, Presentation, hold_view
from infra.api.pages import Cursor, Limit, cursor_of, keys_of
from infra.api.problems import Trouble
from infra.api.reviews import Staff
from infra.api.seen import case_seen, film_followed
from projections.moderation import CaseRow, QueueCursor
from workflows.moderation_contracts import (
    CaseStatus,
    ClaimRequest,
    Matter,
    ReadingRequest,
    moderation_workflow_id,
)

router = APIRouter(prefix="/v1/moderation/holds", tags=["moderation"], dependencies=[KeyRequired])

ReviewerName = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$", description="An id of yours; no name.")
]


class ReviewerRequest(BaseModel):
    """Who takes the case, or gives it back."""

    model_config = STRICT

    reviewer: ReviewerName


class DecisionRequest(BaseModel):
    """What the reviewer finds, with the reason."""

    model_config = STRICT

    reviewer: ReviewerName
    decision: Reading
    reason: Because = Field(description="One stable word.")
    rule: Clause | None = Field(default=None, description="Where another rule is the right one.")
    words: str = Field(default="", max_length=1000, description="For the person.")


class ContentView(BaseModel):
    """What is to be looked at; addresses are good for some minutes."""

    case_id: str
    presentation: Presentation = Presentation()
    prompt: str
    shots: list[str]
    lines: list[str]
    appeal: str | None = Field(description="What the person says against the refusal.")
    poster: str | None
    film: str | None


@router.get("", responses=problems(403, 422, 503), summary="What waits for humans")
async def read_queue(
    request: Request, staff: Staff, limit: Limit = 20, cursor: Cursor = None
) -> HoldPage:
    """Holds and appeals, the most urgent first, and of these whoever has waited longest."""
    doors, keys = doors_of(request), keys_of(cursor, int, int)
    after = QueueCursor(int(keys[0]), int(keys[1])) if keys else None
    async with asking("postgres"):
        rows = await doors.moderation.queue(limit + 1, after)
        views = [await _view(doors, row) for row in rows[:limit]]
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return HoldPage(
        items=views,
        next_cursor=cursor_of(last.priority, last.waiting_position) if last else None,
    )


@router.get("/{case_id}/content", responses=problems(403, 404, 409, 410, 422, 503))
async def read_content(
    request: Request, staff: Staff, case_id: ModerationId, reviewer: ReviewerName | None = None
) -> ContentView:
    """What is to be looked at. It is to be shown blurred and muted at first.

    To whom it is shown stands in the log before it is: the key, and the reviewer if one is named.
    """
    doors = doors_of(request)
    case, _ = await _waiting(doors, case_id)
    try:
        material = await open_material(doors.vault, case.content.account_id, case.content.sealed)
    except Erased:
        raise Trouble("content-erased") from None
    show = ShowContent(
        command_id=doors.draw("cmd"),
        at=doors.clock(),
        reviewer=f"{staff}/{reviewer}" if reviewer else staff,
    )
    await deciding.decide(doors, staff, case_id, [Decision(MODERATION, case_id, show)])
    brief = material.brief
    film, poster = await _addresses(doors, case)
    return ContentView(
        case_id=case_id,
        prompt=brief.prompt,
        shots=[each.prompt for each in brief.shots],
        lines=[line.text for each in brief.shots for line in each.lines],
        appeal=case.appeal.words if isinstance(case, OnAppeal) else None,
        poster=poster,
        film=film,
    )


@router.post("/{case_id}/claim", responses=problems(403, 404, 409, 422, 503, body=True))
async def claim(
    request: Request, body: ReviewerRequest, staff: Staff, case_id: ModerationId
) -> HoldView:
    """Take a case out of the queue for half an hour."""
    who = ClaimRequest(reviewer=f"{staff}/{body.reviewer}")
    return await _ask(request, case_id, "claim", who)


@router.post("/{case_id}/return", responses=problems(403, 404, 409, 422, 503, body=True))
async def give_back(
    request: Request, body: ReviewerRequest, staff: Staff, case_id: ModerationId
) -> HoldView:
    """Put a case back into the queue."""
    who = ClaimRequest(reviewer=f"{staff}/{body.reviewer}")
    return await _ask(request, case_id, "give_back", who)


@router.post("/{case_id}/decision", responses=problems(403, 404, 409, 422, 503, body=True))
async def decide(
    request: Request, body: DecisionRequest, staff: Staff, case_id: ModerationId
) -> HoldView:
    """Decide a case that you have claimed. Of the gravest, two have to decide alike."""
    doors = doors_of(request)
    case, _ = await _waiting(doors, case_id)
    if body.rule is not None:
        async with asking("postgres"):
            policy = (await doors.policies.policies()).named(case.verdict.policy_revision)
        if policy.rule(body.rule) is None:
            raise Trouble.refused(ClauseUnknown())
    said = ReadingRequest(
        reviewer=f"{staff}/{body.reviewer}",
        reading=body.decision,
        because=body.reason,
        clause=body.rule,
        words=body.words,
    )
    return await _ask(request, case_id, "decide", said)


async def _ask(request: Request, case_id: str, question: str, argument: Value) -> HoldView:
    """Ask the story, and answer once the read models show what came of it."""
    doors = doors_of(request)
    case, matter = await _waiting(doors, case_id)
    try:
        status = await stories.ask(
            doors.client, moderation_workflow_id(case_id, matter), question, argument, CaseStatus
        )
    except stories.StoryOver:
        raise Trouble.refused(NotWaiting()) from None
    row = await case_seen(doors, case_id, status.position)
    await film_followed(doors, case.content.generation_id)
    return await _view(doors, row)


async def _waiting(doors: Doors, case_id: str) -> tuple[Held | OnAppeal, Matter]:
    state = await standing(doors, MODERATION, case_id)
    match state:
        case OnAppeal():
            return state, "appeal"
        case Held():
            return state, "hold"
        case Known():
            raise Trouble.refused(NotWaiting())
    raise Trouble.refused(CaseUnknown())


async def _addresses(doors: Doors, case: Known) -> tuple[str | None, str | None]:
    """Where film and poster are, once there are any: of what is hidden as well."""
    generation = await standing(doors, GENERATION, case.content.generation_id)
    match generation:
        case Stored():
            rendition = generation.rendition
        case Completed():
            video = await standing(doors, VIDEO, generation.video_id)
            if not isinstance(video, Released | Hidden):
                return None, None
            rendition = released_once(video).rendition
        case _:
            return None, None
    film, poster = rendition.film, rendition.poster
    return (
        (await address_of(doors, film.key, film.sha256, film.size)).address,
        (await address_of(doors, poster.key, poster.sha256, poster.size)).address,
    )


async def _view(doors: Doors, row: CaseRow) -> HoldView:
    strikes = await doors.moderation.strikes(row.account_id)
    person = doors.pseudonyms.of(row.case_id, row.account_id)
    return hold_view(row, person, strikes, doors.clock())
