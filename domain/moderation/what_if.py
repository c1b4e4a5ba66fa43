"""What if: recorded findings under another policy, compared with what was decided.

Nothing follows from it. One pass over the cases of a period, each folded into counts, samples and
one hash, so that two runs over the same log can be compared. Whoever is erased drops out.
"""

from __future__ import annotations

import hashlib
from bisect import insort
from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from domain.kernel.canonical import canonical_json
from domain.kernel.model import Value
from domain.moderation.case_events import NO_RULE
from domain.moderation.case_situations import Allowed, Blocked, Known, OnAppeal, Withdrawn
from domain.moderation.categories import OF_FILMS
from domain.moderation.finding import Findings
from domain.moderation.gates import Gate, judged
from domain.moderation.policy import Policy
from domain.moderation.verdict import Verdict, where

SAMPLES_MAX: Final = 5
Unseen = Literal["deleted", "missing", "failed", "later"]
"""Why nobody looked again though detectors have changed: the film was deleted or taken down; it is
not in the store, or what was looked at not in the log; nobody could look; or the time was over."""


class Sample(Value):
    """One case as an example: where it is, and no word of it."""

    case_id: str
    gate: Gate
    place: str
    score: int


class RuleChange(Value):
    """What would have changed under one rule, and the first few cases by their ids.

    ``appeals_spared`` had an appeal and would have been allowed; ``against_humans`` would be
    stopped though humans let them pass.
    """

    clause: str
    newly_blocked: int = 0
    newly_held: int = 0
    newly_allowed: int = 0
    appeals_spared: int = 0
    against_humans: int = 0
    samples: tuple[Sample, ...] = ()


class WhatIf(Value):
    """The whole comparison. ``sha256`` covers every case's answer, in the order of the log.

    ``rerun`` counts cases at which a changed detector looked again, ``films_rerun`` those of films
    among them. ``not_rerun`` counts cases whose findings were taken as they were, and the four
    after it say why (``Unseen``): while there are films for ``later``, another run goes on.
    """

    policy_revision: int
    policy_sha256: str
    cases: int
    unchanged: int
    newly_blocked: int
    newly_held: int
    newly_allowed: int
    appeals_spared: int
    against_humans: int
    erased: int
    rerun: int
    films_rerun: int
    not_rerun: int
    deleted: int
    missing: int
    failed: int
    later: int
    rules: tuple[RuleChange, ...]
    sha256: str


@dataclass
class _Tally:
    counts: Counter[str] = field(default_factory=Counter)
    samples: list[tuple[str, Sample]] = field(default_factory=list)


class Comparison:
    """Takes the cases one by one, in the order of the log."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._whole: Counter[str] = Counter()
        self._rules: dict[str, _Tally] = {}
        self._digest = hashlib.sha256()

    def erased(self) -> None:
        """A case of somebody who is erased: nothing of it is looked at."""
        self._whole["erased"] += 1

    def rerun(self, *, film: bool = False) -> None:
        """Changed detectors have looked at a case again, at its words or at its film."""
        self._whole["rerun"] += 1
        self._whole["films_rerun"] += film

    def not_rerun(self, why: Unseen) -> None:
        """Detectors have changed that did not look at a case again."""
        self._whole["not_rerun"] += 1
        self._whole[why] += 1

    def add(self, case: Known, findings: tuple[Findings, ...] | None = None) -> Verdict:
        """A case, with its findings anew where detectors have changed; the policy's verdict."""
        content = case.content
        verdict = judged(findings or content.findings, self._policy, content.context)
        self._digest.update(
            f"{content.case_id} {verdict.outcome} {verdict.clause}\n".encode("ascii")
        )
        self._whole["cases"] += 1
        change = _change(case.verdict.outcome, verdict.outcome)
        decisive = case.verdict if change == "newly_allowed" else verdict
        tally = self._rules.setdefault(decisive.clause or NO_RULE, _Tally())
        for each in (change, *_humans(case, verdict)):
            self._whole[each] += 1
            tally.counts[each] += 1
        if change != "unchanged":
            self._sample(tally, case, decisive)
        return verdict

    def result(self) -> WhatIf:
        """What has been counted so far."""
        rules = tuple(
            RuleChange(
                clause=clause,
                **{name: tally.counts[name] for name in _COUNTED},
                samples=tuple(each for _, each in tally.samples),
            )
            for clause, tally in sorted(self._rules.items())
            if any(tally.counts[name] for name in _COUNTED)
        )
        counted = {name: self._whole[name] for name in (*_APART, *_COUNTED)}
        digest = self._digest.copy()
        digest.update(canonical_json(counted))
        digest.update(canonical_json([each.model_dump(mode="json") for each in rules]))
        return WhatIf(
            policy_revision=self._policy.revision,
            policy_sha256=self._policy.sha256,
            **counted,
            rules=rules,
            sha256=digest.hexdigest(),
        )

    def _sample(self, tally: _Tally, case: Known, verdict: Verdict) -> None:
        """The lowest hashes are kept, so that a sample is fair and always the same."""
        content = case.content
        rank = hashlib.sha256(content.case_id.encode()).hexdigest()
        if len(tally.samples) == SAMPLES_MAX and rank >= tally.samples[-1][0]:
            return
        sample = Sample(
            case_id=content.case_id,
            gate=content.gate,
            place=where(verdict.segment) if verdict.segment else verdict.stage,
            score=verdict.confidence,
        )
        insort(tally.samples, (rank, sample), key=lambda each: each[0])
        del tally.samples[SAMPLES_MAX:]


_APART: Final = (
    *("cases", "unchanged", "erased"),
    *("rerun", "films_rerun", "not_rerun", *get_args(Unseen)),
)
_COUNTED: Final = (
    "newly_blocked",
    "newly_held",
    "newly_allowed",
    "appeals_spared",
    "against_humans",
)


def _change(before: str, now: str) -> str:
    if before == now:
        return "unchanged"
    return {"block": "newly_blocked", "hold": "newly_held", "allow": "newly_allowed"}[now]


def _humans(case: Known, verdict: Verdict) -> list[str]:
    """What the change means to those who appealed, and to those who decided."""
    state = case.before if isinstance(case, Withdrawn) else case
    on_appeal = isinstance(state, OnAppeal) or (isinstance(state, Blocked) and state.upheld)
    reinstated = isinstance(state, Allowed) and state.by == "appeal"
    found = []
    if (on_appeal or reinstated) and verdict.outcome == "allow":
        found.append("appeals_spared")
    let_pass = isinstance(state, Allowed) and state.by in ("humans", "appeal")
    if let_pass and verdict.outcome == "block":
        found.append("against_humans")
    return found


def unasked(case: Known, readers: frozenset[str]) -> frozenset[str]:
    """Those of the readers who have never looked at the words of a case: they came later.

    Nobody, where a case is about its film alone.
    """
    words = [each for each in case.content.findings if each.stage not in OF_FILMS]
    looked = {look.detector.name for each in words for look in each.looks}
    return readers - looked if words else frozenset()


def stale(case: Known, running: dict[str, str]) -> frozenset[str]:
    """The detectors of a case that run in another version today, by name.

    ``running`` are today's versions by name; a detector that is gone keeps its old findings.
    """
    return frozenset(
        each.detector.name
        for findings in case.content.findings
        for each in findings.looks
        if running.get(each.detector.name, each.detector.version) != each.detector.version
    )
