"""Faces that lie on their side: a detector that was made for upright ones sees few of them.

Pictures are turned instead. Each look takes four turns, a quarter apart; every second look those
between. So a face that stays for a second is met nearly upright, whichever way it lies, and a look
costs no more than four detections.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from activities.likeness.faces import DETECTION_SIDE, Faces, Picture

_QUARTER: Final = 90.0
_BETWEEN: Final = 45.0


def surest_turned(faces: Faces, picture: Picture, look: int) -> tuple[float, float]:
    """The detector's score and the presence of the surest face of the ``look``-th look; zeros
    where there is none."""
    small = _shrunk(picture)
    first = _BETWEEN * (look % 2)
    best = (0.0, 0.0)
    for number in range(4):
        seen = _turned(small, first + number * _QUARTER)
        for face in faces.detect(seen):
            _, presence = faces.landmarks(seen, face)
            best = max(best, (face.score, presence), key=lambda each: sureness(*each))
    return best


def sureness(score: float, presence: float) -> float:
    """How sure a face is, 0 to 1.25: the detector alone, and a quarter for its landmarks.

    Our cat reaches 0.84, people in any turn 1.02 and more (docs/enrolment.md).
    """
    return score + presence / 4


def _shrunk(picture: Picture) -> Picture:
    """No larger than a detector looks at, so that turning costs little."""
    scale = DETECTION_SIDE / max(picture.shape[:2])
    if scale >= 1:
        return picture
    return np.asarray(
        cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
    )


def _turned(picture: Picture, degrees: float) -> Picture:
    """Turned to the left, whole, on a canvas that is large enough."""
    if degrees % _QUARTER == 0:
        return np.ascontiguousarray(np.rot90(picture, int(degrees // _QUARTER)))
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
    wide, high = round(height * sin + width * cos), round(height * cos + width * sin)
    turn[:, 2] += ((wide - width) / 2, (high - height) / 2)
    return np.asarray(
        cv2.warpAffine(picture, turn, (wide, high), borderMode=cv2.BORDER_REFLECT), np.uint8
    )
