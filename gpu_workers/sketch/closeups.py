"""Close looks at the first actor of a clip, cut out of finished pictures where its track leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_workers.clip import Pictures
from gpu_workers.sketch import layers
from gpu_workers.sketch.film import Scene, pictures

WIDTH: Final = 192
HEIGHT: Final = 112
SIDE: Final = 48
"""Pixels of an upright look, as many as a plate has."""
_EVERY: Final = 3
_FIRST: Final = 1
"""A picture every three moments shows the moments 1, 4, 7, 10 and 13 exactly."""
_COUNT: Final = (layers.MOMENTS - _FIRST + _EVERY - 1) // _EVERY
_INSIDE: Final = 0.75
_MARGIN: Final = 1.3
"""An upright look reaches so far beyond the actor's height."""


@dataclass(frozen=True)
class Closeup:
    """A finished picture, and where in it the actor should be: pixels, and radians of its tilt."""

    picture: Pictures
    middle: tuple[float, float]
    side: int
    tilt: float

    def wide(self) -> NDArray[np.float32]:
        """What is seen around its middle, [2 · side, 2 · side, 3] in [0, 1]."""
        seen = np.asarray(self.picture, np.float32) / 255
        part = cv2.getRectSubPix(seen, (2 * self.side, 2 * self.side), self.middle)
        return np.asarray(part, np.float32)

    def upright(self) -> Pictures:
        """The actor with its tilt undone, uint8 [48, 48, 3]."""
        scale = self.side * _MARGIN / SIDE
        cos, sin = scale * np.cos(self.tilt), scale * np.sin(self.tilt)
        half = (SIDE - 1) / 2
        turn = np.asarray([[cos, -sin], [sin, cos]])
        offset = np.asarray(self.middle) - 0.5 - turn @ [half, half]
        matrix = np.concatenate([turn, offset[:, None]], 1).astype(np.float32)
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        looked = cv2.warpAffine(
            self.picture, matrix, (SIDE, SIDE), flags=how, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(looked, np.uint8)


def closeups(scene: Scene) -> list[Closeup]:
    """Up to five moments in which the actor is well within the picture, or else the nearest one."""
    track = layers.track(scene.tracks, 0)[_FIRST::_EVERY]
    shown = pictures(scene, WIDTH, HEIGHT, layers.MOMENTS_PER_SECOND / _EVERY, _COUNT)
    found = [_closeup(picture, now) for picture, now in zip(shown, track, strict=True)]
    away = np.abs(track[:, [layers.X, layers.Y]]).max(1)
    well = np.flatnonzero(away < _INSIDE)
    return [found[i] for i in well] or [found[int(away.argmin())]]


def _closeup(picture: Pictures, now: layers.Floats) -> Closeup:
    share = float(layers.height_share(now[layers.SIZE]))
    return Closeup(
        picture=picture,
        middle=(float(now[layers.X] + 1) / 2 * WIDTH, float(now[layers.Y] + 1) / 2 * HEIGHT),
        side=max(8, round(share * HEIGHT)),
        tilt=float(np.arctan2(now[layers.SIN], now[layers.COS])),
    )
