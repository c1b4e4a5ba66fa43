"""The backdrops and the weather of the training world, drawn by rules from a seed."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_workers.sketch.layers import (
    BACKDROP_HEIGHT,
    BACKDROP_WIDTH,
    WEATHER_HEIGHT,
    WEATHER_WIDTH,
    Floats,
)

_SCALE: Final = 4
_W: Final = BACKDROP_WIDTH * _SCALE
_H: Final = BACKDROP_HEIGHT * _SCALE
Canvas = NDArray[np.float32]
Colour = tuple[float, float, float]
Rng = np.random.Generator

_PALETTES: Final[dict[str, tuple[Colour, Colour, Colour]]] = {
    "beach": ((0.42, 0.72, 0.95), (0.75, 0.88, 0.97), (0.94, 0.84, 0.58)),
    "forest": ((0.62, 0.82, 0.80), (0.80, 0.90, 0.78), (0.20, 0.42, 0.16)),
    "city": ((0.60, 0.70, 0.82), (0.82, 0.84, 0.86), (0.32, 0.32, 0.36)),
    "desert": ((0.96, 0.78, 0.52), (0.98, 0.88, 0.68), (0.86, 0.62, 0.32)),
    "snow": ((0.66, 0.76, 0.90), (0.86, 0.90, 0.96), (0.95, 0.97, 1.00)),
    "sea": ((0.52, 0.76, 0.95), (0.82, 0.90, 0.96), (0.08, 0.32, 0.60)),
    "space": ((0.03, 0.03, 0.10), (0.10, 0.06, 0.20), (0.55, 0.55, 0.60)),
    "meadow": ((0.48, 0.74, 0.96), (0.84, 0.92, 0.96), (0.40, 0.68, 0.24)),
    "underwater": ((0.10, 0.42, 0.62), (0.04, 0.24, 0.44), (0.62, 0.56, 0.40)),
    "room": ((0.86, 0.76, 0.62), (0.80, 0.68, 0.54), (0.52, 0.34, 0.20)),
}
_GROUND: Final = {
    "beach": 0.62, "forest": 0.66, "city": 0.74, "desert": 0.60, "snow": 0.64, "sea": 0.56,
    "space": 0.80, "meadow": 0.62, "underwater": 0.82, "room": 0.70,
}  # fmt: skip


def ground(scene: str, tilt: float) -> float:
    """Where the ground of a scene begins, as a share of the height from the top."""
    return _GROUND[scene] + 0.04 * (tilt - 0.5)


def draw_backdrop(scene: str, light: str, tilt: float, rng: Rng) -> Floats:
    """A backdrop in [-1, 1], [56, 96, 3]. ``tilt`` in [0, 1] moves the horizon a little."""
    horizon = round(ground(scene, tilt) * _H)
    high, low, earth = (_varied(colour, rng) for colour in _PALETTES[scene])
    canvas = np.empty((_H, _W, 3), np.float32)
    canvas[:horizon] = _ramp(high, low, horizon)
    canvas[horizon:] = _ramp(earth, _darker(earth, 0.78), _H - horizon)
    _PAINTERS[scene](canvas, horizon, rng)
    if scene not in {"space", "underwater", "room", "forest"}:
        _sun_or_moon(canvas, horizon, light, rng)
    small = cv2.resize(canvas, (BACKDROP_WIDTH, BACKDROP_HEIGHT), interpolation=cv2.INTER_AREA)
    return np.clip(_lit(small, light) * 2 - 1, -1, 1).astype(np.float32)


def draw_weather(weather: str, rng: Rng) -> tuple[Floats, tuple[float, float]]:
    """The layer [16, 24, 4] and the wind: pictures a second to the right, and down."""
    layer = np.zeros((WEATHER_HEIGHT, WEATHER_WIDTH, 4), np.float32)
    layer[..., 3] = -1
    if weather == "clear":
        return layer, (0.0, 0.0)
    layer[..., :3] = (1, 1, 1) if weather == "snowing" else (1, 0.8, -0.2)
    dense = np.zeros((WEATHER_HEIGHT, WEATHER_WIDTH), np.float32)
    for _ in range(int(rng.integers(6, 9))):
        spot = rng.random(2) * (WEATHER_WIDTH, WEATHER_HEIGHT)
        _add_spot(dense, float(spot[0]), float(spot[1]), 0.75)
    layer[..., 3] = np.clip(dense, 0, 1) * 2 - 1
    return layer, ((0.05, 0.35) if weather == "snowing" else (0.03, -0.12))


def _add_spot(dense: Floats, x: float, y: float, radius: float) -> None:
    """A soft round spot; what leaves the layer comes in again on the other side."""
    ys, xs = np.mgrid[0:WEATHER_HEIGHT, 0:WEATHER_WIDTH].astype(np.float32)
    dx = (xs - x + WEATHER_WIDTH / 2) % WEATHER_WIDTH - WEATHER_WIDTH / 2
    dy = (ys - y + WEATHER_HEIGHT / 2) % WEATHER_HEIGHT - WEATHER_HEIGHT / 2
    dense += np.exp(-(dx**2 + dy**2) / (2 * radius**2))


def _varied(colour: Colour, rng: Rng) -> Colour:
    shift = rng.normal(0, 0.025, 3)
    return tuple(float(v) for v in np.clip(np.add(colour, shift), 0, 1))  # type: ignore[return-value]


def _darker(colour: Colour, by: float) -> Colour:
    return (colour[0] * by, colour[1] * by, colour[2] * by)


def _ramp(top: Colour, bottom: Colour, rows: int) -> Canvas:
    share = np.linspace(0, 1, max(rows, 1), dtype=np.float32)[:, None, None]
    return np.asarray(np.asarray(top) * (1 - share) + np.asarray(bottom) * share, np.float32)


def _lit(picture: Canvas, light: str) -> Canvas:
    if light == "sunset":
        rows = np.linspace(0, 1, len(picture), dtype=np.float32)[:, None, None]
        warm = np.asarray((1.0, 0.55, 0.38), np.float32)
        return picture * 0.62 + warm * (0.20 + 0.22 * rows * (rows < 0.62))
    if light == "night":
        return picture * np.asarray((0.22, 0.26, 0.42), np.float32) + 0.01
    return picture


def _sun_or_moon(canvas: Canvas, horizon: int, light: str, rng: Rng) -> None:
    x = int(rng.uniform(0.12, 0.88) * _W)
    y = int(horizon * (0.86 if light == "sunset" else rng.uniform(0.15, 0.4)))
    colour = {"day": (1, 0.97, 0.78), "sunset": (1, 0.85, 0.5), "night": (4, 3.6, 2.2)}[light]
    glow = np.zeros((_H, _W), np.float32)
    cv2.circle(glow, (x, y), int(_H * 0.07), 1.0, -1, cv2.LINE_AA)
    glow[horizon:] = 0
    _mix(canvas, glow, colour)
    if light == "night":
        for _ in range(26):
            spot = (int(rng.uniform(0, _W)), int(rng.uniform(0, horizon * 0.8)))
            cv2.circle(canvas, spot, 2, (3.2, 3.2, 2.6), -1, cv2.LINE_AA)


def _mix(canvas: Canvas, mask: Canvas, colour: tuple[float, ...]) -> None:
    canvas[:] = canvas * (1 - mask[..., None]) + np.asarray(colour, np.float32) * mask[..., None]


def _hills(canvas: Canvas, base: int, high: float, colour: Colour, rng: Rng) -> None:
    xs = np.arange(_W)
    phases = rng.uniform(0, 2 * np.pi, 3)
    wave = sum(
        np.sin(xs / _W * 2 * np.pi * k + p) / k for k, p in zip((1, 2, 3), phases, strict=True)
    )
    tops = base - high * (1.2 + np.asarray(wave)) / 2.4
    points = [*np.stack([xs, tops], 1).tolist(), [_W, base], [0, base]]
    cv2.fillPoly(canvas, [np.asarray(points, np.int32)], colour, cv2.LINE_AA)


def _beach(canvas: Canvas, horizon: int, rng: Rng) -> None:
    sea = round(_H * rng.uniform(0.10, 0.14))
    canvas[horizon - sea : horizon] = _ramp((0.10, 0.42, 0.72), (0.28, 0.66, 0.80), sea)
    canvas[horizon - 3 : horizon + 3] = (0.97, 0.97, 0.95)


def _forest(canvas: Canvas, horizon: int, rng: Rng) -> None:
    _hills(canvas, horizon, _H * 0.25, (0.34, 0.55, 0.30), rng)
    step, left = _W // 9, rng.uniform(0, 1)
    for i in range(10):
        x = int((i - left) * step + rng.uniform(-5, 5)) + step // 2
        cv2.rectangle(canvas, (x - 6, 0), (x + 6, horizon + 14), (0.30, 0.19, 0.10), -1)
    crown = np.zeros((_H, _W), np.float32)
    for i in range(12):
        middle = (int(i * _W / 11), int(rng.uniform(-8, 16)))
        cv2.circle(crown, middle, int(rng.uniform(24, 34)), 1.0, -1, cv2.LINE_AA)
    _mix(canvas, crown, (0.14, 0.36, 0.14))


def _city(canvas: Canvas, horizon: int, rng: Rng) -> None:
    x = -int(rng.uniform(0, 30))
    while x < _W:
        wide, high = int(rng.uniform(34, 56)), int(rng.uniform(0.25, 0.58) * _H)
        shade = float(rng.uniform(0.34, 0.56))
        colour = (shade, shade * 0.95, shade * 1.05)
        cv2.rectangle(canvas, (x, horizon - high), (x + wide - 4, horizon), colour, -1)
        for y in range(horizon - high + 8, horizon - 8, 16):
            for left in range(x + 6, x + wide - 10, 14):
                cv2.rectangle(canvas, (left, y), (left + 6, y + 8), (0.98, 0.92, 0.60), -1)
        x += wide
    for left in range(int(rng.uniform(-20, 0)), _W, 56):
        cv2.rectangle(canvas, (left, _H - 26), (left + 28, _H - 20), (0.9, 0.9, 0.85), -1)


def _desert(canvas: Canvas, horizon: int, rng: Rng) -> None:
    _hills(canvas, horizon + 4, _H * 0.16, (0.90, 0.68, 0.40), rng)
    for _ in range(2):
        x, base = int(rng.uniform(0.05, 0.95) * _W), horizon + int(rng.uniform(4, 16))
        green = (0.22, 0.48, 0.26)
        cv2.line(canvas, (x, base), (x, base - 46), green, 10, cv2.LINE_AA)
        cv2.line(canvas, (x, base - 18), (x + 15, base - 18), green, 7, cv2.LINE_AA)
        cv2.line(canvas, (x + 15, base - 18), (x + 15, base - 34), green, 7, cv2.LINE_AA)


def _snow(canvas: Canvas, horizon: int, rng: Rng) -> None:
    for _ in range(3):
        x, high = rng.uniform(0, _W), rng.uniform(0.28, 0.5) * _H
        wide = high * rng.uniform(1.1, 1.6)
        peak = np.asarray([[x - wide, horizon], [x, horizon - high], [x + wide, horizon]])
        cap = np.asarray([[x, horizon - high], [x, horizon - high], [x, horizon - high]])
        cv2.fillPoly(canvas, [peak.astype(np.int32)], (0.46, 0.54, 0.68), cv2.LINE_AA)
        cap = cap + (peak - cap) * 0.36
        cv2.fillPoly(canvas, [cap.astype(np.int32)], (0.97, 0.98, 1.0), cv2.LINE_AA)


def _sea(canvas: Canvas, horizon: int, rng: Rng) -> None:
    for k in range(5):
        y = horizon + int((k + 0.6) ** 1.35 * _H * 0.045)
        shift = rng.uniform(0, 40)
        for x in range(-60, _W + 60, 44 + 12 * k):
            place = (int(x + shift), y)
            cv2.ellipse(
                canvas, place, (12 + 3 * k, 3), 0, 180, 360, (0.62, 0.82, 0.92), 2, cv2.LINE_AA
            )


def _space(canvas: Canvas, horizon: int, rng: Rng) -> None:
    for _ in range(46):
        spot = (int(rng.uniform(0, _W)), int(rng.uniform(0, horizon)))
        cv2.circle(canvas, spot, 2, (0.95, 0.95, 0.9), -1, cv2.LINE_AA)
    hue = (0.75, 0.45, 0.30) if rng.random() < 0.5 else (0.35, 0.55, 0.80)
    place = (int(rng.uniform(0.12, 0.88) * _W), int(rng.uniform(0.15, 0.4) * _H))
    cv2.circle(canvas, place, int(_H * rng.uniform(0.10, 0.15)), hue, -1, cv2.LINE_AA)
    for _ in range(6):
        crater = (int(rng.uniform(0, _W)), int(rng.uniform(horizon + 8, _H)))
        cv2.ellipse(canvas, crater, (16, 5), 0, 0, 360, (0.42, 0.42, 0.47), -1, cv2.LINE_AA)


def _meadow(canvas: Canvas, horizon: int, rng: Rng) -> None:
    _hills(canvas, horizon + 2, _H * 0.2, (0.46, 0.72, 0.34), rng)
    for _ in range(26):
        spot = (int(rng.uniform(0, _W)), int(rng.uniform(horizon + 8, _H)))
        colour = ((0.98, 0.95, 0.5), (0.95, 0.6, 0.7), (0.98, 0.98, 0.98))[int(rng.integers(3))]
        cv2.circle(canvas, spot, 4, colour, -1, cv2.LINE_AA)


def _underwater(canvas: Canvas, horizon: int, rng: Rng) -> None:
    for _ in range(4):
        x = rng.uniform(0, _W)
        ray = np.zeros((_H, _W), np.float32)
        shape = np.asarray([[x, 0], [x + 26, 0], [x + 66, horizon], [x - 10, horizon]], np.int32)
        cv2.fillPoly(ray, [shape], 0.14, cv2.LINE_AA)
        _mix(canvas, ray, (0.7, 0.95, 1.0))
    for _ in range(7):
        x, high = int(rng.uniform(0, _W)), int(rng.uniform(0.12, 0.3) * _H)
        colour = ((0.92, 0.42, 0.45), (0.90, 0.62, 0.30), (0.28, 0.62, 0.36))[int(rng.integers(3))]
        for lean in (-14, 0, 14):
            cv2.line(canvas, (x, horizon + 8), (x + lean, horizon - high), colour, 8, cv2.LINE_AA)


def _room(canvas: Canvas, horizon: int, rng: Rng) -> None:
    for y in range(horizon + 12, _H, 14):
        cv2.line(canvas, (0, y), (_W, y), (0.44, 0.28, 0.16), 2, cv2.LINE_AA)
    x, y = int(rng.uniform(0.08, 0.68) * _W), int(_H * rng.uniform(0.12, 0.2))
    cv2.rectangle(canvas, (x, y), (x + 88, y + 66), (0.97, 0.96, 0.92), -1)
    cv2.rectangle(canvas, (x + 6, y + 6), (x + 82, y + 60), (0.58, 0.80, 0.95), -1)
    cv2.rectangle(canvas, (x + 41, y), (x + 47, y + 66), (0.97, 0.96, 0.92), -1)
    lamp = (x + 200) % _W
    cv2.rectangle(canvas, (lamp, y + 4), (lamp + 44, y + 44), (0.70, 0.30, 0.26), -1)


_PAINTERS: Final = {
    "beach": _beach,
    "forest": _forest,
    "city": _city,
    "desert": _desert,
    "snow": _snow,
    "sea": _sea,
    "space": _space,
    "meadow": _meadow,
    "underwater": _underwater,
    "room": _room,
}
