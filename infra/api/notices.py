"""Notices: what the acting account has been told, newest first."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from domain.account.notice import Kind
from infra.api.auth import Account, KeyRequired
from infra.api.deadlines import asking
from infra.api.declared import problems
from infra.api.doors import doors_of
from infra.api.pages import Cursor, Limit, cursor_of, keys_of

router = APIRouter(prefix="/v1/notices", tags=["notices"], dependencies=[KeyRequired])


class NoticeView(BaseModel):
    """Something that an account is told once."""

    notice_id: str
    kind: Kind
    about: str = Field(description="The id of what it concerns, such as a generation.")
    generation_id: str | None = Field(
        default=None, description="The generation, where it is about one."
    )
    posted_at: datetime


class NoticePage(BaseModel):
    """A page of notices."""

    items: list[NoticeView]
    next_cursor: str | None = Field(description="Null on the last page.")


@router.get("", responses=problems(403, 422, 503), summary="Read your notices")
async def read_notices(
    request: Request, account: Account, limit: Limit = 20, cursor: Cursor = None
) -> NoticePage:
    """What became of the acting account's generations, cameos and requests."""
    keys = keys_of(cursor, int)
    before = int(keys[0]) if keys else None
    async with asking("postgres"):
        rows = await doors_of(request).notices.list(account, limit + 1, before)
    more = len(rows) > limit
    return NoticePage(
        items=[
            NoticeView(
                notice_id=row.notice_id,
                kind=cast(Kind, row.kind),
                about=row.about,
                generation_id=row.about if row.about.startswith("gen_") else None,
                posted_at=row.posted_at,
            )
            for row in rows[:limit]
        ],
        next_cursor=cursor_of(rows[limit - 1].last_position) if more else None,
    )
