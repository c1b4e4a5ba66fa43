"""A head that turns: one frontal picture laid over a surface with a skull's and a nose's depth.

For each pixel of the turned view the point of the surface that lies there is found by iteration,
on a coarse grid that is then smoothed over the picture. So features near the camera move further
than those behind them, as they do on a head and do not on a photograph.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Grid = NDArray[np.floating[Any]]

SIDE: Final = 480
"""Of every picture in ``pictures/``: the face is 146 by 185 pixels around (240, 230)."""
FACE_WIDTH, FACE_HEIGHT = 146.0, 185.0
CENTRE: Final = (240.0, 222.0)
_COARSE: Final = 80
_ROUNDS: Final = 14
_AXIS_DEPTH: Final = 0.35
"""The neck's axis, as a share of the skull's depth behind the plane of the ears."""


class Head:
    """Draws one person's head at any small angle."""

    def __init__(self, picture: Picture) -> None:
        if picture.shape != (SIDE, SIDE, 3):
            raise ValueError(f"a head is made of {SIDE} x {SIDE} pixels, not of {picture.shape}")
        self._picture = picture
        self._across, self._down = 0.80 * FACE_WIDTH, 0.92 * FACE_HEIGHT
        self._deep = 1.35 * self._across
        step = (np.arange(_COARSE, dtype=np.float32) + 0.5) * SIDE / _COARSE
        grid_x, grid_y = np.meshgrid(step, step)
        self._x, self._y = grid_x - CENTRE[0], grid_y - CENTRE[1]
        inside = np.sqrt((self._x / self._across) ** 2 + (self._y / self._down) ** 2)
        self._share = np.clip((1.18 - inside**2) / 0.22, 0, 1)

    def draw(self, yaw: float, pitch: float, mouth: float) -> Picture:
        """[480, 480, 3] at angles in degrees; ``mouth`` is 0 closed to 1 wide open.

        Yaw is positive to the picture's right, pitch is positive downwards.
        """
        x, y = self._source(np.radians(yaw), np.radians(pitch))
        if mouth > 0.02:
            y = y - mouth * self._jaw(x, y)
        map_x = CENTRE[0] + self._share * x + (1 - self._share) * self._x
        map_y = CENTRE[1] + self._share * y + (1 - self._share) * self._y
        fine_x, fine_y = (
            cv2.resize(each.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
            for each in (map_x, map_y)
        )
        drawn = cv2.remap(
            self._picture, fine_x, fine_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        if mouth > 0.05:
            self._open(drawn, np.radians(yaw), np.radians(pitch), mouth)
        return np.asarray(drawn, np.uint8)

    def _source(self, yaw: float, pitch: float) -> tuple[Grid, Grid]:
        """Which point of the frontal picture is seen at each point of the grid."""
        sin_yaw, cos_yaw = np.sin(yaw), max(float(np.cos(yaw)), 0.35)
        sin_pitch, cos_pitch = np.sin(pitch), max(float(np.cos(pitch)), 0.35)
        x: Grid = self._x
        y: Grid = self._y
        for _ in range(_ROUNDS):
            depth = self._depth(x, y) - _AXIS_DEPTH * self._deep
            turned_x = (self._x - sin_yaw * depth) / cos_yaw
            turned_depth = -sin_yaw * turned_x + cos_yaw * depth
            turned_y = (self._y - sin_pitch * turned_depth) / cos_pitch
            x, y = 0.55 * x + 0.45 * turned_x, 0.55 * y + 0.45 * turned_y
        return x, y

    def _depth(self, x: Grid, y: Grid) -> Grid:
        """How near the surface is, in pixels: a skull, a nose, two eye sockets."""
        round_part = 1 - (x / self._across) ** 2 - (y / self._down) ** 2
        depth = self._deep * np.sqrt(np.maximum(round_part, 0))
        depth = depth + 0.20 * FACE_WIDTH * _bump(
            x, 0.13 * FACE_WIDTH, y - 0.10 * FACE_HEIGHT, 0.16 * FACE_HEIGHT
        )
        for side in (-1, 1):
            depth = depth - 0.05 * FACE_WIDTH * _bump(
                x + side * 0.23 * FACE_WIDTH,
                0.12 * FACE_WIDTH,
                y + 0.10 * FACE_HEIGHT,
                0.08 * FACE_HEIGHT,
            )
        return np.asarray(depth, np.float32)

    def _jaw(self, x: Grid, y: Grid) -> Grid:
        """How far the chin's skin sinks when the mouth is wide open, in pixels."""
        sinks = np.exp(-((x / (0.22 * FACE_WIDTH)) ** 2))
        sinks = sinks * np.clip((y - 0.30 * FACE_HEIGHT) / (0.12 * FACE_HEIGHT), 0, 1)
        below = np.clip(y - 0.55 * FACE_HEIGHT, 0, None)
        sinks = sinks * np.exp(-((below / (0.12 * FACE_HEIGHT)) ** 2))
        return np.asarray(0.08 * FACE_HEIGHT * sinks, np.float32)

    def _open(self, drawn: NDArray[np.uint8], yaw: float, pitch: float, mouth: float) -> None:
        """The dark between the lips."""
        near = 0.75 * self._deep
        x = CENTRE[0] + 0.02 * FACE_WIDTH + np.sin(yaw) * near
        y = CENTRE[1] + 0.33 * FACE_HEIGHT * np.cos(pitch) + np.sin(pitch) * 0.6 * near
        axes = (
            int(0.13 * FACE_WIDTH * np.cos(yaw)),
            max(1, int(0.07 * FACE_HEIGHT * mouth)),
        )
        cv2.ellipse(drawn, (int(x), int(y)), axes, 0, 0, 360, (60, 25, 25), -1, cv2.LINE_AA)


def _bump(x: Grid, wide: float, y: Grid, high: float) -> Grid:
    return np.asarray(np.exp(-((x / wide) ** 2) - (y / high) ** 2), np.float32)
