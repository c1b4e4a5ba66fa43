"""The trial that a policy stands before it is published: it is never laxer when a human is cast.

The examples are made from the policy itself: for each rule and surface, each category that it is
about, found at every stage with just enough and just too little for each of its thresholds. What
was really found of late is given beside them: combinations that nobody would make up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from domain.moderation.deciding import laxer_when_strict
from domain.moderation.finding import CERTAIN, Detector, Finding, Findings, Look
from domain.moderation.policy import Policy, Rule, Threshold
from domain.moderation.verdict import Context

_TRIAL: Final = Detector(name="trial", version="1")
_CONTENT: Final = "0" * 64


def tried(
    policy: Policy, corpus: Iterable[tuple[Findings, Context]] = ()
) -> tuple[int, tuple[Context, ...]]:
    """How many examples a policy was tried on, and those that it treats laxer when cast."""
    examples = [*examples_of(policy), *corpus]
    return len(examples), laxer_when_strict(examples, policy)


def examples_of(policy: Policy) -> Iterator[tuple[Findings, Context]]:
    """Single findings around every threshold of every rule."""
    for rule in policy.rules:
        surfaces = ["feed", *(each.surface for each in rule.surfaces)]
        for surface in dict.fromkeys(surfaces):
            context = Context(content_sha256=_CONTENT, surface=surface)
            for category in sorted(policy.reach(rule)):
                for stage in rule.stages:
                    for score in _scores(rule):
                        found = Finding(detector=_TRIAL, category=category, score=score)
                        look = Look(detector=_TRIAL, findings=(found,))
                        yield Findings(stage=stage, looks=(look,)), context


def _scores(rule: Rule) -> list[int]:
    thresholds = [rule.default, *(each.threshold for each in rule.surfaces)]
    if rule.strict is not None:
        thresholds.append(rule.strict)
    bounds = {score for each in thresholds for score in _bounds(each)}
    return sorted({max(0, each - 1) for each in bounds} | bounds | {CERTAIN})


def _bounds(threshold: Threshold) -> list[int]:
    return [each for each in (threshold.hold, threshold.block) if each is not None]
