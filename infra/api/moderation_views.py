"""What the doors of moderation show: to the person, and to those who review."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from domain.moderation.case_situations import APPEAL_WITHIN
from projections.moderation import CaseRow

Status = Literal["allowed", "held", "blocked", "on-appeal", "withdrawn"]


class SegmentView(BaseModel):
    """Where it is: in which part, from which character, second and frame to which."""

    place: str = Field(description="Such as `prompt`, `shot-2`, or `line-2.1`: a shot's line.")
    words: tuple[int, int] | None = Field(default=None, description="Characters of that part.")
    seconds: tuple[float, float] | None = Field(
        default=None, description="From the film's beginning."
    )
    frames: tuple[int, int] | None = None


class VerdictView(BaseModel):
    """What was decided about one gate of a generation, as its person sees it."""

    case_id: str
    gate: Literal["admission", "release", "published", "elsewhere"]
    surface: str = Field(description="Where it was to be shown; its thresholds were asked.")
    status: Status
    rule: str | None = Field(description="The clause that decides; null where none acts.")
    category: str | None
    stage: str = Field(description="What was looked at, such as `plan` or `frames`.")
    segment: SegmentView | None
    confidence: int = Field(description="In thousandths.")
    words: str = Field(description="For the person.")
    said: str = Field(
        default="",
        description="What the humans who decided wrote to the person, where one case is read.",
    )
    decided_by: str
    policy_revision: int
    judged_at: datetime
    since: datetime
    appeal_by: datetime | None = Field(description="Until when it can be appealed.")


class VerdictList(BaseModel):
    """The verdicts about a generation, in the order of its gates."""

    items: list[VerdictView]


class Presentation(BaseModel):
    """How what is shown is to be shown until the reviewer asks otherwise."""

    blurred: bool = True
    muted: bool = True


class HoldView(BaseModel):
    """A case that waits for humans. Whose it is stays hidden behind a name of its own."""

    case_id: str
    person: str = Field(description="A name for this case alone; no id leads to it.")
    strikes: int = Field(description="Grave refusals that count against the person now.")
    status: Status
    gate: str
    surface: str = Field(description="Where it is to be shown.")
    priority: int
    waiting_since: datetime
    rule: str
    category: str
    gravity: str
    stage: str
    segment: SegmentView | None
    confidence: int
    rationale: str
    human_cast: bool
    second_reader: bool = Field(description="Whether two humans have to agree.")
    readings: int = Field(description="What has been said so far; nobody sees by whom.")
    claimed_by: str | None
    claimed_until: datetime | None
    policy_revision: int
    presentation: Presentation = Presentation()


class HoldPage(BaseModel):
    """A page of the queue, the most urgent first."""

    items: list[HoldView]
    next_cursor: str | None = Field(description="Null on the last page.")


class RuleView(BaseModel):
    """What a rule has done, and what humans made of it."""

    rule: str
    allowed: int
    blocked: int
    held: int
    cleared: int
    let_pass: int
    refused: int
    lapsed: int
    appeals: int
    reinstated: int
    upheld: int
    undone: int
    restored: int
    overturned: float | None = Field(
        description="The share of human decisions that went against the rule."
    )


class RuleList(BaseModel):
    """Every rule that has acted."""

    items: list[RuleView]


def verdict_view(row: CaseRow, said: str = "") -> VerdictView:
    """A case for its person; ``said`` is what humans wrote to them."""
    refused = row.status == "blocked" and not row.upheld
    return VerdictView.model_validate(
        {
            **_common(row),
            "rule": _named(row.clause),
            "category": _named(row.category),
            "status": row.status,
            "words": row.words,
            "said": said,
            "decided_by": row.decided_by,
            "judged_at": row.judged_at,
            "since": row.since,
            "appeal_by": row.since + APPEAL_WITHIN if refused else None,
        }
    )


def hold_view(row: CaseRow, person: str, strikes: int, now: datetime) -> HoldView:
    """A case for those who review; ``person`` is its account's name in this case."""
    claimed = row.claimed_until is not None and row.claimed_until > now
    return HoldView.model_validate(
        {
            **_common(row),
            "person": person,
            "strikes": strikes,
            "status": row.status,
            "priority": row.priority,
            "waiting_since": row.since,
            "rule": row.clause,
            "category": row.category,
            "gravity": row.gravity,
            "rationale": row.rationale,
            "human_cast": row.strict,
            "second_reader": row.second_reader,
            "readings": row.readings,
            "claimed_by": row.claimed_by if claimed else None,
            "claimed_until": row.claimed_until if claimed else None,
        }
    )


def _common(row: CaseRow) -> dict[str, Any]:
    return {
        "case_id": row.case_id,
        "gate": row.gate,
        "surface": row.surface,
        "stage": row.stage,
        "segment": _segment(json.loads(row.segment)),
        "confidence": row.confidence,
        "policy_revision": row.policy_revision,
    }


def _named(word: str) -> str | None:
    return None if word == "none" else word


def _segment(said: dict[str, Any] | None) -> SegmentView | None:
    if said is None:
        return None
    span = said["milliseconds"]
    seconds = tuple(each / 1000 for each in span or ())
    return SegmentView(
        place=said["place"],
        words=said["words"],
        seconds=(seconds[0], seconds[1]) if span else None,
        frames=said["frames"],
    )
