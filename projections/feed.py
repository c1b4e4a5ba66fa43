"""Which videos can be seen, newest first?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg

from domain.kernel.surface import FEED as FEED_SURFACE
from projections.projection import Fact, OnPoison, Projection, by, existing

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class FeedCursor:
    """Where a page ended. It stays good however many videos are released meanwhile."""

    rank: int
    video_id: str


@dataclass(slots=True)
class VideoRow:
    """One released video and its files: keys in the store, SHA-256 in hex, sizes in bytes."""

    video_id: str
    generation_id: str
    account_id: str
    released_at: datetime
    rank: int
    """Orders the feed; the microseconds from the Unix epoch to the release."""
    film_key: str
    film_sha256: str
    film_size: int
    poster_key: str
    poster_sha256: str
    poster_size: int
    contact_sheet_key: str
    contact_sheet_sha256: str
    contact_sheet_size: int
    width: int
    height: int
    fps: int
    frames: int
    picture_seconds: float
    sound_seconds: float
    sample_rate: int
    taken_down: bool
    hidden_by: str
    """The moderation cases that stand against it, with spaces between; empty while it is seen."""
    surfaces: str
    """Where it is shown, with spaces between: where it was released, and then elsewhere."""
    last_position: int

    @property
    def cursor(self) -> FeedCursor:
        """Where the page after this video begins."""
        return FeedCursor(self.rank, self.video_id)


def _released(row: VideoRow | None, fact: Fact) -> VideoRow:
    if row is not None:
        return row
    said, rendition, at = fact.fields, fact.fields["rendition"], fact.at
    film, poster, sheet = rendition["film"], rendition["poster"], rendition["contact_sheet"]
    return VideoRow(
        video_id=said["video_id"],
        generation_id=said["generation_id"],
        account_id=said["account_id"],
        released_at=at,
        rank=(at - _EPOCH) // _MICROSECOND,
        film_key=film["key"],
        film_sha256=film["sha256"],
        film_size=film["size"],
        poster_key=poster["key"],
        poster_sha256=poster["sha256"],
        poster_size=poster["size"],
        contact_sheet_key=sheet["key"],
        contact_sheet_sha256=sheet["sha256"],
        contact_sheet_size=sheet["size"],
        width=rendition["width"],
        height=rendition["height"],
        fps=rendition["fps"],
        frames=rendition["frames"],
        picture_seconds=rendition["picture_seconds"],
        sound_seconds=rendition["sound_seconds"],
        sample_rate=rendition["sample_rate"],
        taken_down=False,
        hidden_by="",
        surfaces=said.get("surface", FEED_SURFACE),
        last_position=fact.position,
    )


def _taken_down(row: VideoRow | None, fact: Fact) -> VideoRow:
    row = existing(row)
    row.taken_down = True
    return row


def _hidden(row: VideoRow | None, fact: Fact) -> VideoRow:
    row = existing(row)
    row.hidden_by = " ".join(sorted({*row.hidden_by.split(), fact.fields["case_id"]}))
    return row


def _shown(row: VideoRow | None, fact: Fact) -> VideoRow:
    row = existing(row)
    row.hidden_by = " ".join(sorted({*row.hidden_by.split()} - {fact.fields["case_id"]}))
    return row


def _placed(row: VideoRow | None, fact: Fact) -> VideoRow:
    row = existing(row)
    first, *others = row.surfaces.split()
    row.surfaces = " ".join([first, *sorted({*others, fact.fields["surface"]})])
    return row


def _unplaced(row: VideoRow | None, fact: Fact) -> VideoRow:
    row = existing(row)
    first, *others = row.surfaces.split()
    row.surfaces = " ".join([first, *sorted({*others} - {fact.fields["surface"]})])
    return row


FEED: Final = Projection[VideoRow](
    name="feed",
    version=4,
    table="videos",
    row=VideoRow,
    key=by("video_id"),
    folds={
        "video-released": _released,
        "video-removed": _taken_down,
        "video-hidden": _hidden,
        "video-shown": _shown,
        "video-placed": _placed,
        "video-unplaced": _unplaced,
    },
    on_poison=OnPoison.SKIP,
)


class FeedReader:
    """Answers about videos that can be seen, from the live table."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def get(self, video_id: str) -> VideoRow | None:
        """One video, or ``None`` when none was released, or nobody can see it now."""
        row = await self._pool.fetchrow(FEED.sql["get"], video_id)
        return VideoRow(*row) if row else None

    async def page(
        self, limit: int, after: FeedCursor | None = None, surface: str = FEED_SURFACE
    ) -> list[VideoRow]:
        """A surface's videos, newest first; the next page begins ``after`` the last ``cursor``."""
        if after is None:
            rows = await self._pool.fetch(FEED.sql["first_page"], limit, surface)
        else:
            rows = await self._pool.fetch(
                FEED.sql["next_page"], after.rank, after.video_id, limit, surface
            )
        return [VideoRow(*row) for row in rows]
