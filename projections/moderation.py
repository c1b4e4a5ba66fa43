"""How does every moderation case stand, and what waits for humans, the most urgent first?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from projections.projection import Fact, OnPoison, Projection, by, existing


@dataclass(slots=True)
class CaseRow:
    """One case: its verdict, and what humans, its person and batches have made of it."""

    case_id: str
    generation_id: str
    account_id: str
    gate: str
    surface: str
    """Where the content was to be shown."""
    status: str
    """allowed, held, blocked, on-appeal or withdrawn."""
    beneath: str
    """What the status would be, had nothing been withdrawn."""
    outcome: str
    """The verdict's: allow, hold or block."""
    clause: str
    category: str
    gravity: str
    stage: str
    segment: str
    """JSON: place, words, milliseconds, frames; ``null`` where no rule acts."""
    confidence: int
    words: str
    rationale: str
    strict: bool
    second_reader: bool
    policy_revision: int
    policy_sha256: str
    watched: str
    """JSON: what a policy that only watches would have decided, or ``null``."""
    priority: int
    judged_at: datetime
    since: datetime
    """Since when it has stood so."""
    waiting_position: int
    """Orders what waits, the oldest first; 0 while nothing waits."""
    claimed_by: str
    claimed_until: datetime | None
    readings: int
    decided_by: str
    """machine, clearance, humans, time or batch."""
    because: str
    upheld: bool
    undone: str
    """JSON: the batches that put another verdict here, with what stood before each."""
    last_position: int


_WAITING: Final = ("held", "on-appeal")
_LEADS_TO: Final = {"allow": "allowed", "hold": "held", "block": "blocked"}


def _screened(row: CaseRow | None, fact: Fact) -> CaseRow:
    said = fact.fields
    return CaseRow(
        case_id=said["case_id"],
        generation_id=said["generation_id"],
        account_id=said["account_id"],
        gate=said["gate"],
        surface=said["context"]["surface"],
        status="held",
        beneath="held",
        outcome="hold",
        clause="none",
        category="none",
        gravity="ordinary",
        stage="",
        segment="null",
        confidence=0,
        words="",
        rationale="",
        strict=said["context"]["strict"],
        second_reader=False,
        policy_revision=0,
        policy_sha256="",
        watched="null",
        priority=0,
        judged_at=fact.at,
        since=fact.at,
        waiting_position=0,
        claimed_by="",
        claimed_until=None,
        readings=0,
        decided_by="",
        because="",
        upheld=False,
        undone="[]",
        last_position=fact.position,
    )


def _reached(row: CaseRow | None, fact: Fact) -> CaseRow:
    row, said = existing(row), fact.fields
    _take_verdict(row, said["verdict"], said["priority"])
    row.watched = json.dumps(said["watched"])
    status = _LEADS_TO[row.outcome]
    row.decided_by = "machine"
    if said["cleared_by"] is not None and status != "allowed":
        status, row.decided_by = "allowed", "clearance"
    return _stands(row, fact, status)


def _claimed(row: CaseRow | None, fact: Fact) -> CaseRow:
    row = existing(row)
    row.claimed_by = fact.fields["reviewer"]
    row.claimed_until = datetime.fromisoformat(fact.fields["until"])
    return row


def _returned(row: CaseRow | None, fact: Fact) -> CaseRow:
    return _unclaimed(existing(row))


def _read(row: CaseRow | None, fact: Fact) -> CaseRow:
    row = _unclaimed(existing(row))
    row.readings += 1
    return row


def _hold_decided(row: CaseRow | None, fact: Fact) -> CaseRow:
    row, said = existing(row), fact.fields
    row.decided_by = "humans" if said["readers"] else "time"
    row.because, row.clause = said["because"], said["clause"]
    return _stands(row, fact, _LEADS_TO[said["outcome"]])


def _appealed(row: CaseRow | None, fact: Fact) -> CaseRow:
    row = existing(row)
    row.priority = fact.fields["priority"]
    return _stands(row, fact, "on-appeal")


def _appeal_decided(row: CaseRow | None, fact: Fact) -> CaseRow:
    row, said = existing(row), fact.fields
    row.decided_by, row.because = "humans", said["because"]
    row.upheld = said["outcome"] == "upheld"
    return _stands(row, fact, "blocked" if row.upheld else "allowed")


def _withdrawn(row: CaseRow | None, fact: Fact) -> CaseRow:
    row = _unclaimed(existing(row))
    row.status, row.since, row.waiting_position = "withdrawn", fact.at, 0
    row.because = fact.fields["because"]
    return row


_KEPT: Final = (
    *("beneath", "outcome", "clause", "category", "gravity", "stage", "segment", "confidence"),
    *("words", "rationale", "second_reader", "policy_revision", "policy_sha256", "priority"),
    *("waiting_position", "decided_by", "because", "upheld", "readings"),
)


def _undone(row: CaseRow | None, fact: Fact) -> CaseRow:
    """Another policy's verdict: with the same outcome, what followed stays."""
    row, said = existing(row), fact.fields
    before = {name: getattr(row, name) for name in _KEPT} | {"since": row.since.isoformat()}
    batches = [*json.loads(row.undone), {"batch_id": said["batch_id"], "before": before}]
    row.undone, outcome = json.dumps(batches), row.outcome
    _take_verdict(row, said["instead"], said["priority"])
    if row.outcome == outcome:
        if row.decided_by in ("humans", "time"):
            row.clause = before["clause"]
        return row
    row.decided_by, row.because, row.upheld = "batch", "", False
    status = _LEADS_TO[row.outcome]
    if said.get("cleared_by") is not None and status != "allowed":
        status, row.decided_by = "allowed", "clearance"
    return _stands(row, fact, status)


def _restored(row: CaseRow | None, fact: Fact) -> CaseRow:
    row = existing(row)
    batches = json.loads(row.undone)
    before = batches.pop()["before"]
    for name in _KEPT:
        setattr(row, name, before[name])
    row.undone, gone = json.dumps(batches), row.status == "withdrawn"
    row.status = "withdrawn" if gone else row.beneath
    if not gone:
        row.since = datetime.fromisoformat(before["since"])
    return _unclaimed(row)


def _take_verdict(row: CaseRow, verdict: dict[str, Any], priority: int) -> None:
    row.outcome, row.stage = verdict["outcome"], verdict["stage"]
    row.clause, row.category = verdict["clause"] or "none", verdict["category"] or "none"
    row.gravity, row.confidence = verdict["gravity"], verdict["confidence"]
    row.segment = json.dumps(verdict["segment"])
    row.words, row.rationale = verdict["words"], verdict["rationale"]
    row.second_reader = verdict["second_reader"]
    row.policy_revision, row.policy_sha256 = verdict["policy_revision"], verdict["policy_sha256"]
    row.priority = priority


def _stands(row: CaseRow, fact: Fact, status: str) -> CaseRow:
    row.beneath, row.since, row.readings = status, fact.at, 0
    if row.status != "withdrawn":
        row.status = status
    waits = row.status in _WAITING
    row.waiting_position = fact.position if waits else 0
    return _unclaimed(row)


def _unclaimed(row: CaseRow) -> CaseRow:
    row.claimed_by, row.claimed_until = "", None
    return row


MODERATION: Final = Projection[CaseRow](
    name="moderation",
    version=3,
    table="cases",
    row=CaseRow,
    key=by("case_id"),
    folds={
        "content-screened": _screened,
        "verdict-reached": _reached,
        "moderation-case-claimed": _claimed,
        "moderation-case-returned": _returned,
        "moderation-reading-recorded": _read,
        "moderation-hold-decided": _hold_decided,
        "moderation-appeal-lodged": _appealed,
        "moderation-appeal-decided": _appeal_decided,
        "moderated-content-retracted": _withdrawn,
        "verdict-replaced": _undone,
        "verdict-restored": _restored,
    },
    on_poison=OnPoison.STOP_STREAM,
)


@dataclass(frozen=True, slots=True)
class QueueCursor:
    """Where a page of the queue ended."""

    priority: int
    waiting_position: int


class ModerationReader:
    """Answers about cases, from the live table."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def get(self, case_id: str) -> CaseRow | None:
        """One case."""
        row = await self._pool.fetchrow(MODERATION.sql["get"], case_id)
        return CaseRow(*row) if row else None

    async def queue(self, limit: int, after: QueueCursor | None = None) -> list[CaseRow]:
        """What waits for humans: the most urgent first, and of these whoever has waited longest."""
        after = after or QueueCursor(2**31 - 1, 0)
        rows = await self._pool.fetch(
            MODERATION.sql["queue"], after.priority, after.waiting_position, limit
        )
        return [CaseRow(*row) for row in rows]

    async def of_generation(self, generation_id: str) -> list[CaseRow]:
        """The cases of a generation, in the order of their verdicts."""
        rows = await self._pool.fetch(MODERATION.sql["of_generation"], generation_id)
        return [CaseRow(*row) for row in rows]

    async def of_account(
        self, account_id: str, limit: int, before: datetime | None = None
    ) -> list[CaseRow]:
        """An account's restricted cases, newest first."""
        rows = await self._pool.fetch(MODERATION.sql["of_account"], account_id, before, limit)
        return [CaseRow(*row) for row in rows]

    async def strikes(self, account_id: str) -> int:
        """How many grave refusals count against an account now."""
        return int(await self._pool.fetchval(MODERATION.sql["strikes"], account_id))

    async def position(self) -> int:
        """How far the table has come in the log."""
        return int(await self._pool.fetchval(MODERATION.sql["position"]))
