"""Elsewhere: what was found in a released film, judged for another surface than its own.

Nobody looks again: the findings stand, and the thresholds of the other surface are asked. What
humans let pass at its own surface passes elsewhere too, unless more stands against it there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from domain.moderation.case_situations import Known
from domain.moderation.deciding import decide
from domain.moderation.finding import Findings
from domain.moderation.policy import Policy
from domain.moderation.verdict import Context

_WEIGHT: Final = {"hold": 1, "block": 2}


@dataclass(frozen=True)
class Passed:
    """A case that let a generation go on; with ``cleared_by``, humans let its content pass."""

    case: Known
    cleared_by: str | None = None


def found_in(passed: Iterable[Passed]) -> tuple[Findings, ...]:
    """Everything that was found on the way, stage by stage."""
    return tuple(found for each in passed for found in each.case.content.findings)


def at_surface(context: Context, surface: str) -> Context:
    """The same content, meant for another surface."""
    return context.model_copy(update={"surface": surface})


def cleared_elsewhere(passed: Iterable[Passed], policy: Policy, surface: str) -> str | None:
    """The case in which humans let pass all that a policy has against a content at a surface.

    None where nothing stands against it, and where something does that nobody let pass: a rule acts
    there that does not act, or acts less gravely, at the surface that humans looked at it for.
    """
    by = None
    for each in passed:
        content = each.case.content
        there = at_surface(content.context, surface)
        if all(decide(found, policy, there).releases for found in content.findings):
            continue
        if each.cleared_by is None or _more(content.findings, policy, content.context, there):
            return None
        by = by or each.cleared_by
    return by


def _more(findings: Iterable[Findings], policy: Policy, here: Context, there: Context) -> bool:
    return any(
        weight > _acting(found, policy, here).get(what, 0)
        for found in findings
        for what, weight in _acting(found, policy, there).items()
    )


def _acting(found: Findings, policy: Policy, context: Context) -> dict[tuple[str, str], int]:
    """How gravely each rule acts on each category."""
    acting: dict[tuple[str, str], int] = {}
    for each in decide(found, policy, context).grounds:
        what = (each.clause, each.category)
        acting[what] = max(acting.get(what, 0), _WEIGHT[each.outcome])
    return acting
