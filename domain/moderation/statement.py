"""From a case to the statement of reasons that its person gets, as the log has decided it."""

from __future__ import annotations

from domain.moderation.case import DECIDE_WITHIN
from domain.moderation.case_refusals import NotRestricted
from domain.moderation.case_situations import Blocked, Case, Held, Known, Withdrawn
from domain.moderation.gates import RESTRICTIONS, WAITS
from domain.moderation.policy import Policy
from domain.moderation.reasons import Decision, StatementOfReasons, statement_of


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
    content, decided = refused.content, refused.decided
    by_humans = decided is not None and bool(decided.readers)
    chosen = policy.rule(refused.clause)
    return Decision(
        decision_id=content.case_id,
        about=f"generation/{content.generation_id}",
        restriction="hidden" if hidden else RESTRICTIONS[content.gate],
        verdict=refused.verdict,
        clause=chosen.clause if chosen else str(refused.verdict.clause),
        decided_by="human" if by_humans else "machine",
        decided_at=refused.since,
        source=content.source,
        reason=decided.words if decided else "",
    )
