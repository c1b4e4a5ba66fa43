"""A real head, and no flat, bent or zoomed picture of one.

The landmarks of a plane that is tilted, moved or zoomed stay combinations of two directions; a head
adds a third, its depth (Tomasi and Kanade, Shape and motion from image streams, 1992). As many
pictures at rest as turned ones are laid beside each other, so that a long rest hides nothing.
Score: the third singular value as a share of the second. A print bent like a page reaches 0.08; one
bent as tightly as a head would reach a head's value, and so would a mask.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.likeness import models
from activities.likeness.checks.finding import found
from activities.likeness.contract import Finding, Verdict
from activities.likeness.evidence import Evidence
from activities.likeness.moves import PITCH_DEGREES, YAW_DEGREES
from activities.likeness.pose import track_of

SHARE_MIN: Final = 0.085
SHARE_UNSURE: Final = 0.075
_TURNED: Final = 0.9
_TURNED_MIN: Final = 6
_ADVICE: Final = (
    "The head does not look like one with depth. Turn your head itself, further and slowly; do not "
    "hold up a picture or move the camera."
)


def parallax(evidence: Evidence) -> Finding:
    """Whether what turned had depth."""
    score = depth_share(evidence)
    verdict: Verdict = "failed"
    if score >= SHARE_UNSURE:
        verdict = "passed" if score >= SHARE_MIN else "unsure"
    return found("parallax", models.facemesh(), verdict, score, SHARE_MIN, _ADVICE)


def depth_share(evidence: Evidence) -> float:
    """The third singular value of the landmarks' motion, as a share of the second."""
    _, poses = track_of(evidence)
    points = evidence.points[evidence.alone][:, :, :2]
    if len(points) < 2 * _TURNED_MIN:
        return 0.0
    reach = (np.abs(poses) / np.array([YAW_DEGREES, PITCH_DEGREES])).max(1)
    order = np.argsort(reach)
    count = int(np.clip((reach >= _TURNED).sum(), _TURNED_MIN, len(points) // 2))
    chosen = np.concatenate([order[:count], order[-count:]])
    return _third_share(points[chosen])


def _third_share(points: NDArray[np.float32]) -> float:
    centred = points - points.mean(1, keepdims=True)
    width = np.ptp(centred[:, :, 0], axis=1).max() + 1e-6
    rows = (centred / width).transpose(0, 2, 1).reshape(-1, points.shape[1])
    values = np.linalg.svd(rows, compute_uv=False)
    return float(values[2] / (values[1] + 1e-9))
