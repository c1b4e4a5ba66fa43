"""In whose generations does a cameo appear: drafts, blocked attempts, videos?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from projections.projection import Fact, OnPoison, Projection, by


@dataclass(slots=True)
class AppearanceRow:
    """One cameo's part in one generation, as its owner sees it. No word of the caster's."""

    appearance_id: str
    cameo_id: str
    version: int
    generation_id: str
    owner_id: str
    caster_id: str
    turn: str
    """drafted, uncast, blocked, released or ended."""
    act: str
    """At which door that was decided."""
    reasons: str
    """What the cameo's own consent refused, by codes with spaces between them."""
    video_id: str | None
    first_position: int
    """Orders an owner's list."""
    began_at: datetime
    updated_at: datetime
    last_position: int = 0


def _noted(row: AppearanceRow | None, fact: Fact) -> AppearanceRow:
    said = fact.fields
    now = AppearanceRow(
        appearance_id=said["appearance_id"],
        cameo_id=said["cameo_id"],
        version=said["version"],
        generation_id=said["generation_id"],
        owner_id=said["owner_id"],
        caster_id=said["caster_id"],
        turn=said["turn"],
        act=said["act"],
        reasons=" ".join(said["reasons"]),
        video_id=said["video_id"],
        first_position=fact.position,
        began_at=fact.at,
        updated_at=fact.at,
    )
    if row is not None:
        now.first_position, now.began_at = row.first_position, row.began_at
    return now


APPEARANCES: Final = Projection[AppearanceRow](
    name="appearances",
    version=1,
    table="appearances",
    row=AppearanceRow,
    key=by("appearance_id"),
    folds={"appearance-noted": _noted},
    on_poison=OnPoison.STOP_STREAM,
)


class AppearancesReader:
    """Answers about appearances, from the live table."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def of_cameo(
        self, cameo_id: str, limit: int, before: int | None = None
    ) -> list[AppearanceRow]:
        """Where a cameo appears, newest first."""
        rows = await self._pool.fetch(APPEARANCES.sql["of_cameo"], cameo_id, before, limit)
        return [AppearanceRow(*row) for row in rows]
