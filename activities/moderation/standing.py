"""How a case stands, as stories and doors are told of it."""

from __future__ import annotations

from activities.moderation.orders import CaseStanding, Situation
from domain.moderation.case_refusals import CaseUnknown
from domain.moderation.case_situations import (
    Allowed,
    Blocked,
    Case,
    Held,
    Known,
    OnAppeal,
    Withdrawn,
)
from domain.moderation.gates import priority_of
from domain.moderation.verdict import where


def standing_of(case: Case, position: int) -> CaseStanding:
    """A case after its events up to a position. Raises CaseUnknown where it has no verdict."""
    if not isinstance(case, Known):
        raise CaseUnknown
    verdict = case.verdict
    waiting = case if isinstance(case, Held | OnAppeal) else None
    return CaseStanding(
        case_id=case.content.case_id,
        account_id=case.content.account_id,
        gate=case.content.gate,
        situation=situation_of(case),
        clause=case.clause,
        words=verdict.words,
        where=where(verdict.segment) if verdict.segment else verdict.stage,
        priority=priority_of(verdict),
        readings=len(waiting.matter.readings) if waiting else 0,
        decided_by_humans=bool(case.readers),
        position=position,
        surface=case.content.context.surface,
    )


def situation_of(case: Case) -> Situation:
    """A situation's name."""
    match case:
        case Allowed():
            return "allowed"
        case Held():
            return "held"
        case OnAppeal():
            return "on-appeal"
        case Blocked():
            return "blocked"
        case Withdrawn():
            return "withdrawn"
    return "unscreened"
