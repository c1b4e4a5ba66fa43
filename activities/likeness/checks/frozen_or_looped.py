"""Pictures that follow each other as a camera makes them: none frozen, looped, spliced or retimed.

Score: the worst of six measures, each as a share of what is still allowed; above 1 is too much.
A cut between two moments that look alike is not seen.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.likeness import models
from activities.likeness.checks.finding import found
from activities.likeness.contract import Finding, Verdict
from activities.likeness.evidence import Evidence

WORST_MAX: Final = 1.0
FROZEN_SECONDS_MAX: Final = 0.45
LOOPED_SECONDS_MAX: Final = 0.40
JUMP_MAX: Final = 6.0
"""A picture's change as a multiple of its neighbours' changes."""
GAP_MAX: Final = 3.5
"""An interval as a multiple of the usual one."""
DRIFT_MAX: Final = 1.33
"""The slowest stretch's interval as a multiple of the quickest one's."""
REPEATED_MAX: Final = 2
_STILL: Final = 0.12
"""What is frozen changes by less than this share of the usual change."""
_ALIKE: Final = 0.35
_LAG_SECONDS: Final = (0.2, 3.0)
_STRETCH_SECONDS: Final = 0.8
_JUMP_LEVELS: Final = 2.0

Floats = NDArray[np.float32]
_ADVICE: Final = {
    "frozen": "The picture stands still for a while.",
    "looped": "A part of the clip is played again.",
    "jump": "The clip has a cut.",
    "gap": "Pictures are missing.",
    "drift": "The clip runs at different speeds.",
    "repeated": "The clip's times were edited.",
}


def frozen_or_looped(evidence: Evidence, repeated_times: int) -> Finding:
    """Whether pictures and times come from one recording that nobody edited."""
    times = evidence.times.astype(np.float64)
    thumbs = evidence.thumbs.reshape(len(times), -1)
    steps = np.diff(times)
    changes = np.abs(np.diff(thumbs, axis=0)).mean(1)
    shares = {
        "frozen": _frozen_seconds(changes, steps) / FROZEN_SECONDS_MAX,
        "looped": _looped_seconds(thumbs, changes, steps) / LOOPED_SECONDS_MAX,
        "jump": _jump(changes) / JUMP_MAX,
        "gap": float(steps.max() / max(np.median(steps), 1e-3)) / GAP_MAX,
        "drift": (_drift(steps) - 1) / (DRIFT_MAX - 1),
        "repeated": repeated_times / (REPEATED_MAX + 0.5),
    }
    worst = max(shares, key=lambda name: shares[name])
    verdict: Verdict = "passed" if shares[worst] <= WORST_MAX else "failed"
    advice = f"{_ADVICE[worst]} Send a recording as the camera made it, in one piece."
    return found("frozen_or_looped", models.rules(), verdict, shares[worst], WORST_MAX, advice)


def _frozen_seconds(changes: Floats, steps: NDArray[np.float64]) -> float:
    """The longest stretch in which hardly anything changes."""
    still = changes < max(_STILL * float(np.median(changes)), 1e-3)
    return _longest(still, steps)


def _looped_seconds(thumbs: Floats, changes: Floats, steps: NDArray[np.float64]) -> float:
    """The longest stretch that repeats an earlier one more closely than neighbours resemble."""
    usual = float(np.median(steps))
    shortest, longest = (max(2, round(seconds / usual)) for seconds in _LAG_SECONDS)
    worst = 0.0
    for lag in range(shortest, min(longest, len(thumbs) - 2) + 1):
        apart = np.abs(thumbs[lag:] - thumbs[:-lag]).mean(1)
        near = np.maximum(changes[lag - 1 :], changes[: len(apart)])
        worst = max(worst, _longest(apart < _ALIKE * near, steps[lag - 1 :]))
    return worst


def _jump(changes: Floats) -> float:
    """The greatest change as a multiple of those around it, where it is a visible one."""
    worst = 0.0
    for index in np.flatnonzero(changes > _JUMP_LEVELS):
        before, behind = changes[max(0, index - 6) : index], changes[index + 1 : index + 7]
        around = np.concatenate([before, behind])
        worst = max(worst, float(changes[index] / (np.percentile(around, 80) + 0.05)))
    return worst


def _drift(steps: NDArray[np.float64]) -> float:
    """The usual interval of the slowest stretch over that of the quickest."""
    width = max(5, round(_STRETCH_SECONDS / max(float(np.median(steps)), 1e-3)))
    if len(steps) < 2 * width:
        return 1.0
    stretches = np.lib.stride_tricks.sliding_window_view(steps, width)
    usual = stretches.mean(1) if width < 8 else np.median(stretches, axis=1)
    return float(usual.max() / max(float(usual.min()), 1e-3))


def _longest(true: NDArray[np.bool_], steps: NDArray[np.float64]) -> float:
    """The longest run of true ones, in seconds."""
    best = run = 0.0
    for each, step in zip(true, steps, strict=False):
        run = run + float(step) if each else 0.0
        best = max(best, run)
    return best
