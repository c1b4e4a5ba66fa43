"""The town: a skyline over a wide road, and a street of shops."""

from __future__ import annotations

import math

from gpu_workers.animatic.palette import CREAM, Colour, shade
from gpu_workers.animatic.scenery import Alive, Backdrop, Builder, clouds
from gpu_workers.animatic.stage import Stage


def _windows(
    build: Builder,
    x: float,
    y: float,
    wide: float,
    high: float,
    wall: Colour,
    depth: float,
    pitch: float,
) -> None:
    """A grid of windows; at night some of them are lit."""
    columns, rows = max(1, int(wide / pitch)), max(1, int(high / (pitch * 1.3)))
    for column in range(columns):
        for row in range(rows):
            lit = build.draw.random() < (0.42 if build.light.dark else 0.12)
            tone = (252, 214, 132) if lit else shade(wall, 0.8)
            left = x + (column + 0.28) * wide / columns
            build.rect(
                left,
                y + (row + 0.25) * high / rows,
                wide / columns * 0.46,
                high / rows * 0.5,
                tone,
                depth,
            )


def _skyline(
    build: Builder, base: float, tall: tuple[float, float], haze: float, depth: float
) -> None:
    tones = ((116, 126, 146), (172, 132, 116), (96, 118, 132), (196, 172, 142))
    x = build.low
    while x < build.high:
        wide = float(build.draw.uniform(0.1, 0.2)) * (0.7 + depth)
        high = float(build.draw.uniform(*tall))
        wall = build.light.lit(tones[int(build.draw.integers(4))], haze)
        build.rect(x, base - high, wide, high + 0.3, wall, depth)
        build.rect(x + wide * 0.72, base - high, wide * 0.28, high + 0.3, shade(wall, 0.9), depth)
        _windows(build, x + wide * 0.06, base - high + 0.02, wide * 0.88, high, wall, depth, 0.045)
        roof = build.draw.random()
        middle = x + wide / 2
        if roof < 0.25:
            build.poly(
                [(x, base - high), (middle, base - high - wide * 0.7), (x + wide, base - high)],
                shade(wall, 0.86),
                depth,
            )
        elif roof < 0.5:
            build.rect(middle - 0.004, base - high - 0.1, 0.008, 0.1, shade(wall, 0.7), depth)
        elif roof < 0.7:
            build.rect(middle - 0.035, base - high - 0.05, 0.07, 0.05, shade(wall, 0.75), depth)
            build.poly(
                [
                    (middle - 0.04, base - high - 0.05),
                    (middle, base - high - 0.085),
                    (middle + 0.04, base - high - 0.05),
                ],
                shade(wall, 0.6),
                depth,
            )
        x += wide + float(build.draw.uniform(0.0, 0.05))


def _road(build: Builder, top: float) -> None:
    light = build.light
    build.ground(top, light.lit((196, 184, 168)), 0.97)
    build.rect(
        build.low, top + 0.055, build.high - build.low, 0.012, light.lit((150, 142, 138)), 1.0
    )
    build.ground(top + 0.067, light.lit((104, 104, 116)), 1.0)
    for x in build.along(0.42, 0.0):
        build.rect(x, 0.445, 0.16, 0.014, light.lit((236, 220, 170)), 1.05)


def _lamps(build: Builder, every: float) -> Alive:
    places = build.along(every, 0.1)
    for x in places:
        post = build.light.lit((58, 62, 76))
        build.rect(x - 0.007, -0.06, 0.014, 0.42, post, 0.98)
        build.poly(
            [(x - 0.035, -0.06), (x - 0.02, -0.11), (x + 0.02, -0.11), (x + 0.035, -0.06)],
            post,
            0.98,
        )
        build.oval(x, -0.052, 0.025, 0.016, (255, 234, 170), 0.98)
    dark = build.light.dark

    def shine(stage: Stage, time: float) -> None:
        for index, x in enumerate(places if dark else ()):
            flicker = 0.2 + 0.01 * math.sin(time * 9 + index)
            stage.glow(x, -0.05, flicker, (110, 88, 44), 0.98)

    return shine


def city(build: Builder) -> Backdrop:
    """A skyline in three distances over a wide road."""
    light = build.light
    _skyline(build, 0.2, (0.22, 0.5), 0.62, 0.2)
    _skyline(build, 0.26, (0.16, 0.42), 0.3, 0.45)
    for x in build.along(0.5):
        build.round_tree(x, 0.31, 0.2, light.lit((86, 132, 92), 0.1), 0.85)
    _road(build, 0.3)
    shine = _lamps(build, 1.1)
    sky = clouds(light, build.draw, build.half, 4)
    return Backdrop(sky, build.take(), shine)


def street(build: Builder) -> Backdrop:
    """Shop fronts with awnings, lamps and a pavement."""
    light, draw = build.light, build.draw
    _skyline(build, 0.16, (0.2, 0.36), 0.55, 0.25)
    walls = ((214, 168, 132), (150, 168, 160), (226, 206, 170), (176, 118, 100), (132, 146, 172))
    x = build.low
    while x < build.high:
        wide, high = float(draw.uniform(0.38, 0.56)), float(draw.uniform(0.5, 0.72))
        wall = light.lit(walls[int(draw.integers(len(walls)))])
        build.rect(x, 0.31 - high, wide, high, wall, 0.8)
        build.rect(x - 0.01, 0.3 - high, wide + 0.02, 0.03, shade(wall, 0.75), 0.8)
        _windows(build, x + 0.02, 0.34 - high, wide - 0.04, high - 0.34, wall, 0.8, 0.13)
        glass = (250, 220, 150) if light.dark else light.lit((186, 214, 212))
        build.rect(x + 0.04, 0.11, wide * 0.52, 0.17, glass, 0.8)
        build.rect(x + wide * 0.72, 0.1, wide * 0.2, 0.21, shade(wall, 0.55), 0.8)
        awning = light.accent(int(draw.integers(6)))
        stripes = 8
        for index in range(stripes):
            left = x + 0.02 + index * (wide - 0.04) / stripes
            step = (wide - 0.04) / stripes
            tone = awning if index % 2 else light.lit(CREAM)
            build.poly(
                [
                    (left, 0.04),
                    (left + step, 0.04),
                    (left + step * 1.02, 0.115),
                    (left - step * 0.02, 0.115),
                ],
                tone,
                0.8,
            )
            build.oval(left + step / 2, 0.115, step / 2, 0.018, tone, 0.8)
        x += wide
    _road(build, 0.31)
    shine = _lamps(build, 0.95)
    return Backdrop(clouds(light, draw, build.half, 3), build.take(), shine)
