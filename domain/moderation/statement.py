"""From a case to the statement of reasons that its person gets, as the log has decided it."""

from __future__ import annotations

from typing import Final

from domain.moderation.case import DECIDE_WITHIN
from domain.moderation.case_events import AppealDecided, HoldDecided
from domain.moderation.case_refusals import NotRestricted
from domain.moderation.case_situations import Blocked, Case, Held, Known, Withdrawn
from domain.moderation.gates import RESTRICTIONS, WAITS
from domain.moderation.policy import Policy
from domain.moderation.reasons import Decision, StatementOfReasons, statement_of

LAPSED_SAYS: Final = (
    f"It waited for a human for {DECIDE_WITHIN.days} days, and nobody decided in that time."
)


def reasons_of(case: Case, policy: Policy, *, hidden: bool = False) -> StatementOfReasons:
    """The statement for what stands against a content now, be it a refusal or a hold.

    ``policy`` is the revision that the verdict was made by; ``hidden`` says that the case hides a
    film that was released before. Raises NotRestricted.
    """
    if isinstance(case, Held):
        return statement_of(_hold(case, hidden), policy)
    refused = case.before if isinstance(case, Withdrawn) else case
    if not isinstance(case, Known) or not isinstance(refused, Blocked):
        raise NotRestricted
    return statement_of(_refusal(refused, policy, hidden), policy)


def _hold(case: Held, hidden: bool) -> Decision:
    """What waits: a rule made it wait, or whoever had a published film looked at again."""
    content = case.content
    return Decision(
        decision_id=content.case_id,
        about=f"generation/{content.generation_id}",
        restriction="hidden" if hidden else WAITS[content.gate],
        verdict=case.verdict,
        clause=case.clause,
        decided_by="human" if content.gate == "published" else "machine",
        decided_at=case.since,
        source=content.source,
        until=case.since + DECIDE_WITHIN,
        waits=True,
    )


def _refusal(refused: Blocked, policy: Policy, hidden: bool) -> Decision:
    """What stands: the machine's refusal, the humans' own, or what they made of an appeal."""
    content = refused.content
    decided = refused.heard or refused.decided
    chosen = policy.rule(refused.clause)
    return Decision(
        decision_id=content.case_id,
        about=f"generation/{content.generation_id}",
        restriction="hidden" if hidden else RESTRICTIONS[content.gate],
        verdict=refused.verdict,
        clause=chosen.clause if chosen else str(refused.verdict.clause),
        decided_by="human" if decided and decided.readers else "machine",
        decided_at=decided.at if decided else refused.since,
        source=content.source,
        reason=_said(decided),
        upheld=refused.upheld,
    )


def _said(decided: HoldDecided | AppealDecided | None) -> str:
    """A human's own words for the person; what nobody decided in time says so."""
    if decided is None:
        return ""
    return decided.words if decided.readers else LAPSED_SAYS
