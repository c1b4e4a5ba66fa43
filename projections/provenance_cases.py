"""Which bytes of ours fail to verify, and who has looked at them?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from projections.projection import Fact, OnPoison, Projection, by, existing


@dataclass(slots=True)
class ProvenanceCaseRow:
    """One case. It is closed as often as it is opened; the last closing is kept when it opens."""

    case_id: str
    artefact_id: str
    film_sha256: str
    found_by: str
    """export or audit."""
    code: str
    explanation: str
    opened_at: datetime
    opened_position: int
    """Orders the cases."""
    status: str = "open"
    """open or closed."""
    closed_at: datetime | None = None
    closed_by: str = ""
    because: str = ""
    last_position: int = 0


def _opened(row: ProvenanceCaseRow | None, fact: Fact) -> ProvenanceCaseRow:
    """What is found once more takes the place of what was found before."""
    said = fact.fields
    found = ProvenanceCaseRow(
        case_id=said["case_id"],
        artefact_id=said["artefact_id"],
        film_sha256=said["film_sha256"],
        found_by=said["found_by"],
        code=said["code"],
        explanation=said["explanation"],
        opened_at=fact.at,
        opened_position=fact.position,
    )
    if row is not None:
        found.closed_at, found.closed_by, found.because = row.closed_at, row.closed_by, row.because
    return found


def _closed(row: ProvenanceCaseRow | None, fact: Fact) -> ProvenanceCaseRow:
    row = existing(row)
    row.status, row.closed_at = "closed", fact.at
    row.closed_by, row.because = fact.fields["closed_by"], fact.fields["because"]
    return row


PROVENANCE_CASES: Final = Projection[ProvenanceCaseRow](
    name="provenance_cases",
    version=1,
    table="cases",
    row=ProvenanceCaseRow,
    key=by("case_id"),
    folds={"provenance-case-opened": _opened, "provenance-case-closed": _closed},
    on_poison=OnPoison.STOP_STREAM,
)


class ProvenanceCasesReader:
    """Answers about cases, from the live table."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def get(self, case_id: str) -> ProvenanceCaseRow | None:
        """One case."""
        row = await self._pool.fetchrow(PROVENANCE_CASES.sql["get"], case_id)
        return ProvenanceCaseRow(*row) if row else None

    async def with_status(
        self, status: str, limit: int, before: int | None = None
    ) -> list[ProvenanceCaseRow]:
        """Cases that are open, or closed, the one that was opened last first."""
        rows = await self._pool.fetch(PROVENANCE_CASES.sql["with_status"], status, before, limit)
        return [ProvenanceCaseRow(*row) for row in rows]

    async def position(self) -> int:
        """How far the table has come in the log."""
        return int(await self._pool.fetchval(PROVENANCE_CASES.sql["position"]))
