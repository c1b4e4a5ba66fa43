"""The statement of reasons that whoever is restricted gets (Regulation (EU) 2022/2065, article 17).

It is made from the decision as it stands in the log, so that it says what was decided and nothing
else, today and in ten years. Its fields follow article 17(3): what the restriction is, where and
for how long (a); the facts, and whether a notice led to it (b); the use of machines (c); the law
(d) or the terms (e) it rests on; and what can be done against it (f). It quotes no content and
names nobody who gave notice.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field

from domain.kernel.model import Value
from domain.moderation.categories import CATEGORIES, UNEXAMINED
from domain.moderation.policy import Policy, Rule
from domain.moderation.verdict import Verdict, where

APPEAL_DAYS: Final = 183
"""How long an appeal is taken in, at the least; article 20(1) asks for six months."""

Restriction = Literal[
    "generation-refused",
    "generation-held",
    "release-refused",
    "release-held",
    "surface-refused",
    "surface-held",
    "removed",
    "hidden",
    "demoted",
    "account-suspended",
    "account-terminated",
    "feature-suspended",
]
_RESTRICTIONS: Final[dict[Restriction, str]] = {
    "generation-refused": "The video is not made.",
    "generation-held": "The video is not made before a human has looked.",
    "release-refused": "The video is not released.",
    "release-held": "The video is not released before a human has looked.",
    "surface-refused": "The video is not shown at this surface; where it is seen, it stays.",
    "surface-held": "The video is not shown at this surface before a human has looked.",
    "removed": "The content is removed.",
    "hidden": "The content is hidden: nobody can see it.",
    "demoted": "The content is shown to fewer people.",
    "account-suspended": "The account is suspended.",
    "account-terminated": "The account is closed.",
    "feature-suspended": "Part of the service is closed to the account.",
}
Source = Literal["own-initiative", "notice", "order"]
_SOURCES: Final[dict[Source, str]] = {
    "own-initiative": "It was found by the service's own examination.",
    "notice": "It was found because somebody gave notice of it.",
    "order": "An authority ordered it.",
}


class Decision(Value):
    """What was decided about one content, as an event carries it: enough for every statement.

    ``decided_by`` says who had the last word; ``reason`` is a human's own, for the person.
    """

    decision_id: str
    about: str
    """What is restricted, such as ``generation/gen_…``, ``video/vid_…`` or ``account/acc_…``."""
    restriction: Restriction
    verdict: Verdict
    clause: str
    """The rule that the decision rests on: the verdict's, or another that a human chose."""
    decided_by: Literal["machine", "human"]
    decided_at: AwareDatetime
    source: Source = "own-initiative"
    reason: str = ""
    territories: Annotated[tuple[str, ...], Field(max_length=250)] = ()
    """Countries by two letters; none is everywhere."""
    until: AwareDatetime | None = None
    """When it ends at the latest; none is until it is decided otherwise."""
    waits: bool = False
    """Whether it stands only until a human has decided."""
    upheld: bool = False
    """Whether an appeal was decided already; there is no second one."""


class Redress(Value):
    """One way to object, and until when."""

    kind: Literal["human-review", "internal-appeal", "out-of-court-settlement", "court"]
    says: str
    until: AwareDatetime | None = None


class StatementOfReasons(Value):
    """Everything that article 17(3) asks for, as fields and as sentences."""

    decision_id: str
    about: str
    decided_at: AwareDatetime
    restriction: Restriction
    restriction_says: str
    surface: str
    """Where the content was to be shown; the thresholds of there were asked."""
    territories: tuple[str, ...]
    until: AwareDatetime | None
    facts: str
    source: Source
    source_says: str
    automated_detection: bool
    automated_decision: bool
    automation_says: str
    ground: Literal["terms", "law"]
    clause: str
    clause_says: str
    legal_reference: str | None
    category: str
    explanation: str
    redress: tuple[Redress, ...]
    policy_revision: int
    policy_sha256: str


def statement_of(decision: Decision, policy: Policy) -> StatementOfReasons:
    """The statement for one decision, under the policy that it was made by.

    Raises ValueError where the policy is another, or does not have the clause.
    """
    verdict, rule = decision.verdict, policy.rule(decision.clause)
    if policy.sha256 != verdict.policy_sha256:
        raise ValueError(f"the decision was made under revision {verdict.policy_revision}")
    if rule is None:
        raise ValueError(f"the policy has no clause {decision.clause}")
    return StatementOfReasons(
        decision_id=decision.decision_id,
        about=decision.about,
        decided_at=decision.decided_at,
        restriction=decision.restriction,
        restriction_says=_RESTRICTIONS[decision.restriction],
        surface=verdict.surface,
        territories=decision.territories,
        until=decision.until,
        facts=_facts(verdict),
        source=decision.source,
        source_says=_SOURCES[decision.source],
        automated_detection=_found_by_programs(verdict) and decision.source == "own-initiative",
        automated_decision=decision.decided_by == "machine",
        automation_says=_automation(decision),
        ground=rule.ground,
        clause=rule.clause,
        clause_says=rule.says,
        legal_reference=rule.reference or None,
        category=verdict.category or "none",
        explanation=f"{_tells(decision, rule)} {decision.reason}".strip(),
        redress=_redress(decision),
        policy_revision=verdict.policy_revision,
        policy_sha256=verdict.policy_sha256,
    )


def _tells(decision: Decision, rule: Rule) -> str:
    """The verdict's own words, unless a human chose another rule."""
    chosen_by_verdict = decision.clause == decision.verdict.clause
    return decision.verdict.words if chosen_by_verdict else rule.tells


def _found_by_programs(verdict: Verdict) -> bool:
    """Whether a program found something, and not only that it could not look."""
    return any(each.category != UNEXAMINED for each in verdict.grounds)


def _facts(verdict: Verdict) -> str:
    if verdict.category is None or verdict.segment is None:
        return "A human found it; no detector did."
    means = CATEGORIES[verdict.category].means
    if verdict.category == UNEXAMINED:
        return f"Looked at: the {verdict.stage}. {means}"
    return f"Looked at: the {verdict.stage}. Found in {where(verdict.segment)}: {means}"


def _automation(decision: Decision) -> str:
    names = ", ".join(f"{each.name} {each.version}" for each in decision.verdict.detectors)
    looked = f"Programs looked at it: {names}." if names else "No program looked at it."
    if decision.waits and decision.decided_by == "machine":
        return f"{looked} A rule made it wait; a human makes the decision."
    if decision.decided_by == "machine":
        return f"{looked} The decision was made by a rule, without a human."
    if decision.upheld:
        return f"{looked} A human who had not decided before heard the appeal, and upheld it."
    return f"{looked} A human made the decision."


def _redress(decision: Decision) -> tuple[Redress, ...]:
    last_day = decision.decided_at + timedelta(days=APPEAL_DAYS)
    appeal = "Appeal within 183 days, free of charge; a human who did not decide first decides."
    outside = "Turn to a certified body for out-of-court dispute settlement (article 21)."
    first = Redress(kind="internal-appeal", says=appeal, until=last_day)
    if decision.waits:
        waits = (
            "A human decides without your asking. What is refused then, or not decided in time, "
            f"you can appeal within {APPEAL_DAYS} days, free of charge."
        )
        first = Redress(kind="human-review", says=waits, until=decision.until)
    within = () if decision.upheld else (first,)
    return (
        *within,
        Redress(kind="out-of-court-settlement", says=outside),
        Redress(kind="court", says="Go to court; none of the other ways takes that right away."),
    )
