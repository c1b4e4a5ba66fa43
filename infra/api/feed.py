"""The feed: videos that can be seen at a surface, newest first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from domain.kernel.surface import FEED, Surface
from infra.api.auth import Account, KeyRequired
from infra.api.deadlines import asking
from infra.api.declared import problems
from infra.api.doors import doors_of
from infra.api.pages import Cursor, Limit, cursor_of, keys_of
from infra.api.videos import VideoView, view_of
from projections.feed import FeedCursor

router = APIRouter(prefix="/v1/feed", tags=["videos"], dependencies=[KeyRequired])

AtSurface = Annotated[Surface, Query(description="Whose videos, such as `feed` or `kids`.")]


class FeedPage(BaseModel):
    """A page of the feed."""

    items: list[VideoView]
    next_cursor: str | None = Field(description="Null on the last page.")


@router.get("", responses=problems(403, 422, 503), summary="Look into the feed")
async def read_feed(
    request: Request,
    account: Account,
    limit: Limit = 20,
    cursor: Cursor = None,
    surface: AtSurface = FEED,
) -> FeedPage:
    """Released videos, newest first. A page stays whole however many are released meanwhile."""
    keys = keys_of(cursor, int, str)
    after = FeedCursor(int(keys[0]), str(keys[1]).replace("\x00", "")) if keys else None
    async with asking("postgres"):
        rows = await doors_of(request).feed.page(limit + 1, after, surface)
    more = len(rows) > limit
    end = rows[limit - 1].cursor if more else None
    return FeedPage(
        items=[view_of(row) for row in rows[:limit]],
        next_cursor=cursor_of(end.rank, end.video_id) if end else None,
    )
