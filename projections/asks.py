"""Who has asked whom for consent, and what waits for an owner's answer?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from projections.projection import Fact, OnPoison, Projection, by, existing


@dataclass(slots=True)
class AskRow:
    """The latest request of one caster for one cameo. The message is personal."""

    ask_id: str
    cameo_id: str
    owner_id: str
    caster_id: str
    message: str
    asked_at: datetime
    asked_position: int
    """Orders the requests of each side."""
    answer_by: datetime
    updated_at: datetime
    status: str = "pending"
    """pending, approved, denied, lapsed or withdrawn."""
    last_position: int = 0


def _asked(row: AskRow | None, fact: Fact) -> AskRow:
    """A new request between the same two takes the place of the one before."""
    said = fact.fields
    return AskRow(
        ask_id=said["ask_id"],
        cameo_id=said["cameo_id"],
        owner_id=said["owner_id"],
        caster_id=said["caster_id"],
        message=said["message"],
        asked_at=fact.at,
        asked_position=fact.position,
        answer_by=datetime.fromisoformat(said["answer_by"]),
        updated_at=fact.at,
    )


def _approved(row: AskRow | None, fact: Fact) -> AskRow:
    return _ended(row, fact, "approved")


def _denied(row: AskRow | None, fact: Fact) -> AskRow:
    return _ended(row, fact, "denied")


def _lapsed(row: AskRow | None, fact: Fact) -> AskRow:
    return _ended(row, fact, "lapsed")


def _withdrawn(row: AskRow | None, fact: Fact) -> AskRow:
    return _ended(row, fact, "withdrawn")


def _ended(row: AskRow | None, fact: Fact, status: str) -> AskRow:
    row = existing(row)
    row.status, row.updated_at = status, fact.at
    return row


ASKS: Final = Projection[AskRow](
    name="asks",
    version=1,
    table="asks",
    row=AskRow,
    key=by("ask_id"),
    folds={
        "consent-asked": _asked,
        "consent-ask-approved": _approved,
        "consent-ask-denied": _denied,
        "consent-ask-lapsed": _lapsed,
        "consent-ask-retracted": _withdrawn,
    },
    on_poison=OnPoison.STOP_STREAM,
)


class AsksReader:
    """Answers about requests for consent, from the live table."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def before_owner(
        self, owner_id: str, limit: int, before: int | None = None
    ) -> list[AskRow]:
        """Requests that wait for this owner, newest first."""
        rows = await self._pool.fetch(ASKS.sql["before_owner"], owner_id, before, limit)
        return [AskRow(*row) for row in rows]

    async def of_caster(
        self, caster_id: str, limit: int, before: int | None = None
    ) -> list[AskRow]:
        """Requests that this caster has made, newest first, however they ended."""
        rows = await self._pool.fetch(ASKS.sql["of_caster"], caster_id, before, limit)
        return [AskRow(*row) for row in rows]

    async def pending_for_cameo(self, cameo_id: str) -> list[str]:
        """The ids of open requests for a cameo."""
        rows = await self._pool.fetch(ASKS.sql["pending_for_cameo"], cameo_id)
        return [row["ask_id"] for row in rows]

    async def pending_between(self, one_id: str, other_id: str) -> list[str]:
        """The ids of open requests between two accounts, whoever asked."""
        rows = await self._pool.fetch(ASKS.sql["pending_between"], one_id, other_id)
        return [row["ask_id"] for row in rows]
