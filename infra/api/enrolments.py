"""Enrolments: begin one, ask for the challenge, upload, hand in, and see each check."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from activities.cameo.orders import Challenged, Received
from activities.cameo.places import upload_key
from activities.ledger import Decision
from domain.cameo import enrolment_situations as situations
from domain.cameo.clip import CLIP_BYTES_MAX
from domain.cameo.enrolment import ENROLMENT
from domain.cameo.enrolment_commands import DeclineClip
from domain.cameo.enrolment_events import CheckRecorded
from domain.cameo.enrolment_refusals import (
    ChallengeExpired,
    ChallengeMissing,
    EnrolmentSettled,
    EnrolmentUnknown,
    NotYourEnrolment,
)
from domain.cameo.keeping import CameoGone
from domain.kernel.errors import Refusal
from domain.kernel.ids import EnrolmentId
from infra.api import stories
from infra.api.auth import Account, Client, KeyRequired
from infra.api.deadlines import asking
from infra.api.deciding import decide, standing
from infra.api.declared import problems
from infra.api.doors import Doors, doors_of
from infra.api.enrolment_views import (
    ChallengeView,
    CheckView,
    EnrolmentItem,
    EnrolmentView,
    SessionRequest,
    UploadView,
    item_of,
    view_of,
)
from infra.api.pages import Cursor, Limit, cursor_of, keys_of
from infra.api.problems import Trouble
from workflows.cameo_contracts import (
    UPLOAD_WITHIN,
    ChallengeRequest,
    ClipSubmission,
    EnrolmentStatus,
    Withdrawal,
    enrolment_workflow_id,
)

router = APIRouter(prefix="/v1/enrolments", tags=["cameos"], dependencies=[KeyRequired])

CLIP_TYPE: Final = "video/mp4"


class EnrolmentPage(BaseModel):
    """A page of an account's attempts, newest first."""

    items: list[EnrolmentItem]
    next_cursor: str | None = Field(description="Null on the last page.")


class Accepted(BaseModel):
    """The clip was taken in and is being examined."""

    enrolment_id: str
    status: str = "examining"


async def own_enrolment(
    request: Request, account: Account, enrolment_id: EnrolmentId
) -> situations.Started:
    """An attempt of the acting account; another's is as unknown as one that never was."""
    state = await standing(doors_of(request), ENROLMENT, enrolment_id)
    if not isinstance(state, situations.Started) or state.began.account_id != account:
        raise Trouble.refused(EnrolmentUnknown())
    return state


OwnEnrolment = Annotated[situations.Started, Depends(own_enrolment)]


@router.get("", responses=problems(403, 422, 503), summary="List your attempts")
async def list_enrolments(
    request: Request, account: Account, limit: Limit = 20, cursor: Cursor = None
) -> EnrolmentPage:
    """The acting account's attempts to enrol, newest first."""
    keys = keys_of(cursor, int)
    before = int(keys[0]) if keys else None
    async with asking("postgres"):
        rows = await doors_of(request).enrolments.of_account(account, limit + 1, before)
    more = len(rows) > limit
    return EnrolmentPage(
        items=[item_of(row) for row in rows[:limit]],
        next_cursor=cursor_of(rows[limit - 1].started_position) if more else None,
    )


@router.get("/{enrolment_id}", responses=problems(403, 404, 422, 503), summary="How it stands")
async def read_enrolment(request: Request, state: OwnEnrolment) -> EnrolmentView:
    """One attempt from the log, with the verdict of each check as it was written down."""
    return view_of(state, await _checks(doors_of(request), state.began.enrolment_id))


@router.post(
    "/{enrolment_id}/challenge",
    responses=problems(403, 404, 409, 422, 503, body=True),
    summary="Ask for the challenge",
)
async def issue_challenge(
    request: Request, body: SessionRequest, account: Account, state: OwnEnrolment
) -> ChallengeView:
    """Draw a challenge for this session. It can be answered once, within a minute."""
    wish = ChallengeRequest(account_id=account, session_sha256=_hash(body.session))
    try:
        drawn = await stories.ask(
            doors_of(request).client, _story(state), "issue_challenge", wish, Challenged
        )
    except stories.StoryOver:
        raise Trouble.refused(_ended(state)) from None
    return ChallengeView(
        digits=drawn.challenge.digits,
        moves=list(drawn.challenge.moves),
        number=drawn.number,
        expires_at=drawn.expires_at,
    )


@router.post(
    "/{enrolment_id}/upload",
    responses=problems(403, 404, 409, 410, 422, 503, body=True),
    summary="Get leave to upload",
)
async def grant_upload(
    request: Request, client: Client, account: Account, enrolment_id: EnrolmentId
) -> UploadView:
    """Leave to upload the clip, held to size, type and time by the store itself.

    Whoever comes late, again, or for somebody else is refused here already, and that is recorded.
    """
    doors = doors_of(request)
    state = await standing(doors, ENROLMENT, enrolment_id)
    if not isinstance(state, situations.Started):
        raise Trouble.refused(EnrolmentUnknown())
    try:
        expires_at = _upload_until(state, account, doors.clock())
    except Refusal as refusal:
        await _decline(doors, client, enrolment_id, refusal)
        hidden = isinstance(refusal, NotYourEnrolment)
        raise Trouble.refused(EnrolmentUnknown() if hidden else refusal) from None
    key = upload_key(state.began.enrolment_id, state.challenges)
    async with asking("s3"):
        grant = await doors.store.upload_grant(key, CLIP_TYPE, CLIP_BYTES_MAX, expires_at)
    return UploadView(
        address=grant.address,
        fields=dict(grant.fields),
        bytes_max=grant.bytes_max,
        expires_at=grant.expires_at,
    )


@router.post(
    "/{enrolment_id}/clip",
    status_code=202,
    responses=problems(403, 404, 409, 410, 422, 503, body=True),
    summary="Hand the clip in",
)
async def submit_clip(
    request: Request,
    body: SessionRequest,
    client: Client,
    account: Account,
    enrolment_id: EnrolmentId,
) -> Accepted:
    """Say that the clip is uploaded. Answers of others, late ones and second ones are recorded."""
    doors = doors_of(request)
    state = await standing(doors, ENROLMENT, enrolment_id)
    if not isinstance(state, situations.Started):
        raise Trouble.refused(EnrolmentUnknown())
    submission = ClipSubmission(account_id=account, session_sha256=_hash(body.session))
    try:
        await stories.ask(doors.client, _story(state), "submit_clip", submission, Received)
    except stories.StoryOver:
        own = state.began.account_id == account
        refusal = _ended(state) if own else NotYourEnrolment()
        await _decline(doors, client, enrolment_id, refusal)
        raise Trouble.refused(refusal) from None
    return Accepted(enrolment_id=enrolment_id)


@router.post(
    "/{enrolment_id}/withdraw",
    status_code=204,
    responses=problems(403, 404, 409, 422, 503, body=True),
    summary="Take it back",
)
async def withdraw(request: Request, account: Account, state: OwnEnrolment) -> Response:
    """Take the attempt back; answers when nothing of it is left."""
    if isinstance(state, situations.Closed):
        return Response(status_code=204)
    if isinstance(state, situations.Settled):
        raise Trouble.refused(EnrolmentSettled())
    try:
        await stories.ask(
            doors_of(request).client,
            _story(state),
            "withdraw",
            Withdrawal(account_id=account),
            EnrolmentStatus,
        )
    except stories.StoryOver:
        raise Trouble.refused(EnrolmentSettled()) from None
    return Response(status_code=204)


async def _checks(doors: Doors, enrolment_id: str) -> list[CheckView]:
    async with asking("postgres"):
        events = await doors.ledger.events(ENROLMENT, enrolment_id)
    return [
        CheckView.model_validate(each.verdict.model_dump(exclude={"others"}))
        for each in events
        if isinstance(each, CheckRecorded)
    ]


def _upload_until(state: situations.Started, account: str, now: datetime) -> datetime:
    """Until when this account may upload. Raises why it may not."""
    if state.began.account_id != account:
        raise NotYourEnrolment
    match state:
        case situations.Challenged(issued=issued):
            expires_at = issued.expires_at
        case _ if isinstance(state, situations.Closed):
            raise _ended(state)
        case _ if isinstance(state, situations.Examining | situations.Settled):
            raise EnrolmentSettled("Its clip was received.")
        case _ if state.began.kind == "person":
            raise ChallengeMissing
        case _:
            expires_at = state.began.at + UPLOAD_WITHIN
    if expires_at <= now:
        raise ChallengeExpired
    return expires_at


async def _decline(doors: Doors, client: str, enrolment_id: str, refusal: Refusal) -> None:
    """Keep on record that a clip was turned away here, and why."""
    decline = DeclineClip(command_id=doors.draw("cmd"), at=doors.clock(), reason=refusal.code)
    about = f"enrolment/{enrolment_id}"
    await decide(doors, client, about, [Decision(ENROLMENT, enrolment_id, decline)])


def _ended(state: situations.Started) -> Refusal:
    """Why there is nothing to be done in an attempt that has ended."""
    if isinstance(state, situations.Closed) and state.reason == CameoGone.code:
        return CameoGone()
    return EnrolmentSettled()


def _story(state: situations.Started) -> str:
    return enrolment_workflow_id(state.began.enrolment_id)


def _hash(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()
