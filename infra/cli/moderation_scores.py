"""Counting what verdicts are worth: precision, recall and false blocks, grouped in many ways."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from activities.moderation.cards import Counted
from domain.moderation.deciding import decide
from domain.moderation.finding import Findings, Look
from domain.moderation.policy import Policy
from domain.moderation.verdict import Context, Verdict
from infra.cli.moderation_set import Labelled


@dataclass(frozen=True)
class Judged:
    """One labelled prompt, what was noted and decided about it, and how long that took.

    ``strictly`` is the verdict as if a human were cast. Milliseconds are of the wall clock, and of
    the processor.
    """

    given: Labelled
    findings: Findings
    verdict: Verdict
    strictly: Verdict
    context: Context
    milliseconds: float = 0.0
    processor_milliseconds: float = 0.0

    @property
    def acted(self) -> bool:
        """Whether it is blocked or held."""
        return self.verdict.outcome != "allow"


@dataclass
class Count:
    """Right and wrong ones; precision and recall are None where there is nothing to divide by."""

    hits: int = 0
    misses: int = 0
    false: int = 0
    right_silence: int = 0

    def add(self, *, said: bool, true: bool) -> None:
        """One more: whether something was said, and whether it is so."""
        if said and true:
            self.hits += 1
        elif said:
            self.false += 1
        elif true:
            self.misses += 1
        else:
            self.right_silence += 1

    def counted(self) -> Counted:
        """The same, as it stands on a card."""
        return Counted(**vars(self))

    @property
    def precision(self) -> float | None:
        return self.counted().precision

    @property
    def recall(self) -> float | None:
        return self.counted().recall

    def as_json(self) -> dict[str, float | int | None]:
        return {"precision": self.precision, "recall": self.recall, **vars(self)}


@dataclass
class Table:
    """Counts by name, sorted."""

    counts: dict[str, Count] = field(default_factory=dict)

    def at(self, name: str) -> Count:
        return self.counts.setdefault(name, Count())

    def as_json(self) -> dict[str, dict[str, float | int | None]]:
        return {name: self.counts[name].as_json() for name in sorted(self.counts)}


def overall(judged: Iterable[Judged]) -> Count:
    """Blocked or held, against labelled at all."""
    count = Count()
    for each in judged:
        count.add(said=each.acted, true=each.given.harmful)
    return count


def by_category(judged: Iterable[Judged], categories: Iterable[str]) -> Table:
    """A category is said where any rule acts for it; recalled where anything at all is done."""
    table = Table()
    named = tuple(categories)
    for each in judged:
        said = {ground.category for ground in each.verdict.grounds}
        for category in named:
            true = category in each.given.labels
            table.at(category).add(said=each.acted if true else category in said, true=true)
    return table


def by_rule(judged: Iterable[Judged], policy: Policy) -> Table:
    """A rule is right where the prompt bears a label that the rule is about."""
    table = Table()
    for each in judged:
        said = {ground.clause for ground in each.verdict.grounds}
        for rule in policy.rules:
            true = bool(policy.reach(rule) & each.given.labels)
            table.at(rule.clause).add(said=rule.clause in said, true=true)
    return table


def by_detector(judged: Iterable[Judged], policy: Policy) -> Table:
    """Each detector as if it were alone: is what it says enough to act, and is that right?

    It is asked about the categories that it speaks of at all in this set.
    """
    kept = list(judged)
    speaks: dict[str, set[str]] = {}
    for each in kept:
        for finding in each.findings.found:
            speaks.setdefault(finding.detector.name, set()).add(finding.category)
    alone = policy.model_copy(update={"required": ()})
    table = Table()
    for each in kept:
        for look in each.findings.looks:
            about = speaks.get(look.detector.name, set())
            said = _acts(look, each, alone)
            others_only = each.given.harmful and not about & each.given.labels
            if not others_only:
                table.at(look.detector.name).add(said=said, true=each.given.harmful)
    return table


def by_trait(judged: Iterable[Judged], trait: str) -> Table:
    """By language, or by kind."""
    table = Table()
    for each in judged:
        table.at(str(getattr(each.given, trait))).add(said=each.acted, true=each.given.harmful)
    return table


def strict_recall(judged: Iterable[Judged], categories: frozenset[str]) -> Count:
    """All prompts of these categories as if a human were cast in each."""
    count = Count()
    for each in judged:
        if each.given.labels & categories:
            count.add(said=each.strictly.outcome != "allow", true=True)
    return count


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _acts(look: Look, each: Judged, policy: Policy) -> bool:
    findings = Findings(stage=each.findings.stage, looks=(look,))
    return decide(findings, policy, each.context).outcome != "allow"
