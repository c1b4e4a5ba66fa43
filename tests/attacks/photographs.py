"""A photograph instead of a head: held up and tilted, bent, or moved nearer and further."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np

from tests.media.head import SIDE, Head, Picture

_CENTRE: Final = SIDE / 2
_FAR: Final = 1400.0
"""From the camera to the photograph, in pixels of it."""
Axis = Literal["upright", "level"]


@dataclass(frozen=True)
class Photograph:
    """A print; ``radius`` in pixels where it is bent around an ``axis``, ``cut_mouth`` where the
    attacker's own lips move behind a hole in it."""

    head: Head
    radius: float | None = None
    axis: Axis = "upright"
    cut_mouth: bool = False

    def draw(self, yaw: float, pitch: float, mouth: float, nearer: float = 1.0) -> Picture:
        """What a camera sees when the print is turned by so many degrees."""
        printed = self.head.speaking(mouth if self.cut_mouth else 0.0)
        drawn = self._bent(printed, yaw, pitch) if self.radius else _tilted(printed, yaw, pitch)
        if nearer == 1.0:
            return drawn
        zoom = np.array([[nearer, 0, _CENTRE * (1 - nearer)], [0, nearer, _CENTRE * (1 - nearer)]])
        return np.asarray(
            cv2.warpAffine(drawn, zoom, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT), np.uint8
        )

    def _bent(self, printed: Picture, yaw: float, pitch: float) -> Picture:
        """A part of a cylinder, turned: solved along the axis and across it."""
        assert self.radius
        step = np.arange(SIDE, dtype=np.float32) - _CENTRE
        x, y = np.meshgrid(step, step)
        along, around, turn, tip = (y, x, yaw, pitch)
        if self.axis == "level":
            along, around, turn, tip = (x, y, pitch, yaw)
        sine = np.clip(around / self.radius, -0.999, 0.999)
        angle = np.arcsin(sine)
        depth = self.radius * (np.cos(angle) - 1)
        source_around = self.radius * (angle - np.radians(turn))
        source_along = (along - depth * np.sin(np.radians(tip))) / np.cos(np.radians(tip))
        maps = (source_around, source_along)
        if self.axis == "level":
            maps = (source_along, source_around)
        map_x, map_y = ((each + _CENTRE).astype(np.float32) for each in maps)
        return np.asarray(
            cv2.remap(printed, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT),
            np.uint8,
        )


def _tilted(printed: Picture, yaw: float, pitch: float) -> Picture:
    """A plane turned in space before a camera with perspective."""
    half = SIDE / 2
    corners = np.array([[-half, -half, 0], [half, -half, 0], [half, half, 0], [-half, half, 0]])
    turned = corners @ _rotation(yaw, pitch).T
    seen = turned[:, :2] * (_FAR / (_FAR + turned[:, 2:])) + _CENTRE
    warp = cv2.getPerspectiveTransform(
        (corners[:, :2] + _CENTRE).astype(np.float32), seen.astype(np.float32)
    )
    return np.asarray(
        cv2.warpPerspective(printed, warp, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT), np.uint8
    )


def _rotation(yaw: float, pitch: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Yaw to the picture's right, then pitch downwards; depth grows away from the camera."""
    a, b = np.radians(yaw), np.radians(pitch)
    turn = np.array([[np.cos(a), 0, -np.sin(a)], [0, 1, 0], [np.sin(a), 0, np.cos(a)]])
    tip = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    return np.asarray(tip @ turn)


def any_photograph(
    head: Head, rng: np.random.Generator, *, bent: bool
) -> tuple[Photograph, Sequence[float]]:
    """A print, and how much further than a head it is tilted, across and down."""
    radius = float(rng.uniform(180, 420)) if bent else None
    axis: Axis = "upright" if rng.random() < 0.6 else "level"
    tilt = (float(rng.uniform(0.9, 1.7)), float(rng.uniform(0.9, 1.7)))
    return Photograph(head, radius, axis, bool(rng.random() < 0.6)), tilt
