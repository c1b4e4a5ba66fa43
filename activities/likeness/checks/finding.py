"""One way of writing a finding down."""

from __future__ import annotations

from activities.likeness.contract import CheckName, Finding, Verdict
from activities.likeness.models import Model


def found(
    check: CheckName,
    model: Model,
    verdict: Verdict,
    score: float,
    threshold: float,
    advice: str = "",
    against: tuple[str, ...] = (),
) -> Finding:
    """A finding; advice is kept only where there is something to do better."""
    return Finding(
        check=check,
        verdict=verdict,
        score=round(float(score), 4),
        threshold=threshold,
        model=model.name,
        version=model.version,
        advice="" if verdict == "passed" else advice,
        against=against,
    )
