"""Deciding: one verdict from all findings, a pure function of findings, policy and context.

Every rule speaks for itself; the gravest answer wins: block before hold before allow. A detector
that could not look, or that the policy requires and nobody asked, counts as a finding of its own
(``unexamined``, certain), for which every policy holds. So what nobody looked at is never allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal

from domain.kernel.surface import FEED
from domain.moderation.categories import CATEGORIES, UNEXAMINED, Stage
from domain.moderation.finding import CERTAIN, DRAWN, Detector, Finding, Findings
from domain.moderation.policy import Policy, Rule, Threshold
from domain.moderation.verdict import GROUNDS_MAX, Context, Ground, Verdict, verdict_key, where

_WEIGHT: Final = {"allow": 0, "hold": 1, "block": 2}
_GRAVITY: Final = {"ordinary": 0, "grave": 1, "gravest": 2}
ALLOWED_WORDS: Final = "Nothing stands against this."
DRAWN_WORDS: Final = (
    "It is drawn with characters or written as data, which our programs cannot read: "
    "say in plain words what should be seen, and it need not wait."
)


def decide(findings: Findings, policy: Policy, context: Context) -> Verdict:
    """The one verdict about a content at a stage. The same arguments, the same verdict."""
    noted = [*findings.found, *_unexamined(findings, policy)]
    grounds = sorted(_grounds(noted, findings.stage, policy, context), key=_rank)
    decisive = grounds[0] if grounds else None
    rule = policy.rule(decisive.clause) if decisive else None
    return Verdict(
        outcome=decisive.outcome if decisive else "allow",
        stage=findings.stage,
        clause=decisive.clause if decisive else None,
        category=decisive.category if decisive else None,
        gravity=decisive.gravity if decisive else "ordinary",
        segment=decisive.segment if decisive else None,
        subject=decisive.subject if decisive else None,
        confidence=decisive.score if decisive else _clearance(noted, findings, policy, context),
        detectors=findings.detectors,
        rationale=_rationale(grounds, findings, context),
        words=_words(decisive, rule, findings),
        grounds=tuple(grounds[:GROUNDS_MAX]),
        surface=context.surface,
        strict=context.strict,
        second_reader=any(_needs_two(each, policy) for each in grounds),
        appealable=decisive is not None and decisive.outcome == "block",
        content_sha256=context.content_sha256,
        policy_revision=policy.revision,
        policy_sha256=policy.sha256,
        key=verdict_key(context, policy, findings.stage, findings.detectors),
    )


def laxer_when_strict(
    corpus: Iterable[tuple[Findings, Context]], policy: Policy
) -> tuple[Context, ...]:
    """What the policy blocks, or holds, by default and less so with a human cast. None should be.

    Whoever publishes a policy asks this of a whole corpus first.
    """
    worse = []
    for findings, context in corpus:
        lax, strict = (
            decide(findings, policy, context.model_copy(update={"strict": each}))
            for each in (False, True)
        )
        if _WEIGHT[strict.outcome] < _WEIGHT[lax.outcome]:
            worse.append(context)
    return tuple(worse)


def _unexamined(findings: Findings, policy: Policy) -> Iterator[Finding]:
    for look in findings.failed:
        note = f"could not look: {look.failure}"
        yield Finding(detector=look.detector, category=UNEXAMINED, score=CERTAIN, note=note)
    asked = {each.detector.name for each in findings.looks}
    for stage, name in policy.required:
        if stage == findings.stage and name not in asked:
            absent = Detector(name=name, version="absent")
            yield Finding(
                detector=absent, category=UNEXAMINED, score=CERTAIN, note="was not asked to look"
            )
    if not findings.looks:
        nobody = Detector(name="nobody", version="absent")
        yield Finding(detector=nobody, category=UNEXAMINED, score=CERTAIN, note="nobody looked")


def _grounds(
    noted: Iterable[Finding], stage: Stage, policy: Policy, context: Context
) -> Iterator[Ground]:
    rules = [
        (rule, policy.reach(rule), rule.threshold(context.surface, strict=context.strict))
        for rule in policy.rules
        if stage in rule.stages
    ]
    clauses = {each.clause for each in policy.rules}
    for finding in noted:
        named = finding.clause if finding.clause in clauses else None
        for rule, reach, threshold in rules:
            if named in (None, rule.clause) and finding.category in reach:
                ground = _ground(rule, threshold, finding) if _listens(rule, finding) else None
                if ground is not None:
                    yield ground


def _listens(rule: Rule, finding: Finding) -> bool:
    """Whether a rule counts a detector's finding; what nobody could look at concerns every rule."""
    if finding.category == UNEXAMINED or not rule.detectors:
        return True
    return finding.detector.name in rule.detectors


def _ground(rule: Rule, threshold: Threshold, finding: Finding) -> Ground | None:
    outcome: Literal["hold", "block"]
    if threshold.block is not None and finding.score >= threshold.block:
        outcome, bound = "block", threshold.block
    elif threshold.hold is not None and finding.score >= threshold.hold:
        outcome, bound = "hold", threshold.hold
    else:
        return None
    return Ground(
        clause=rule.clause,
        outcome=outcome,
        category=finding.category,
        gravity=CATEGORIES[finding.category].gravity,
        score=finding.score,
        threshold=bound,
        detector=finding.detector,
        segment=finding.segment,
        subject=finding.subject,
    )


def _rank(ground: Ground) -> tuple[int, int, int, str, str, str]:
    """Block before hold, then the gravest, then the surest; the rest makes the order total."""
    return (
        -_WEIGHT[ground.outcome],
        -_GRAVITY[ground.gravity],
        -ground.score,
        ground.clause,
        ground.detector.name,
        ground.segment.model_dump_json(),
    )


def _needs_two(ground: Ground, policy: Policy) -> bool:
    rule = policy.rule(ground.clause)
    return ground.gravity == "gravest" or (rule is not None and rule.second_reader)


def _words(decisive: Ground | None, rule: Rule | None, findings: Findings) -> str:
    """The rule's words for the person; what is drawn is told how it need not wait."""
    if decisive is None or rule is None:
        return ALLOWED_WORDS
    drawn = any(each.failure == DRAWN for each in findings.failed)
    if decisive.category == UNEXAMINED and drawn:
        return f"{rule.tells} {DRAWN_WORDS}"
    return rule.tells


def _clearance(
    noted: Iterable[Finding], findings: Findings, policy: Policy, context: Context
) -> int:
    """How far the nearest finding stays from its nearest threshold; certain where nothing is."""
    nearest = CERTAIN
    for rule in policy.rules:
        threshold = rule.threshold(context.surface, strict=context.strict)
        bounds = [each for each in (threshold.hold, threshold.block) if each is not None]
        reach = policy.reach(rule)
        for finding in noted:
            if bounds and finding.category in reach and findings.stage in rule.stages:
                nearest = min(nearest, max(0, min(bounds) - finding.score))
    return nearest


def _rationale(grounds: list[Ground], findings: Findings, context: Context) -> str:
    """Every ground in one line, for reviewers; a surface is named where it is not the feed."""
    if not grounds:
        return f"{len(findings.looks)} detectors looked; nothing reaches a threshold."
    lines = [
        f"{each.clause} {each.outcome}s: {each.category} {each.score} ≥ {each.threshold}, "
        f"{each.detector.name} {each.detector.version}, {where(each.segment)}"
        for each in grounds[:GROUNDS_MAX]
    ]
    left_out = len(grounds) - GROUNDS_MAX
    if context.surface != FEED:
        lines.insert(0, f"Judged for the surface {context.surface}.")
    return "\n".join([*lines, *([f"and {left_out} more"] if left_out > 0 else [])])
