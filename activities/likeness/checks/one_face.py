"""One face, upright and large enough, throughout the clip.

Score: the share of pictures with exactly one such face. A second face counts from a third of the
first one's width, and where it is seen in several pictures, so that a poster far behind and a
moment's mistake of the detector do not.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from activities.likeness import models
from activities.likeness.checks.finding import found
from activities.likeness.contract import Finding
from activities.likeness.evidence import Evidence

SHARE_MIN: Final = 0.90
OTHER_WIDTH_MIN: Final = 0.33
OTHERS_SHARE_MAX: Final = 0.04
FACE_SHARE_MIN: Final = 0.12
"""Of the picture's shorter side."""
ROLL_MAX: Final = 50.0


def one_face(evidence: Evidence) -> Finding:
    """Whether exactly one upright face is seen from beginning to end."""
    upright = np.abs(evidence.roll) <= ROLL_MAX
    wide = evidence.boxes[:, 2] >= FACE_SHARE_MIN * float(evidence.size.min())
    others = evidence.others >= OTHER_WIDTH_MIN
    good = evidence.alone & upright & wide & ~others
    share, accompanied = float(good.mean()), float(others.mean())
    passed = share >= SHARE_MIN and accompanied <= OTHERS_SHARE_MAX and not _on_its_head(evidence)
    return found(
        "one_face",
        models.yunet(),
        "passed" if passed else "failed",
        share,
        SHARE_MIN,
        _advice(evidence, accompanied, upright, wide),
    )


def _on_its_head(evidence: Evidence) -> bool:
    """The detector finds faces that stand on their heads too, but is surer of upright ones."""
    return len(evidence.over) > 0 and float(np.median(evidence.over)) > 0


def _advice(
    evidence: Evidence,
    accompanied: float,
    upright: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    wide: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
) -> str:
    if accompanied > OTHERS_SHARE_MAX:
        return "More than one face is in the picture. Record again alone."
    if not evidence.alone.any():
        return "No face is seen. Hold the camera upright before your face, in more light."
    if _on_its_head(evidence) or upright[evidence.alone].mean() < SHARE_MIN:
        return "The picture is upside down or on its side. Hold the camera upright."
    if wide[evidence.alone].mean() < SHARE_MIN:
        return "The face is small. Come nearer."
    return "The face leaves the picture. Keep your head in it, and turn it a little less far."
