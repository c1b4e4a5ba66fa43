"""The cut-out: whoever is in a picture, without what stands behind them.

GrabCut (Rother, Kolmogorov, Blake 2004, as OpenCV has it) learns the colours of what surely belongs
to somebody and of what surely does not, and finds the border between. What it finds is kept only
where it can be a head on its shoulders, or a pet; anything else becomes a soft ellipse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from activities.likeness.faces import Picture

Opacity = NDArray[np.float32]
"""[height, width], 0 to 1."""
Cutout = NDArray[np.uint8]
"""[height, width, 4], BGR and opacity."""
_Mask = NDArray[np.uint8]
_Shape = tuple[int, ...]

_WORK_SIDE: Final = 256
"""GrabCut's time grows with the pixels, and a border's place is known well enough in so many."""
_ROUNDS: Final = 5
_SEED: Final = 7
_HEAD_MIN: Final = 1.15
_HEAD_MAX: Final = 9.0
"""What is cut out around a face has so many times the area of the face's ellipse."""
_FACE_KEPT_MIN: Final = 0.97
_SHARE_MIN, _SHARE_MAX = 0.06, 0.80
"""What is cut out of a picture without a face, as a share of it."""
_MIDDLE_KEPT_MIN: Final = 0.85
_MIDDLE: Final = 0.22
"""Half of the middle's width and height, as a share of the picture: a pet fills it, and its eyes
alone do not.
"""
_EDGE_PIXELS: Final = 1.2
"""How softly a border runs out, in pixels of the picture in which it was found."""
_OPAQUE: Final = 0.5


@dataclass(frozen=True)
class Head:
    """A face in a picture, in pixels: its middle, and half of its width and of its height."""

    x: float
    y: float
    half_width: float
    half_height: float

    def scaled(self, by: float) -> Head:
        """The same face in a picture ``by`` times as large."""
        return Head(self.x * by, self.y * by, self.half_width * by, self.half_height * by)


def cut_out(picture: Picture, head: Head | None) -> Cutout:
    """Somebody with a face, or whatever fills the middle; the same every time.

    Nothing is left of the colours where nothing is to be seen.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, _WORK_SIDE / max(height, width))
    small = picture
    if scale < 1:
        work = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = np.asarray(cv2.resize(picture, work, interpolation=cv2.INTER_AREA), np.uint8)
    found = _someone(small, head.scaled(scale)) if head is not None else _something(small)
    if found is None:
        opacity = _around(height, width, head)
    else:
        opacity = _softened(found, height, width) * _bust(height, width)
    seen = np.rint(opacity * 255).astype(np.uint8)
    return np.dstack([np.where(seen[..., None] > 0, picture, 0).astype(np.uint8), seen])


def trimmed(cutout: Cutout) -> Cutout:
    """The smallest square that holds all that is seen; it stands on its lower edge."""
    rows, columns = (np.flatnonzero(cutout[..., 3].max(axis)) for axis in (1, 0))
    if not len(rows):
        return cutout
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    side = int(max(bottom - top, right - left))
    trim = np.zeros((side, side, 4), np.uint8)
    aside = (side - (right - left)) // 2
    part = cutout[top:bottom, left:right]
    trim[side - part.shape[0] :, aside : aside + part.shape[1]] = part
    return trim


def _someone(picture: Picture, head: Head) -> _Mask | None:
    """A head and what hangs together with it; None where that is no plausible head."""
    shape = picture.shape[:2]
    face = _ellipse(shape, head.x, head.y, head.half_width * 0.85, head.half_height * 0.95)
    crown = head.y - head.half_height * 0.3
    hair = _ellipse(shape, head.x, crown, head.half_width * 1.7, head.half_height * 1.7)
    mask = np.full(shape, cv2.GC_BGD, np.uint8)
    neck = max(0, int(head.y + head.half_height * 0.8))
    mask[neck:] = cv2.GC_PR_BGD
    mask[_shoulders(shape, head) > 0] = cv2.GC_PR_FGD
    mask[hair > 0] = cv2.GC_PR_FGD
    rim = _rim(shape)
    mask[:rim] = mask[:neck, :rim] = mask[:neck, -rim:] = cv2.GC_BGD
    mask[face > 0] = cv2.GC_FGD
    found = _grabbed(picture, mask)
    if found is None or not face.any():
        return None
    found = _connected(found, head.x, head.y)
    area, kept = float(found.sum() / face.sum()), float(found[face > 0].mean())
    return found if _HEAD_MIN <= area <= _HEAD_MAX and kept >= _FACE_KEPT_MIN else None


def _something(picture: Picture) -> _Mask | None:
    """What fills the middle; None where that is hardly anything, or nearly all."""
    height, width = shape = picture.shape[:2]
    x, y = width / 2, height / 2
    mask = np.full(shape, cv2.GC_PR_BGD, np.uint8)
    mask[_ellipse(shape, x, y, width * 0.38, height * 0.38) > 0] = cv2.GC_PR_FGD
    rim = _rim(shape)
    mask[:rim] = mask[:, :rim] = mask[:, -rim:] = cv2.GC_BGD
    mask[_ellipse(shape, x, y, width * 0.1, height * 0.1) > 0] = cv2.GC_FGD
    found = _grabbed(picture, mask)
    if found is None:
        return None
    found = _connected(found, x, y)
    middle = _ellipse(shape, x, y, width * _MIDDLE, height * _MIDDLE)
    share, kept = float(found.mean()), float(found[middle > 0].mean())
    return found if _SHARE_MIN <= share <= _SHARE_MAX and kept >= _MIDDLE_KEPT_MIN else None


def _grabbed(picture: Picture, mask: _Mask) -> _Mask | None:
    """1 where somebody is; None where the colours tell nothing apart."""
    cv2.setRNGSeed(_SEED)  # its first guess is drawn by lot
    try:
        cv2.grabCut(
            picture,
            mask,
            None,
            np.zeros((1, 65)),
            np.zeros((1, 65)),
            _ROUNDS,
            cv2.GC_INIT_WITH_MASK,
        )
    except cv2.error:
        return None
    found = ((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)).astype(np.uint8)
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    return np.asarray(cv2.morphologyEx(found, cv2.MORPH_OPEN, around), np.uint8)


def _connected(found: _Mask, x: float, y: float) -> _Mask:
    """The part that holds a point, without holes."""
    column, row = int(x), int(y)
    if not (0 <= row < found.shape[0] and 0 <= column < found.shape[1] and found[row, column]):
        return np.zeros_like(found)
    _, labels = cv2.connectedComponents(found, connectivity=4)
    own = (labels == labels[row, column]).astype(np.uint8)
    outlines, _ = cv2.findContours(own, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(own, outlines, -1, 1, cv2.FILLED), np.uint8)


def _softened(found: _Mask, height: int, width: int) -> Opacity:
    """A border of some pixels, drawn in a little so that nothing shines through from behind."""
    soft = cv2.GaussianBlur(found.astype(np.float32), (0, 0), _EDGE_PIXELS)
    large = cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC)
    return _eased((large - _OPAQUE) / (0.95 - _OPAQUE))


def _bust(height: int, width: int) -> Opacity:
    """Shoulders that reach the edge of the picture end in a curve instead."""
    across = (np.abs(_axis(width)) / 0.97)[None, :]
    below = (np.maximum(0, _axis(height) - 0.1) / 0.88)[:, None]
    return np.asarray(np.clip((1 - across**4 - below**2.5) / 0.06, 0, 1), np.float32)


def _around(height: int, width: int, head: Head | None) -> Opacity:
    """A soft ellipse: around a face and its hair, else in the middle of the picture."""
    seen = head or Head(width / 2, height / 2, width * 0.28, height * 0.31)
    across = (np.arange(width) + 0.5 - seen.x) / (seen.half_width * 1.6)
    down = (np.arange(height) + 0.5 - seen.y + seen.half_height * 0.1) / (seen.half_height * 1.5)
    return _eased((1 - np.hypot(across[None, :], down[:, None])) / 0.15)


def _eased(share: NDArray[np.floating[Any]]) -> Opacity:
    bounded = np.clip(share, 0, 1)
    return np.asarray(bounded * bounded * (3 - 2 * bounded), np.float32)


def _axis(pixels: int) -> NDArray[np.float64]:
    """From -1 to 1 at the pixels' middles."""
    return (np.arange(pixels) + 0.5) / pixels * 2 - 1


def _rim(shape: _Shape) -> int:
    return max(2, max(shape) // 50)


def _shoulders(shape: _Shape, head: Head) -> _Mask:
    """Where neck, shoulders and chest would be."""
    neck, chest = head.y + head.half_height * 0.8, head.y + head.half_height * 2.4
    outline = [
        (head.x - head.half_width * 0.8, neck),
        (head.x + head.half_width * 0.8, neck),
        (head.x + head.half_width * 2.4, chest),
        (head.x + head.half_width * 2.6, shape[0]),
        (head.x - head.half_width * 2.6, shape[0]),
        (head.x - head.half_width * 2.4, chest),
    ]
    points = np.rint(np.asarray(outline)).astype(np.int32)
    return np.asarray(cv2.fillPoly(np.zeros(shape, np.uint8), [points], 1), np.uint8)


def _ellipse(shape: _Shape, x: float, y: float, half_width: float, half_height: float) -> _Mask:
    middle, axes = (round(x), round(y)), (max(1, round(half_width)), max(1, round(half_height)))
    drawn = cv2.ellipse(np.zeros(shape, np.uint8), middle, axes, 0, 0, 360, 1, cv2.FILLED)
    return np.asarray(drawn, np.uint8)
