"""Which attempts to enrol has an account made, and which of all wait for a human?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from projections.projection import Fact, OnPoison, Projection, by, existing


@dataclass(slots=True)
class EnrolmentRow:
    """One attempt. ``checks`` and ``others`` are JSON lists: what a human is asked about."""

    enrolment_id: str
    cameo_id: str
    account_id: str
    kind: str
    version: int
    started_at: datetime
    started_position: int
    """Orders an account's attempts, and the review queue."""
    updated_at: datetime
    status: str = "started"
    """started, challenged, examining, in-review, approved, refused or closed."""
    declined: int = 0
    """How many clips were turned away before they were looked at."""
    checks: str = "[]"
    others: str = "[]"
    last_position: int = 0


def _started(row: EnrolmentRow | None, fact: Fact) -> EnrolmentRow:
    if row is not None:
        return row
    said = fact.fields
    return EnrolmentRow(
        enrolment_id=said["enrolment_id"],
        cameo_id=said["cameo_id"],
        account_id=said["account_id"],
        kind=said["kind"],
        version=said["version"],
        started_at=fact.at,
        started_position=fact.position,
        updated_at=fact.at,
    )


def _challenged(row: EnrolmentRow | None, fact: Fact) -> EnrolmentRow:
    return _moved(row, fact, "challenged")


def _received(row: EnrolmentRow | None, fact: Fact) -> EnrolmentRow:
    return _moved(row, fact, "examining")


def _declined(row: EnrolmentRow | None, fact: Fact) -> EnrolmentRow:
    row = existing(row)
    row.declined += 1
    return row


def _asked(row: EnrolmentRow | None, fact: Fact) -> EnrolmentRow:
    row = _moved(row, fact, "in-review")
    row.checks, row.others = json.dumps(fact.fields["checks"]), json.dumps(fact.fields["others"])
    return row


def _approved(row: EnrolmentRow | None, fact: Fact) -> EnrolmentRow:
    """Also after a review: where that refuses an attempt, the next event says so, and somebody who
    is enrolled stays it."""
    return _moved(row, fact, "approved")


def _refused(row: EnrolmentRow | None, fact: Fact) -> EnrolmentRow:
    row = _moved(row, fact, "refused")
    row.checks = json.dumps([each["check"] for each in fact.fields["shortcomings"]])
    return row


def _closed(row: EnrolmentRow | None, fact: Fact) -> EnrolmentRow:
    return _moved(row, fact, "closed")


def _moved(row: EnrolmentRow | None, fact: Fact, status: str) -> EnrolmentRow:
    row = existing(row)
    row.status, row.updated_at = status, fact.at
    return row


ENROLMENTS: Final = Projection[EnrolmentRow](
    name="enrolments",
    version=2,
    table="enrolments",
    row=EnrolmentRow,
    key=by("enrolment_id"),
    folds={
        "enrolment-started": _started,
        "challenge-issued": _challenged,
        "enrolment-clip-received": _received,
        "enrolment-clip-declined": _declined,
        "enrolment-review-requested": _asked,
        "enrolment-review-reopened": _asked,
        "enrolment-reviewed": _approved,
        "enrolment-approved": _approved,
        "enrolment-refused": _refused,
        "enrolment-closed": _closed,
    },
    on_poison=OnPoison.STOP_STREAM,
)


class EnrolmentsReader:
    """Answers about attempts, from the live table."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def of_account(
        self, account_id: str, limit: int, before: int | None = None
    ) -> list[EnrolmentRow]:
        """An account's attempts, newest first."""
        rows = await self._pool.fetch(ENROLMENTS.sql["of_account"], account_id, before, limit)
        return [EnrolmentRow(*row) for row in rows]

    async def open_of_cameo(self, account_id: str, cameo_id: str) -> list[str]:
        """The ids of an account's attempts for this cameo that are not decided."""
        rows = await self._pool.fetch(ENROLMENTS.sql["open_of_cameo"], account_id, cameo_id)
        return [row["enrolment_id"] for row in rows]

    async def review_queue(self, limit: int, after: int = 0) -> list[EnrolmentRow]:
        """Attempts that wait for a human, whoever has waited longest first."""
        rows = await self._pool.fetch(ENROLMENTS.sql["review_queue"], after, limit)
        return [EnrolmentRow(*row) for row in rows]
