"""Plates: a drawn subject, or a character nobody has seen, in colours and a signed outline."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_workers.sketch.layers import EDGE_PIXELS, PLATE_SIDE, Floats

_SCALE: Final = 4
_S: Final = PLATE_SIDE * _SCALE
RGBA = NDArray[np.float32]
Colour = tuple[float, float, float]

COLOURS: Final[dict[str, Colour]] = {
    "red": (0.90, 0.16, 0.14),
    "green": (0.16, 0.68, 0.24),
    "blue": (0.16, 0.34, 0.92),
    "yellow": (0.98, 0.84, 0.12),
    "purple": (0.58, 0.22, 0.78),
    "white": (0.96, 0.96, 0.96),
    "orange": (0.98, 0.52, 0.10),
    "pink": (0.98, 0.52, 0.74),
}
_DARK: Final[Colour] = (0.12, 0.10, 0.14)
_PALE: Final[Colour] = (0.98, 0.97, 0.92)


class _Sheet:
    """Paints colour and coverage at once; places and sizes in shares of the sheet."""

    def __init__(self, main: Colour) -> None:
        self.rgb = np.empty((_S, _S, 3), np.float32)
        self.rgb[:] = main
        self.mask = np.zeros((_S, _S), np.float32)

    def polygon(self, points: list[tuple[float, float]], colour: Colour) -> None:
        shape = np.round(np.asarray(points) * _S).astype(np.int32)
        cv2.fillPoly(self.rgb, [shape], colour, cv2.LINE_AA)
        cv2.fillPoly(self.mask, [shape], 1.0, cv2.LINE_AA)

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        place = (round(x * _S), round(y * _S))
        axes = (round(rx * _S), round(ry * _S))
        cv2.ellipse(self.rgb, place, axes, 0, 0, 360, colour, -1, cv2.LINE_AA)
        cv2.ellipse(self.mask, place, axes, 0, 0, 360, 1.0, -1, cv2.LINE_AA)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def eyes(self, left: float, right: float, y: float, size: float = 0.05) -> None:
        for x in (left, right):
            self.ellipse(x, y, size, size, _PALE)
            self.ellipse(x, y, size * 0.5, size * 0.5, _DARK)

    def rgba(self) -> RGBA:
        """float32 [192, 192, 4] in [0, 1]."""
        return np.concatenate([self.rgb, self.mask[..., None]], 2)


def draw_subject(subject: str, colour: str) -> RGBA:
    """A subject in its colour, float32 [192, 192, 4] in [0, 1], standing on the lower edge."""
    main = COLOURS[colour]
    sheet = _Sheet(main)
    _PAINTERS[subject](sheet, main)
    return sheet.rgba()


def as_plate(rgba: RGBA) -> Floats:
    """A plate [48, 48, 4] in [-1, 1] from colours and coverage in [0, 1] of any size."""
    side = rgba.shape[0]
    inside = (rgba[..., 3] > 0.5).astype(np.uint8)
    near = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    far = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    distance = (near - far) * (PLATE_SIDE / side) / EDGE_PIXELS
    small = (PLATE_SIDE, PLATE_SIDE)
    colours = cv2.resize(np.ascontiguousarray(rgba[..., :3]), small, interpolation=cv2.INTER_AREA)
    edge = cv2.resize(np.asarray(distance, np.float32), small, interpolation=cv2.INTER_AREA)
    plate = np.concatenate([colours * 2 - 1, np.clip(edge, -1, 1)[..., None]], 2)
    return np.asarray(plate, np.float32)


def nobody() -> Floats:
    """The plate of a place that stays empty."""
    plate = np.zeros((PLATE_SIDE, PLATE_SIDE, 4), np.float32)
    plate[..., 3] = -1
    return plate


def draw_character(rng: np.random.Generator) -> RGBA:
    """A symmetric creature out of endlessly many, float32 [192, 192, 4] in [0, 1]."""
    half = rng.random((8, 4)) < 0.5
    rows, columns = np.mgrid[0:8, 0:4]
    core = ((rows - 3.5) / 3.6) ** 2 + ((3.5 - columns) / 3.0) ** 2 < 0.6
    edge = ((rows - 3.5) / 4.2) ** 2 + ((3.5 - columns) / 4.2) ** 2 < 1
    body = core | (half & edge)
    pattern = rng.random((8, 4)) < 0.4
    body, pattern = (np.concatenate([each, each[:, ::-1]], 1) for each in (body, pattern))
    first, second = (_hue(rng) for _ in range(2))
    rgb = np.where(pattern[..., None], np.asarray(first), np.asarray(second)).astype(np.float32)
    sheet = _Sheet(second)
    sheet.rgb = cv2.resize(rgb, (_S, _S), interpolation=cv2.INTER_NEAREST)
    grown = cv2.resize(body.astype(np.float32), (_S, _S), interpolation=cv2.INTER_NEAREST)
    sheet.mask = grown
    sheet.mask[: _S // 32] = sheet.mask[-_S // 32 :] = 0
    y, off = rng.uniform(0.28, 0.45), rng.uniform(0.12, 0.2)
    sheet.eyes(0.5 - off, 0.5 + off, y, 0.075)
    return sheet.rgba()


def _hue(rng: np.random.Generator) -> Colour:
    hsv = np.asarray(
        [[[rng.random() * 360, rng.uniform(0.45, 1), rng.uniform(0.45, 1)]]], np.float32
    )
    return tuple(float(v) for v in cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0])  # type: ignore[return-value]


def _shade(colour: Colour, by: float) -> Colour:
    return (colour[0] * by, colour[1] * by, colour[2] * by)


def _ball(s: _Sheet, main: Colour) -> None:
    s.ellipse(0.5, 0.5, 0.44, 0.44, main)
    s.ellipse(0.36, 0.34, 0.10, 0.08, _PALE)


def _box(s: _Sheet, main: Colour) -> None:
    s.box(0.1, 0.14, 0.9, 0.94, main)
    s.box(0.44, 0.14, 0.56, 0.94, _shade(main, 0.6))
    s.box(0.1, 0.48, 0.9, 0.6, _shade(main, 0.6))


def _star(s: _Sheet, main: Colour) -> None:
    turns = -np.pi / 2 + np.arange(10) * np.pi / 5
    radii = np.where(np.arange(10) % 2 == 0, 0.47, 0.2)
    s.polygon(
        [(0.5 + r * np.cos(t), 0.52 + r * np.sin(t)) for r, t in zip(radii, turns, strict=True)],
        main,
    )


def _car(s: _Sheet, main: Colour) -> None:
    s.polygon([(0.24, 0.5), (0.34, 0.26), (0.68, 0.26), (0.8, 0.5)], main)
    s.polygon([(0.31, 0.48), (0.38, 0.31), (0.64, 0.31), (0.72, 0.48)], (0.75, 0.9, 0.97))
    s.box(0.04, 0.48, 0.96, 0.76, main)
    for x in (0.25, 0.75):
        s.ellipse(x, 0.78, 0.13, 0.13, _DARK)
        s.ellipse(x, 0.78, 0.05, 0.05, (0.7, 0.7, 0.72))


def _boat(s: _Sheet, main: Colour) -> None:
    s.box(0.47, 0.06, 0.53, 0.72, (0.45, 0.3, 0.18))
    s.polygon([(0.55, 0.08), (0.88, 0.62), (0.55, 0.62)], _PALE)
    s.polygon([(0.45, 0.18), (0.18, 0.62), (0.45, 0.62)], _PALE)
    s.polygon([(0.04, 0.66), (0.96, 0.66), (0.78, 0.94), (0.2, 0.94)], main)


def _fish(s: _Sheet, main: Colour) -> None:
    s.polygon([(0.32, 0.5), (0.04, 0.24), (0.04, 0.78)], _shade(main, 0.8))
    s.polygon([(0.42, 0.34), (0.56, 0.12), (0.7, 0.32)], _shade(main, 0.8))
    s.ellipse(0.58, 0.51, 0.38, 0.25, main)
    s.ellipse(0.78, 0.44, 0.055, 0.055, _PALE)
    s.ellipse(0.79, 0.44, 0.028, 0.028, _DARK)


def _bird(s: _Sheet, main: Colour) -> None:
    s.polygon([(0.3, 0.56), (0.03, 0.46), (0.06, 0.7)], _shade(main, 0.75))
    s.ellipse(0.48, 0.6, 0.3, 0.22, main)
    s.ellipse(0.72, 0.4, 0.17, 0.17, main)
    s.polygon([(0.86, 0.36), (0.98, 0.43), (0.86, 0.48)], (0.98, 0.66, 0.1))
    s.polygon([(0.34, 0.56), (0.62, 0.54), (0.36, 0.12)], _shade(main, 0.7))
    s.ellipse(0.76, 0.36, 0.04, 0.04, _DARK)


def _cat(s: _Sheet, main: Colour) -> None:
    s.ellipse(0.5, 0.76, 0.27, 0.19, main)
    s.polygon([(0.2, 0.44), (0.2, 0.05), (0.46, 0.26)], main)
    s.polygon([(0.8, 0.44), (0.8, 0.05), (0.54, 0.26)], main)
    s.ellipse(0.5, 0.44, 0.34, 0.27, main)
    s.eyes(0.37, 0.63, 0.4, 0.065)
    s.polygon([(0.46, 0.52), (0.54, 0.52), (0.5, 0.57)], (0.95, 0.5, 0.55))


def _dog(s: _Sheet, main: Colour) -> None:
    s.box(0.12, 0.44, 0.7, 0.72, main)
    for x in (0.14, 0.3, 0.5, 0.6):
        s.box(x, 0.68, x + 0.1, 0.94, _shade(main, 0.85))
    s.polygon([(0.14, 0.5), (0.02, 0.2), (0.1, 0.18), (0.22, 0.46)], main)
    s.box(0.58, 0.16, 0.88, 0.5, main)
    s.box(0.8, 0.3, 0.98, 0.48, _shade(main, 0.85))
    s.polygon([(0.58, 0.14), (0.72, 0.14), (0.64, 0.46), (0.54, 0.42)], _shade(main, 0.6))
    s.ellipse(0.79, 0.26, 0.04, 0.04, _DARK)
    s.ellipse(0.96, 0.33, 0.04, 0.04, _DARK)


def _robot(s: _Sheet, main: Colour) -> None:
    s.box(0.47, 0.02, 0.53, 0.14, _DARK)
    s.box(0.28, 0.12, 0.72, 0.42, main)
    s.eyes(0.4, 0.6, 0.26, 0.055)
    s.box(0.22, 0.46, 0.78, 0.78, main)
    s.box(0.38, 0.54, 0.62, 0.66, (0.8, 0.9, 0.95))
    for x in (0.07, 0.81):
        s.box(x, 0.48, x + 0.12, 0.72, _shade(main, 0.75))
    for x in (0.28, 0.56):
        s.box(x, 0.78, x + 0.16, 0.96, _shade(main, 0.75))


def _rocket(s: _Sheet, main: Colour) -> None:
    s.polygon([(0.4, 0.78), (0.6, 0.78), (0.5, 0.98)], (0.99, 0.7, 0.15))
    s.polygon([(0.34, 0.5), (0.14, 0.82), (0.36, 0.78)], _shade(main, 0.7))
    s.polygon([(0.66, 0.5), (0.86, 0.82), (0.64, 0.78)], _shade(main, 0.7))
    s.polygon([(0.5, 0.02), (0.68, 0.3), (0.66, 0.8), (0.34, 0.8), (0.32, 0.3)], main)
    s.ellipse(0.5, 0.38, 0.1, 0.1, _PALE)
    s.ellipse(0.5, 0.38, 0.065, 0.065, (0.35, 0.65, 0.9))


def _balloon(s: _Sheet, main: Colour) -> None:
    s.polygon([(0.3, 0.56), (0.7, 0.56), (0.56, 0.76), (0.44, 0.76)], main)
    s.ellipse(0.5, 0.36, 0.33, 0.33, main)
    s.ellipse(0.38, 0.25, 0.07, 0.09, _PALE)
    s.box(0.41, 0.8, 0.59, 0.95, (0.55, 0.36, 0.2))
    s.box(0.42, 0.74, 0.45, 0.82, _DARK)
    s.box(0.55, 0.74, 0.58, 0.82, _DARK)


_PAINTERS: Final = {
    "ball": _ball, "box": _box, "star": _star, "car": _car, "boat": _boat, "fish": _fish,
    "bird": _bird, "cat": _cat, "dog": _dog, "robot": _robot, "rocket": _rocket,
    "balloon": _balloon,
}  # fmt: skip
