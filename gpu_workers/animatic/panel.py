"""The storyboard sheet around a picture: paper, a frame, the shot's text, and what this is.

The sheet is laid over the pictures when a clip is decoded, so that checkpoints hold flat pictures
only. What does not fit is left out: first the label's second half, then the caption, then all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from gpu_workers.animatic.chance import chance
from gpu_workers.animatic.lettering import legible, measure, wrap, write
from gpu_workers.animatic.motion import eased
from gpu_workers.animatic.palette import INK, Colour, blend
from gpu_workers.animatic.script import Scene
from gpu_workers.animatic.stage import Canvas

LABEL: Final = "ANIMATIC · drawn, not sampled from a model"
LABEL_SHORT: Final = "ANIMATIC"
PAPER: Final[Colour] = (243, 234, 214)

_SHEET_PIXELS_MIN: Final = 200
_LABEL_PIXELS_MIN: Final = 80
_GRAIN_TILES: Final = 5
_GRAIN_HELD_SECONDS: Final = 1 / 8
_SLIDE_SECONDS: Final = 0.22


@dataclass(frozen=True)
class Layout:
    """Where things are on a sheet, in pixels."""

    width: int
    height: int
    left: int
    top: int
    panel_width: int
    panel_height: int

    @property
    def framed(self) -> bool:
        """Whether there is room for paper around the picture."""
        return self.left > 0


def layout(width: int, height: int) -> Layout:
    """Divide a sheet; small ones are all picture."""
    if min(width, height) < _SHEET_PIXELS_MIN:
        return Layout(width, height, 0, 0, width, height)
    margin = max(6, round(min(width, height) * 0.028))
    strip = round(min(height * 0.17, width * 0.17))
    return Layout(width, height, margin, margin, width - 2 * margin, height - 2 * margin - strip)


class Sheet:
    """Composes the sheet of one shot; the same picture and number give the same bytes.

    ``shots`` is how many the story has, 0 where nobody knows.
    """

    def __init__(self, scene: Scene, shots: int, place: Layout, first_frame: int) -> None:
        self._scene, self._place, self._first = scene, place, first_frame
        self._blank = np.empty((place.height, place.width, 3), np.uint8)
        self._blank[:] = PAPER
        if place.framed:
            _letter(self._blank, scene, shots, place)
        self._tooth = _tooth(place)
        self._grain = _grain(place.width, place.height)

    def compose(self, picture: Canvas, index: int) -> Canvas:
        """The finished picture ``index`` of this shot: uint8 [height, width, 3] in RGB."""
        place, scene = self._place, self._scene
        sheet = self._blank.copy()
        window = sheet[
            place.top : place.top + place.panel_height, place.left : place.left + place.panel_width
        ]
        gone = 1 - eased((index + 1) / scene.fps / _SLIDE_SECONDS) if scene.index else 0.0
        shift = round(place.panel_width * gone)
        window[:, shift:] = picture[:, : place.panel_width - shift]
        if place.framed:
            self._rule(sheet)
            self._timecode(sheet, index)
        elif min(place.width, place.height) >= _LABEL_PIXELS_MIN:
            _stamp(sheet)
        tile = int((self._first + index) / scene.fps / _GRAIN_HELD_SECONDS) % _GRAIN_TILES
        grained = cv2.addWeighted(sheet, 1.0, self._grain[tile], 1.0, -_GRAIN_MIDDLE)
        finished: Canvas = cv2.multiply(grained, self._tooth, scale=1 / 255)
        return finished

    def _rule(self, sheet: Canvas) -> None:
        """The frame around the picture, in ink."""
        place = self._place
        thick = max(1, round(place.height / 240))
        corner = (place.left + place.panel_width - 1, place.top + place.panel_height - 1)
        cv2.rectangle(sheet, (place.left, place.top), corner, INK, thick, cv2.LINE_8)

    def _timecode(self, sheet: Canvas, index: int) -> None:
        frame = self._first + index
        seconds, rest = divmod(frame, self._scene.fps)
        text = f"{seconds // 60:02d}:{seconds % 60:02d}:{rest:02d}"
        small = _small(self._place)
        x = self._place.width - self._place.left - measure("00:00:00", small) - 2
        write(sheet, text, x, _strip_top(self._place), small, INK)


def _small(place: Layout) -> int:
    return max(8, round(min(place.height, place.width * 0.75) * 0.032))


def _strip_top(place: Layout) -> int:
    return place.top + place.panel_height + max(3, round(place.left * 0.7))


def _letter(blank: Canvas, scene: Scene, shots: int, place: Layout) -> None:
    """The chip with the shot's number, the caption, and the label."""
    small, top = _small(place), _strip_top(place)
    room = place.height - top - max(3, place.left // 2)
    large, huge = max(9, round(small * 1.32)), max(10, round(small * 1.8))
    number = f"{scene.index + 1}/{shots}" if shots else str(scene.index + 1)
    chip = max(measure(number, huge), measure("SHOT", small)) + small
    tone = blend(scene.palette.accents[0], PAPER, 0.1)
    cv2.rectangle(blank, (place.left, top), (place.left + chip, top + room), tone, -1, cv2.LINE_8)
    dark = sum(tone) < 400
    ink = PAPER if dark else INK
    middle = place.left + chip // 2
    write(blank, "SHOT", middle - measure("SHOT", small) // 2, top + small // 4, small, ink)
    write(blank, number, middle - measure(number, huge) // 2, top + round(small * 1.45), huge, ink)
    left = place.left + chip + small
    right = place.width - place.left - measure("00:00:00", small) - small
    lines = max(1, (room - round(small * 1.4)) // round(large * 1.25))
    caption = wrap(legible(scene.prompt), large, right - left, lines)
    for row, line in enumerate(caption):
        write(blank, line, left, top + row * round(large * 1.25) - large // 6, large, INK)
    label = LABEL if measure(LABEL, small) <= place.width - place.left - left else LABEL_SHORT
    y = place.height - max(3, place.left // 2) - round(small * 1.25)
    x = place.width - place.left - measure(label, small) - 2
    write(blank, label, max(left, x), y, small, blend(INK, PAPER, 0.25))


def _stamp(sheet: Canvas) -> None:
    """The honest word alone, where there is no paper to write on."""
    height, width = sheet.shape[:2]
    size = max(8, height // 14)
    wide = measure(LABEL_SHORT, size)
    if wide + 8 <= width:
        corner = (width - wide - 8, height - round(size * 1.5))
        cv2.rectangle(sheet, corner, (width, height), PAPER, -1, cv2.LINE_8)
        write(sheet, LABEL_SHORT, corner[0] + 4, corner[1] + 1, size, INK)


_GRAIN_MIDDLE: Final = 8


@lru_cache(maxsize=2)
def _grain(width: int, height: int) -> tuple[Canvas, ...]:
    """Printing grain of a few levels, the same in the three colours."""
    draw = chance(0, "grain", width, height)
    tiles = []
    for _ in range(_GRAIN_TILES):
        fine = draw.normal(0, 1.2, (height, width))
        level = np.clip(np.rint(fine) + _GRAIN_MIDDLE, 0, 2 * _GRAIN_MIDDLE).astype(np.uint8)
        tiles.append(np.ascontiguousarray(np.repeat(level[..., None], 3, axis=2)))
    return tuple(tiles)


@lru_cache(maxsize=2)
def _tooth(place: Layout) -> Canvas:
    """The tooth of the paper and a breath of shade towards the corners, as a factor of 255."""
    draw = chance(0, "paper", place.width, place.height)
    shape = (place.height, place.width)
    fibre = cv2.GaussianBlur(draw.normal(0, 1, shape), (0, 0), 1.1, sigmaY=0.7)
    cloud = cv2.GaussianBlur(draw.normal(0, 1, shape), (0, 0), max(4.0, place.height / 16))
    mottle = fibre / (np.abs(fibre).max() + 1e-9) * 5 + cloud / (np.abs(cloud).max() + 1e-9) * 4
    y, x = np.mgrid[-1 : 1 : place.height * 1j, -1 : 1 : place.width * 1j]
    corner = np.clip(x * x + y * y - 0.8, 0, None) * 9
    factor = np.clip(np.rint(250 + mottle - corner), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.repeat(factor[..., None], 3, axis=2))
