"""What has each account been told, newest first?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from domain.account.notice import notice_id
from projections.projection import Fact, OnPoison, Projection


@dataclass(slots=True)
class NoticeRow:
    """One notice."""

    notice_id: str
    account_id: str
    about: str
    """The id of what it concerns: a generation, an enrolment, a cameo, a request."""
    kind: str
    posted_at: datetime
    posted_position: int
    """Orders an account's notices."""
    last_position: int


def _key(fact: Fact) -> str:
    said = fact.fields
    return notice_id(said["about"], said["kind"], said.get("occasion", ""))


def _posted(row: NoticeRow | None, fact: Fact) -> NoticeRow:
    if row is not None:
        return row
    said = fact.fields
    return NoticeRow(
        notice_id=_key(fact),
        account_id=said["account_id"],
        about=said["about"],
        kind=said["kind"],
        posted_at=fact.at,
        posted_position=fact.position,
        last_position=fact.position,
    )


NOTICES: Final = Projection[NoticeRow](
    name="notices",
    version=2,
    table="notices",
    row=NoticeRow,
    key=_key,
    folds={"notice-posted": _posted},
    on_poison=OnPoison.SKIP,
)


class NoticesReader:
    """Answers about notices, from the live table."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def list(self, account_id: str, limit: int, before: int | None = None) -> list[NoticeRow]:
        """An account's notices, newest first.

        The next page begins ``before`` the last one's ``posted_position``.
        """
        rows = await self._pool.fetch(NOTICES.sql["page"], account_id, before, limit)
        return [NoticeRow(*row) for row in rows]
