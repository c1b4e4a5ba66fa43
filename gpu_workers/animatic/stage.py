"""The stage: flat shapes placed in a world with depth, seen through a moving camera.

World units are heights of the panel; x grows to the right and y downwards from its centre. Depth
0 is the sky, which never moves; 1 is where the actors stand; beyond 1 is the foreground.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_workers.animatic.palette import Colour

Points = NDArray[np.float64]
Canvas = NDArray[np.uint8]

_SHIFT: Final = 4
_SUBPIXELS: Final = 1 << _SHIFT
_FAR_PIXELS: Final = 60_000
_CIRCLE: Final = np.stack(
    [np.cos(np.linspace(0, 2 * np.pi, 40, False)), np.sin(np.linspace(0, 2 * np.pi, 40, False))],
    axis=1,
)


@dataclass(frozen=True)
class Camera:
    """Where the camera looks, in world units, and how close it is."""

    x: float = 0.0
    y: float = 0.0
    zoom: float = 1.0


@dataclass(frozen=True)
class Shape:
    """A flat shape of the set, prepared once and drawn in every picture."""

    points: Points
    colour: Colour
    depth: float
    opacity: float = 1.0
    span: tuple[float, float] = field(init=False)

    def __post_init__(self) -> None:
        across = self.points[:, 0]
        object.__setattr__(self, "span", (float(across.min()), float(across.max())))


@dataclass(frozen=True)
class Stage:
    """One picture being drawn; the canvas is uint8 [height, width, 3] in RGB."""

    canvas: Canvas
    camera: Camera
    _size: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_size", self.canvas.shape[:2])

    def project(self, points: Points, depth: float) -> Points:
        """World to pixels."""
        height, width = self._size
        zoom = height * (1 + (self.camera.zoom - 1) * depth)
        moved: Points = (points - np.array([self.camera.x * depth, self.camera.y * depth])) * zoom
        moved += np.array([width / 2, height / 2])
        return moved

    def shape(
        self, points: Points, colour: Colour, depth: float = 1.0, opacity: float = 1.0
    ) -> None:
        """Fill one polygon; below opacity 1 what lies under it shines through."""
        seen = self.project(points, depth)
        box = self._visible(seen)
        if box is None:
            return
        left, top, right, bottom = box
        window = self.canvas[top:bottom, left:right]
        local = _fixed(seen - np.array([left, top]))
        if opacity >= 1.0:
            cv2.fillPoly(window, [local], colour, cv2.LINE_AA, _SHIFT)
            return
        over = window.copy()
        cv2.fillPoly(over, [local], colour, cv2.LINE_AA, _SHIFT)
        cv2.addWeighted(over, opacity, window, 1 - opacity, 0, dst=window)

    def draw(self, shape: Shape) -> None:
        """Draw a prepared shape, unless it lies wholly beside the picture."""
        height, width = self._size
        zoom = 1 + (self.camera.zoom - 1) * shape.depth
        half = (width / height / 2 + 0.02) / zoom
        middle = self.camera.x * shape.depth
        if shape.span[1] < middle - half or shape.span[0] > middle + half:
            return
        self.shape(shape.points, shape.colour, shape.depth, shape.opacity)

    def disc(
        self,
        x: float,
        y: float,
        radius: float,
        colour: Colour,
        depth: float = 1.0,
        opacity: float = 1.0,
    ) -> None:
        """Fill a circle."""
        self.shape(_CIRCLE * radius + np.array([x, y]), colour, depth, opacity)

    def line(self, points: Points, thickness: float, colour: Colour, depth: float = 1.0) -> None:
        """Draw an open line with round ends; ``thickness`` is in world units."""
        height, _ = self._size
        pixels = thickness * height * (1 + (self.camera.zoom - 1) * depth)
        seen = self.project(points, depth)
        if self._visible(seen, pixels) is None:
            return
        width = max(1, round(pixels))
        cv2.polylines(self.canvas, [_fixed(seen)], False, colour, width, cv2.LINE_AA, _SHIFT)

    def cutout(
        self, rgba: Canvas, x: float, y: float, height: float, tilt: float, depth: float = 1.0
    ) -> None:
        """Lay a picture with its opacity, uint8 [h, w, 4], with its lower edge at a point.

        ``height`` is in world units, ``tilt`` in radians about that point.
        """
        tall, wide = rgba.shape[:2]
        scale = height * self._size[0] * (1 + (self.camera.zoom - 1) * depth) / tall
        foot = self.project(np.array([[x, y]]), depth)[0]
        size = (max(1, round(wide * scale)), max(1, round(tall * scale)))
        plain = rgba.astype(np.float32) / 255
        plain[..., :3] *= plain[..., 3:]
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        small = cv2.resize(plain, size, interpolation=method)
        cos, sin = float(np.cos(tilt)), float(np.sin(tilt))
        turn = np.array([[cos, -sin], [sin, cos]])
        offset = foot - turn @ np.array([size[0] / 2, size[1]])
        matrix = np.concatenate([turn, offset[:, None]], 1)
        full = (self._size[1], self._size[0])
        laid = np.clip(cv2.warpAffine(small, matrix, full, flags=cv2.INTER_LINEAR), 0, 1)
        over = self.canvas * (1 - laid[..., 3:]) + laid[..., :3] * 255
        self.canvas[:] = np.rint(np.clip(over, 0, 255)).astype(np.uint8)

    def glow(self, x: float, y: float, radius: float, colour: Colour, depth: float = 0.0) -> None:
        """Add soft light around a point."""
        centre = self.project(np.array([[x, y]]), depth)[0]
        reach = max(2, round(radius * self._size[0]))
        sprite = _soft_disc(reach, colour)
        left, top = round(float(centre[0])) - reach, round(float(centre[1])) - reach
        height, width = self._size
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(width, left + sprite.shape[1]), min(height, top + sprite.shape[0])
        if x0 < x1 and y0 < y1:
            window = self.canvas[y0:y1, x0:x1]
            cv2.add(window, sprite[y0 - top : y1 - top, x0 - left : x1 - left], dst=window)

    def _visible(self, seen: Points, margin: float = 2.0) -> tuple[int, int, int, int] | None:
        """The part of the canvas that the points touch, or None where they touch none."""
        height, width = self._size
        left, top = np.floor(seen.min(axis=0) - margin)
        right, bottom = np.ceil(seen.max(axis=0) + margin)
        box = (max(0, left), max(0, top), min(width, right), min(height, bottom))
        if box[0] >= box[2] or box[1] >= box[3]:
            return None
        return (int(box[0]), int(box[1]), int(box[2]), int(box[3]))


_SPRITES: dict[tuple[int, Colour], Canvas] = {}
_SPRITES_MAX: Final = 64


def _soft_disc(reach: int, colour: Colour) -> Canvas:
    """A disc of light that falls off to nothing at its rim; kept, since shots reuse it."""
    found = _SPRITES.get((reach, colour))
    if found is not None:
        return found
    axis = np.arange(-reach, reach + 1, dtype=np.float64) / reach
    distance = np.sqrt(axis[None, :] ** 2 + axis[:, None] ** 2)
    light = np.clip(1 - distance, 0, 1) ** 2
    sprite: Canvas = np.rint(light[..., None] * np.array(colour, dtype=np.float64)).astype(np.uint8)
    if len(_SPRITES) >= _SPRITES_MAX:
        _SPRITES.clear()
    _SPRITES[(reach, colour)] = sprite
    return sprite


def _fixed(points: Points) -> NDArray[np.int32]:
    """Pixels as OpenCV's fixed point; what is far outside is brought near enough to fit."""
    bounded = np.clip(points, -_FAR_PIXELS, _FAR_PIXELS)
    return np.rint((bounded - 0.5) * _SUBPIXELS).astype(np.int32)
