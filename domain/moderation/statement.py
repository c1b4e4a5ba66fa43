"""From a case to the statement of reasons that its person gets, as the log has decided it."""

from __future__ import annotations

from domain.moderation.case_refusals import NotRestricted
from domain.moderation.case_situations import Blocked, Case, Known, Withdrawn
from domain.moderation.gates import RESTRICTIONS
from domain.moderation.policy import Policy
from domain.moderation.reasons import Decision, StatementOfReasons, statement_of


def reasons_of(case: Case, policy: Policy, *, hidden: bool = False) -> StatementOfReasons:
    """The statement for what stands against a content now.

    ``policy`` is the revision that the verdict was made by; ``hidden`` says that the case hides a
    film that was released before. Raises NotRestricted.
    """
    refused = case.before if isinstance(case, Withdrawn) else case
    if not isinstance(case, Known) or not isinstance(refused, Blocked):
        raise NotRestricted
    content, decided = case.content, refused.decided
    by_humans = decided is not None and bool(decided.readers)
    chosen = policy.rule(refused.clause)
    decision = Decision(
        decision_id=content.case_id,
        about=f"generation/{content.generation_id}",
        restriction="hidden" if hidden else RESTRICTIONS[content.gate],
        verdict=refused.verdict,
        clause=chosen.clause if chosen else str(refused.verdict.clause),
        decided_by="human" if by_humans else "machine",
        decided_at=refused.since,
        reason=decided.words if decided else "",
    )
    return statement_of(decision, policy)
