"""Curves: for each check, how many honest people and how many attacks pass at any threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from activities.likeness.contract import (
    CHECKS_OF_A_PERSON,
    CHECKS_OF_A_THING,
    SMALLER_IS_BETTER,
    CheckName,
)
from tests.attacks.suite import KINDS
from tests.attacks.trial import HONEST, HONEST_PET, Trial

NOT_MEASURED: Final = "not measured: no attack is aimed at it"
_POINTS: Final = 41
_QUANTILES: Final = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """One check: the scores of honest clips, and of the attacks that are aimed at it.

    ``honest_refused`` and ``attacks_passed``, of ``attacks_tried``, count verdicts, whatever the
    score. An attack that was held to another threshold, of another unit, has no score here.
    """

    check: CheckName
    threshold: float
    honest: Floats
    attacks: Floats
    honest_refused: int
    attacks_tried: int
    attacks_passed: int

    def false_rejects(self, threshold: float) -> float:
        """The share of honest scores that a threshold refuses."""
        return _share(~self._passes(self.honest, threshold))

    def false_accepts(self, threshold: float) -> float:
        """The share of attacks' scores that a threshold lets through."""
        return _share(self._passes(self.attacks, threshold))

    def _passes(self, scores: Floats, threshold: float) -> NDArray[np.bool_]:
        if self.check in SMALLER_IS_BETTER:
            return np.asarray(scores <= threshold)
        return np.asarray(scores >= threshold)

    def as_json(self) -> dict[str, Any]:
        """Quantiles of both, and the curve itself."""
        everything = np.concatenate([self.honest, self.attacks, [self.threshold]])
        steps = np.linspace(everything.min(), everything.max(), _POINTS)
        return {
            "threshold": self.threshold,
            "honest": _summary(self.honest) | {"refused": self.honest_refused},
            "attacks": _summary(self.attacks)
            | {"tried": self.attacks_tried, "passed": self.attacks_passed},
            "curve": [
                {
                    "threshold": round(float(step), 4),
                    "false_rejects": round(self.false_rejects(float(step)), 4),
                    "false_accepts": round(self.false_accepts(float(step)), 4),
                }
                for step in steps
            ],
        }


def curves_of(trials: Sequence[Trial]) -> dict[str, Curve]:
    """The curve of every check that honest clips were asked."""
    found: dict[str, Curve] = {}
    for check in (*CHECKS_OF_A_PERSON, *CHECKS_OF_A_THING):
        honest_kind = HONEST_PET if check in CHECKS_OF_A_THING else HONEST
        aimed = {kind for kind, each in KINDS.items() if check in each.caught_by}
        honest = _findings(trials, {honest_kind}, check)
        attacks = _findings(trials, aimed, check)
        if honest:
            found[check] = Curve(
                check=check,
                threshold=honest[0][2],
                honest=np.array([score for score, _, _ in honest]),
                attacks=np.array([score for score, _, held in attacks if held == honest[0][2]]),
                honest_refused=sum(not passed for _, passed, _ in honest),
                attacks_tried=len(attacks),
                attacks_passed=sum(passed for _, passed, _ in attacks),
            )
    return found


def _findings(
    trials: Sequence[Trial], kinds: set[str], check: CheckName
) -> list[tuple[float, bool, float]]:
    """Score, whether it passed, threshold."""
    return [
        (finding.score, finding.verdict == "passed", finding.threshold)
        for trial in trials
        if trial.kind in kinds
        for finding in trial.findings
        if finding.check == check
    ]


def page_table(curves: dict[str, Curve], trials: Sequence[Trial]) -> str:
    """The table of docs/enrolment.md."""
    lines = [
        "| check | threshold | honest scores (5 %, median) | refused honest | attacks' scores "
        "(median, 95 %) | attacks that it let pass |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for curve in curves.values():
        better = 5 if curve.check not in SMALLER_IS_BETTER else 95
        worse = 100 - better
        honest, attacks = curve.honest, curve.attacks
        beside, passed = NOT_MEASURED, ""
        if len(attacks):
            beside = f"{np.median(attacks):.3g}, {np.percentile(attacks, worse):.3g}"
        if curve.attacks_tried:
            passed = f"{curve.attacks_passed} of {curve.attacks_tried}"
        lines.append(
            f"| `{curve.check}` | {curve.threshold:g} | {np.percentile(honest, better):.3g}, "
            f"{np.median(honest):.3g} | {curve.honest_refused} of {len(honest)} | {beside} | "
            f"{passed} |"
        )
    lines += ["", "| clips | tried | approved |", "| --- | --- | --- |"]
    for kind in (HONEST, HONEST_PET, *KINDS):
        tried = [each for each in trials if each.kind == kind]
        if tried:
            lines.append(f"| {kind} | {len(tried)} | {sum(each.approved for each in tried)} |")
    lines += ["", _seconds(trials)]
    return "\n".join(lines) + "\n"


def _seconds(trials: Sequence[Trial]) -> str:
    """How long an examination took, of the clips that ran in confined processes."""
    seconds = [each.seconds for each in trials if each.apart]
    if not seconds:
        return "Seconds a clip: not measured; no clip was examined in confined processes."
    return (
        f"Seconds a clip, of {len(seconds)} that were examined as a stranger's is: median "
        f"{np.median(seconds):.1f}, 95 % {np.percentile(seconds, 95):.1f}."
    )


def _summary(scores: Floats) -> dict[str, Any]:
    if len(scores) == 0:
        return {"clips": 0}
    quantiles = {f"q{share:g}": round(float(np.quantile(scores, share)), 4) for share in _QUANTILES}
    return {"clips": len(scores)} | quantiles


def _share(which: NDArray[np.bool_]) -> float:
    return float(which.mean()) if len(which) else 0.0
