"""Which revisions have been undone, how far has each batch come, and was it taken back?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from projections.projection import Fact, OnPoison, Projection, by, existing


@dataclass(slots=True)
class UndoRow:
    """One batch."""

    batch_id: str
    revision: int
    instead: int
    """The revision whose verdicts take the place."""
    since: datetime
    until: datetime
    status: str
    """at-work, completed, reversing or reversed."""
    started_at: datetime
    updated_at: datetime
    cases: int = 0
    """How many were looked at; known once it is complete."""
    undone: int = 0
    restored: int = 0
    last_position: int = 0


def _started(row: UndoRow | None, fact: Fact) -> UndoRow:
    if row is not None:
        return row
    said = fact.fields
    return UndoRow(
        batch_id=said["batch_id"],
        revision=said["revision"],
        instead=said["instead"],
        since=datetime.fromisoformat(said["since"]),
        until=datetime.fromisoformat(said["until"]),
        status="at-work",
        started_at=fact.at,
        updated_at=fact.at,
    )


def _undone(row: UndoRow | None, fact: Fact) -> UndoRow:
    row = existing(row)
    row.undone += 1
    row.updated_at = fact.at
    return row


def _restored(row: UndoRow | None, fact: Fact) -> UndoRow:
    row = existing(row)
    row.restored += 1
    row.updated_at = fact.at
    return row


def _completed(row: UndoRow | None, fact: Fact) -> UndoRow:
    row = _moved(row, fact, "completed")
    row.cases = fact.fields["cases"]
    return row


def _reversing(row: UndoRow | None, fact: Fact) -> UndoRow:
    return _moved(row, fact, "reversing")


def _reversed(row: UndoRow | None, fact: Fact) -> UndoRow:
    return _moved(row, fact, "reversed")


def _moved(row: UndoRow | None, fact: Fact, status: str) -> UndoRow:
    row = existing(row)
    row.status, row.updated_at = status, fact.at
    return row


UNDOS: Final = Projection[UndoRow](
    name="undos",
    version=1,
    table="undos",
    row=UndoRow,
    key=by("batch_id"),
    folds={
        "policy-undo-started": _started,
        "verdict-replaced": _undone,
        "verdict-restored": _restored,
        "policy-undo-completed": _completed,
        "policy-undo-reversal-started": _reversing,
        "policy-undo-reversed": _reversed,
    },
    on_poison=OnPoison.SKIP,
)


class UndosReader:
    """Answers about batches, from the live table."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def get(self, batch_id: str) -> UndoRow | None:
        """One batch."""
        row = await self._pool.fetchrow(UNDOS.sql["get"], batch_id)
        return UndoRow(*row) if row else None

    async def all(self) -> list[UndoRow]:
        """Every batch, newest first."""
        return [UndoRow(*row) for row in await self._pool.fetch(UNDOS.sql["all"])]
