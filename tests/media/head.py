"""A head that turns: one frontal picture laid over a surface with a skull's and a nose's depth.

For each pixel of the turned view the point of the surface that lies there is found by iteration,
on a coarse grid that is then smoothed over the picture. So features near the camera move further
than those behind them, as they do on a head and do not on a photograph.

The surface is the same for every head, so views a few degrees apart are solved once, and what lies
between them is blended from its four neighbours: at most a tenth of a pixel away.
"""

from __future__ import annotations

from functools import cache
from math import cos, floor, radians, sin
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Grid = NDArray[np.float32]

SIDE: Final = 480
"""Of every picture in ``pictures/``: the face is 146 by 185 pixels around (240, 230)."""
FACE_WIDTH, FACE_HEIGHT = 146.0, 185.0
CENTRE: Final = (240.0, 222.0)
_COARSE: Final = 80
_ROUNDS: Final = 14
_MOUTHS: Final = 16
_AXIS_DEPTH: Final = 0.35
"""The neck's axis, as a share of the skull's depth behind the plane of the ears."""
_NODE: Final = 3.0
"""Degrees between views that are solved."""
_ACROSS, _DOWN = 0.80 * FACE_WIDTH, 0.92 * FACE_HEIGHT
_DEEP: Final = 1.35 * _ACROSS


class Head:
    """Draws one person's head at any small angle."""

    def __init__(
        self, picture: Picture, mouth: tuple[float, float] = (240.0, 277.0), half: float = 32.0
    ) -> None:
        """``mouth`` is where the lips meet, ``half`` half of their width, in pixels."""
        if picture.shape != (SIDE, SIDE, 3):
            raise ValueError(f"a head is made of {SIDE} x {SIDE} pixels, not of {picture.shape}")
        self._picture = picture
        self._mouth, self._half = mouth, half
        self._speaking: dict[int, Picture] = {}

    def draw(self, yaw: float, pitch: float, mouth: float) -> Picture:
        """[480, 480, 3] at angles in degrees; ``mouth`` is 0 closed to 1 wide open.

        Yaw is positive to the picture's right, pitch is positive downwards.
        """
        fine = cv2.resize(_flow(yaw, pitch), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        drawn = cv2.remap(
            self.speaking(mouth), fine, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(drawn, np.uint8)

    def speaking(self, mouth: float) -> Picture:
        """The frontal picture with its mouth open: the lower lip and the chin sink."""
        level = round(float(np.clip(mouth, 0, 1)) * _MOUTHS)
        if level not in self._speaking:
            self._speaking[level] = self._opened(level / _MOUTHS)
        return self._speaking[level]

    def _opened(self, mouth: float) -> Picture:
        if mouth == 0:
            return self._picture
        (centre_x, centre_y), half = self._mouth, self._half
        y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
        across = np.clip(1 - ((x - centre_x) / half) ** 2, 0, None)
        gap = mouth * 0.13 * FACE_HEIGHT * np.sqrt(across)
        below = y - centre_y
        sinks = np.clip(1 - (below - gap) / (0.42 * FACE_HEIGHT), 0, 1)
        map_y = np.where(below > gap, y - gap * sinks, np.minimum(y, centre_y))
        opened = cv2.remap(self._picture, x, map_y.astype(np.float32), cv2.INTER_LINEAR)
        dark = np.clip(np.minimum(below, gap - below) / 1.5, 0, 1)[..., None]
        inside = np.array([55, 22, 24], np.float32)
        return np.asarray(opened * (1 - dark) + inside * dark, np.uint8)


def _flow(yaw: float, pitch: float) -> Grid:
    """[80, 80, 2]: which pixel of the frontal picture is seen at each point of the coarse grid."""
    column, row = yaw / _NODE, pitch / _NODE
    left, top = floor(column), floor(row)
    right_share, low_share = column - left, row - top
    flow = np.zeros((_COARSE, _COARSE, 2), np.float32)
    for across, share in ((left, 1 - right_share), (left + 1, right_share)):
        for down, part in ((top, 1 - low_share), (top + 1, low_share)):
            if share * part > 0:
                flow += np.float32(share * part) * _solved(across, down)
    return flow


@cache
def _solved(column: int, row: int) -> Grid:
    """The same for one of the views that are solved."""
    here_x, here_y = _grid()
    inside = np.sqrt((here_x / _ACROSS) ** 2 + (here_y / _DOWN) ** 2)
    share = np.clip((1.18 - inside**2) / 0.22, 0, 1)
    x, y = _source(radians(column * _NODE), radians(row * _NODE))
    map_x = CENTRE[0] + share * x + (1 - share) * here_x
    map_y = CENTRE[1] + share * y + (1 - share) * here_y
    return np.stack([map_x, map_y], axis=-1).astype(np.float32)


@cache
def _grid() -> tuple[Grid, Grid]:
    """The points of the coarse grid, from the centre of the face."""
    step = (np.arange(_COARSE, dtype=np.float32) + 0.5) * SIDE / _COARSE
    grid_x, grid_y = np.meshgrid(step, step)
    return np.asarray(grid_x - CENTRE[0], np.float32), np.asarray(grid_y - CENTRE[1], np.float32)


def _source(yaw: float, pitch: float) -> tuple[Grid, Grid]:
    """Which point of the frontal picture is seen at each point of the grid."""
    here_x, here_y = _grid()
    sin_yaw, cos_yaw = sin(yaw), max(cos(yaw), 0.35)
    sin_pitch, cos_pitch = sin(pitch), max(cos(pitch), 0.35)
    x: NDArray[np.floating[Any]] = here_x
    y: NDArray[np.floating[Any]] = here_y
    for _ in range(_ROUNDS):
        depth = _depth(x, y) - np.float32(_AXIS_DEPTH * _DEEP)
        turned_x = (here_x - sin_yaw * depth) / cos_yaw
        turned_depth = -sin_yaw * turned_x + cos_yaw * depth
        turned_y = (here_y - sin_pitch * turned_depth) / cos_pitch
        x, y = 0.55 * x + 0.45 * turned_x, 0.55 * y + 0.45 * turned_y
    return np.asarray(x, np.float32), np.asarray(y, np.float32)


def _depth(x: NDArray[np.floating[Any]], y: NDArray[np.floating[Any]]) -> Grid:
    """How near the surface is, in pixels: a skull, a nose, two eye sockets."""
    round_part = 1 - (x / _ACROSS) ** 2 - (y / _DOWN) ** 2
    depth = _DEEP * np.sqrt(np.maximum(round_part, 0))
    nose = _bump(x, 0.13 * FACE_WIDTH, y - 0.10 * FACE_HEIGHT, 0.16 * FACE_HEIGHT)
    depth = depth + 0.20 * FACE_WIDTH * nose
    for side in (-1, 1):
        socket = _bump(
            x + side * 0.23 * FACE_WIDTH,
            0.12 * FACE_WIDTH,
            y + 0.10 * FACE_HEIGHT,
            0.08 * FACE_HEIGHT,
        )
        depth = depth - 0.05 * FACE_WIDTH * socket
    return np.asarray(depth, np.float32)


def _bump(
    x: NDArray[np.floating[Any]], wide: float, y: NDArray[np.floating[Any]], high: float
) -> Grid:
    return np.asarray(np.exp(-((x / wide) ** 2) - (y / high) ** 2), np.float32)
