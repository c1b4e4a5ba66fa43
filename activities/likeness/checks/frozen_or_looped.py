"""Pictures that follow each other as a camera makes them: none frozen, looped, spliced or retimed.

Score: the worst of eight measures, each as a share of what is still allowed; above 1 is too much.
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
WORST_UNSURE: Final = 0.88
"""From here on a human decides: honest clips have 0.84 at most, edited ones 0.95 and more."""
FROZEN_SECONDS_MAX: Final = 0.45
STANDING_SPREAD_MIN: Final = 0.27
"""How far the pictures of a stretch lie from their mean, as a multiple of the usual change from one
to the next: honest clips have 0.40 and more, one picture that an encoder dithers has 0.15."""
LOOPED_RATIO_MIN: Final = 0.52
"""How far apart two stretches are, as a multiple of how far neighbours are: honest clips have 0.54
and more, loops 0.44 and less but for those of a head at rest."""
UNEVENNESS_MIN: Final = 16.0
"""Where two stretches are alike, how much further apart they are where things move than where they
stand: people who do the same again are 28 times and more, what is played again differs by what an
encoder does to it, which is 10 times at most."""
JUMP_MAX: Final = 4.4
"""A picture's change as a multiple of its neighbours' changes: honest clips have 3.0 at most, a
splice of two takes 5.6 and more."""
GAP_MAX: Final = 3.5
"""An interval as a multiple of the usual one."""
DRIFT_MAX: Final = 1.33
"""The slowest stretch's interval as a multiple of the quickest one's."""
REPEATED_MAX: Final = 2
_STILL: Final = 0.12
"""What is frozen changes by less than this share of the usual change."""
_LAG_SECONDS: Final = (0.2, 3.0)
_REPEATED_SECONDS: Final = 0.6
_ALIKE: Final = 0.75
"""Stretches are asked for their unevenness where their distance (root mean square) is less than
this multiple of their neighbours'."""
_MOVING: Final = 0.9
"""The quantile of change above which a pixel moves."""
_STRETCH_SECONDS: Final = 0.8
_JUMP_LEVELS: Final = 2.0

Floats = NDArray[np.float32]
_ADVICE: Final = {
    "frozen": "The picture stands still for a while.",
    "standing": "The picture stands still for a while.",
    "looped": "A part of the clip is played again.",
    "again": "A part of the clip is played again.",
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
        "standing": STANDING_SPREAD_MIN / max(_spread(thumbs, changes, steps), 1e-3),
        "looped": LOOPED_RATIO_MIN / max(_repeat_ratio(thumbs, changes, steps), 1e-3),
        "again": UNEVENNESS_MIN / max(_unevenness(thumbs, steps), 1e-3),
        "jump": _jump(changes) / JUMP_MAX,
        "gap": float(steps.max() / max(np.median(steps), 1e-3)) / GAP_MAX,
        "drift": (_drift(steps) - 1) / (DRIFT_MAX - 1),
        "repeated": repeated_times / (REPEATED_MAX + 0.5),
    }
    worst = max(shares, key=lambda name: shares[name])
    verdict: Verdict = "passed" if shares[worst] <= WORST_UNSURE else "unsure"
    if shares[worst] > WORST_MAX:
        verdict = "failed"
    advice = f"{_ADVICE[worst]} Send a recording as the camera made it, in one piece."
    return found("frozen_or_looped", models.rules(), verdict, shares[worst], WORST_MAX, advice)


def _frozen_seconds(changes: Floats, steps: NDArray[np.float64]) -> float:
    """The longest stretch in which hardly anything changes."""
    still = changes < max(_STILL * float(np.median(changes)), 1e-3)
    return _longest(still, steps)


def _spread(thumbs: Floats, changes: Floats, steps: NDArray[np.float64]) -> float:
    """How little the pictures of any stretch differ, as a multiple of the usual change.

    An encoder changes even a picture that stands still, a little at a time, and then back.
    """
    width = max(3, round(_REPEATED_SECONDS / max(float(np.median(steps)), 1e-3)))
    usual = max(float(np.median(changes)), 1e-3)
    stretches = [thumbs[first : first + width + 1] for first in range(len(thumbs) - width)]
    return min((float(np.abs(each - each.mean(0)).mean()) / usual for each in stretches), default=1)


def _repeat_ratio(thumbs: Floats, changes: Floats, steps: NDArray[np.float64]) -> float:
    """How near any stretch comes to an earlier one, as a multiple of how near neighbours are.

    Both are means over the stretch, so that a head at rest, which changes little, hides no loop.
    """
    width, lags = _stretches(len(thumbs), steps)
    least = np.inf
    for lag in lags:
        apart = np.abs(thumbs[lag + 1 :] - thumbs[1:-lag]).mean(1)
        near = np.minimum(_means(changes[lag:], width), _means(changes[: len(apart)], width))
        least = min(least, float((_means(apart, width) / np.maximum(near, 1e-3)).min()))
    return least


def _unevenness(thumbs: Floats, steps: NDArray[np.float64]) -> float:
    """How much further apart two stretches that are alike are where things move, at the least.

    A person who makes a movement again is elsewhere by a little, and nothing else has changed. What
    is played again differs everywhere by about as much: by what an encoder made of it.
    """
    width, lags = _stretches(len(thumbs), steps)
    changes = np.diff(thumbs, axis=0) ** 2
    within = _means(changes.mean(1), width - 1)[1:]  # of the changes inside each stretch
    least = np.inf
    for lag in lags:
        apart = (thumbs[lag + 1 :] - thumbs[1:-lag]) ** 2
        ratios = _means(apart.mean(1), width) / np.maximum(
            np.minimum(within[lag:], within[: len(within) - lag]), 1e-3
        )
        first = int(ratios.argmin())
        if ratios[first] < _ALIKE**2:
            moved = changes[first + 1 : first + width].mean(0)
            moving = moved >= np.quantile(moved, _MOVING)
            if moving.all():  # nothing moves at all: that is for those who look for what is frozen
                continue
            each = apart[first : first + width].mean(0)
            resting = max(float(np.median(each[~moving])), 1e-3)
            least = min(least, float(each[moving].mean()) / resting)
    return least


def _stretches(pictures: int, steps: NDArray[np.float64]) -> tuple[int, range]:
    """How many pictures a stretch has that is compared, and after how many it may come again."""
    usual = max(float(np.median(steps)), 1e-3)
    width = max(3, round(_REPEATED_SECONDS / usual))
    shortest, longest = (max(2, round(seconds / usual)) for seconds in _LAG_SECONDS)
    return width, range(shortest, min(longest, pictures - width - 1) + 1)


def _means(values: Floats, width: int) -> Floats:
    """The mean of every ``width`` values that follow each other."""
    return np.asarray(np.convolve(values, np.full(width, 1 / width), "valid"), np.float32)


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
