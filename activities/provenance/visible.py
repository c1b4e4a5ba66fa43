"""The visible mark of an export: a word on a plate that wanders, rests, and breathes.

It rests in each of several places for a while and glides to the next, well inside the picture, so
that no crop that leaves the film watchable removes it. The word comes from configuration.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.linalg import norm
from numpy.typing import NDArray

from activities.film.changed import Planes
from activities.provenance.keyed import Floats

WORD_LENGTH_MAX: Final = 24
REST_SECONDS: Final = 2.0
GLIDE_SECONDS: Final = 0.8
PLACES: Final = ((0.12, 0.82), (0.85, 0.25), (0.5, 0.6), (0.15, 0.2), (0.82, 0.78))
"""Where the plate rests, as shares of the room it has across and down."""
LIKENESS_MIN: Final = 0.4
"""Marked films of the bench have 0.66 and more in every picture, unmarked ones 0.09 and less."""
_CONTRAST_MIN: Final = 0.25
"""Of the contrast that the word has on black; on white it has about half."""

_HEIGHT_SHARE: Final = 0.085
_PLATE_ALPHA: Final = 0.42
_INK_ALPHA: Final = 0.85
_BREATH_SECONDS: Final = 1.6
_PLATE_LUMA, _INK_LUMA = 24.0, 232.0
_GREY: Final = 128.0


@dataclass(frozen=True)
class _Stamp:
    """A plate with its word: luma [rows, columns], and how much of it covers the picture."""

    luma: Floats
    cover: Floats


class VisibleMark:
    """Draws one word into the pictures of one film of a given size."""

    def __init__(self, word: str, width: int, height: int) -> None:
        if not 0 < len(word) <= WORD_LENGTH_MAX or not word.isascii() or not word.isprintable():
            raise ValueError(f"the visible mark is 1 to {WORD_LENGTH_MAX} printable ASCII letters")
        self._width, self._height = width, height
        self._stamp = _stamp(word, width, height)

    def place(self, seconds: float) -> tuple[int, int]:
        """The plate's left and top at a time, even pixels."""
        turn = REST_SECONDS + GLIDE_SECONDS
        index, within = divmod(max(0.0, seconds), turn)
        here = PLACES[int(index) % len(PLACES)]
        there = PLACES[(int(index) + 1) % len(PLACES)]
        share = max(0.0, (within - REST_SECONDS) / GLIDE_SECONDS)
        eased = share * share * (3 - 2 * share)
        rows, columns = self._stamp.luma.shape
        sway = 0.01 * math.sin(2 * math.pi * seconds / _BREATH_SECONDS)
        across = here[0] + (there[0] - here[0]) * eased + sway
        down = here[1] + (there[1] - here[1]) * eased
        left, top = across * (self._width - columns), down * (self._height - rows)
        return int(left) // 2 * 2, int(top) // 2 * 2

    def apply(self, planes: Planes, seconds: float) -> None:
        """Draw into a picture, I420 [height * 3 / 2, width], in place."""
        left, top = self.place(seconds)
        cover = self._stamp.cover * np.float32(self._breath(seconds))
        rows, columns = cover.shape
        self._blend(planes[top : top + rows, left : left + columns], self._stamp.luma, cover)
        half = cover[::2, ::2]
        colours = planes[self._height :].reshape(2, self._height // 2, self._width // 2)
        for plane in colours:
            area = plane[top // 2 : (top + rows) // 2, left // 2 : (left + columns) // 2]
            self._blend(area, np.full_like(half, _GREY), half)

    def likeness(self, luma: NDArray[np.uint8], seconds: float) -> float:
        """How much the plate's place looks like the word, from -1 to 1 (a correlation).

        Only what is as fine as letters counts, since pictures shine through the plate. 0 where the
        word is too faint to be read.
        """
        left, top = self.place(seconds)
        rows, columns = self._stamp.luma.shape
        area = luma[top : top + rows, left : left + columns].astype(np.float32)
        wanted = _fine(self._stamp.luma * self._stamp.cover)
        if area.shape != wanted.shape:
            return 0.0
        seen = _fine(area)
        alike, seen_norm, wanted_norm = (seen * wanted).sum(), norm(seen), norm(wanted)
        if seen_norm < 1e-3 or alike < _CONTRAST_MIN * wanted_norm**2:
            return 0.0
        return float(alike / (seen_norm * wanted_norm))

    @staticmethod
    def _breath(seconds: float) -> float:
        return 0.94 + 0.06 * math.sin(2 * math.pi * seconds / _BREATH_SECONDS)

    @staticmethod
    def _blend(area: NDArray[np.uint8], ink: Floats, cover: Floats) -> None:
        mixed = area * (1 - cover) + ink * cover
        area[...] = np.rint(mixed).astype(np.uint8)


def _fine(area: Floats) -> Floats:
    """What is left of an area [rows, columns] without what is wider than a stroke of a letter."""
    side = max(3, area.shape[0] // 4 | 1)
    return area - np.asarray(cv2.blur(area, (side, side)), np.float32)


def _stamp(word: str, width: int, height: int) -> _Stamp:
    rows = max(16, round(height * _HEIGHT_SHARE) // 2 * 2)
    font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(1, rows // 18)
    size = rows * 0.55 / 22
    (across, up), _ = cv2.getTextSize(word, font, size, thickness)
    limit = int(width * 0.6) - rows
    if across > limit:
        size *= limit / across
        (across, up), _ = cv2.getTextSize(word, font, size, thickness)
    columns = (across + rows) // 2 * 2
    letters = np.zeros((rows, columns), np.uint8)
    start = (columns - across) // 2, (rows + up) // 2
    cv2.putText(letters, word, start, font, size, 255, thickness, cv2.LINE_AA)
    share = letters.astype(np.float32) / 255
    cover = _PLATE_ALPHA + (_INK_ALPHA - _PLATE_ALPHA) * share
    luma = _PLATE_LUMA + (_INK_LUMA - _PLATE_LUMA) * share
    return _Stamp(luma.astype(np.float32), cover.astype(np.float32))
