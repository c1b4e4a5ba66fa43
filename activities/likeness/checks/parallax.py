"""A real head, and no flat, bent or zoomed picture of one.

When a head turns, its nose, which stands out, moves further than the face around it. The landmarks
of a plane that is tilted, moved or zoomed all move by one affine map, and the nose with them.
Score: how far the nose leaves the place where the map of the rest of the face puts it, at the
farthest point of each turn, as a share of the face's width; the middle one of all turns. A print
that is bent like a page reaches 0.05; one bent as tightly as a head, and a mask, reach a head's
value.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.likeness import models
from activities.likeness.checks.finding import found
from activities.likeness.contract import Finding, Verdict
from activities.likeness.evidence import Evidence
from activities.likeness.moves import UP_DEGREES, YAW_DEGREES, turns_of
from activities.likeness.pose import track_of

SHIFT_MIN: Final = 0.058
SHIFT_UNSURE: Final = 0.052
_NEAR_PEAK: Final = 0.8
_REST: Final = 0.35
"""Of what counts as a turn: below it the head is at rest."""
_PICTURES_MIN: Final = 6
_NOSE: Final = (1, 4, 5, 45, 275)
_AROUND: Final = (
    *(33, 133, 263, 362, 61, 291, 152, 10, 234, 454),
    *(127, 356, 172, 397, 17, 168, 50, 280),
)
_ADVICE: Final = (
    "The head does not look like one with depth. Turn your head itself, further and slowly; do not "
    "hold up a picture or move the camera."
)


def parallax(evidence: Evidence) -> Finding:
    """Whether what turned had depth."""
    score = nose_shift(evidence)
    verdict: Verdict = "failed"
    if score >= SHIFT_UNSURE:
        verdict = "passed" if score >= SHIFT_MIN else "unsure"
    return found("parallax", models.facemesh(), verdict, score, SHIFT_MIN, _ADVICE)


def nose_shift(evidence: Evidence) -> float:
    """The usual shift of the nose at the farthest points of the turns; 0 where there is no rest."""
    times, poses = track_of(evidence)
    points = evidence.points[evidence.alone][:, :, :2]
    reach = (np.abs(poses) / np.array([YAW_DEGREES, UP_DEGREES])).max(1)
    resting = points[reach < _REST]
    if len(resting) < _PICTURES_MIN:
        return 0.0
    rest = np.median(resting, axis=0)
    turns = turns_of(times, poses, down_degrees=UP_DEGREES)  # those that turn far
    if not turns:
        farthest = np.argsort(reach)[-_PICTURES_MIN:]
        return float(np.median(_shifts(points[farthest], rest)))
    per_turn = []
    for turn in turns:
        within = (times >= turn.since) & (times <= turn.until)
        near_peak = within & (reach >= _NEAR_PEAK * reach[within].max())
        per_turn.append(float(np.median(_shifts(points[near_peak], rest))))
    return float(np.median(per_turn))


def _shifts(points: NDArray[np.float32], rest: NDArray[np.float32]) -> NDArray[np.float64]:
    """[pictures]: the nose's distance from where the rest of the face puts it, in face widths."""
    around, nose = list(_AROUND), list(_NOSE)
    design = np.c_[rest[around], np.ones(len(around))]
    width = float(np.ptp(rest[:, 0])) + 1e-6
    shifts = []
    for each in points:
        mapping, *_ = np.linalg.lstsq(design, each[around], rcond=None)
        placed = np.c_[rest[nose], np.ones(len(nose))] @ mapping
        shifts.append(float(np.linalg.norm((each[nose] - placed).mean(0))) / width)
    return np.array(shifts)
