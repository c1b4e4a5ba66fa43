"""The open-air sets on land: each function builds one place out of scenery."""

from __future__ import annotations

import math

import numpy as np

from gpu_workers.animatic.palette import CREAM, blend, shade
from gpu_workers.animatic.scenery import (
    Backdrop,
    Builder,
    clouds,
    nothing,
)
from gpu_workers.animatic.stage import Stage


def forest(build: Builder) -> Backdrop:
    """Firs in ranks, great trunks near, and light between them."""
    light, draw = build.light, build.draw
    greens = ((60, 110, 84), (78, 126, 80), (46, 92, 82), (110, 136, 76))
    for rank, (depth, y, tall, haze) in enumerate(
        ((0.2, 0.16, 0.5, 0.62), (0.4, 0.2, 0.55, 0.4), (0.65, 0.26, 0.6, 0.2))
    ):
        build.ridge(y, 0.03, light.lit(greens[rank], haze), depth)
        for x in build.along(0.2 + 0.07 * rank):
            tone = light.lit(greens[int(draw.integers(4))], haze)
            kind = build.pine if draw.random() < 0.65 else build.round_tree
            kind(x, y + 0.04, tall * float(draw.uniform(0.75, 1.2)), tone, depth)
    floor = light.lit((94, 116, 70))
    build.ground(0.29, floor, 1.0)
    build.speckle(0.32, 0.22, shade(floor, 0.85), 1.0, 18)
    behind = build.take()
    # A near trunk in the middle would hide who stands there when the shot begins.
    for x in (place for place in build.along(1.5) if abs(place) > 0.5):
        bark = light.lit((70, 52, 50))
        build.poly([(x - 0.09, 0.7), (x - 0.05, -0.7), (x + 0.05, -0.7), (x + 0.1, 0.7)], bark, 1.5)
    beam = blend(light.sun, CREAM, 0.3)

    def shafts(stage: Stage, time: float) -> None:
        if light.dark or not build.fair:
            return
        for index in range(3):
            x = -build.half + build.half * 0.75 * index + 0.05 * math.sin(time * 0.4 + index)
            beams = np.array([[x, -0.6], [x + 0.16, -0.6], [x + 0.75, 0.4], [x + 0.4, 0.4]])
            stage.shape(beams, beam, 0.05, 0.09)

    return Backdrop(nothing, behind, veil=shafts, foreground=build.take())


def mountain(build: Builder) -> Backdrop:
    """Peaks with snow, a lake of haze, firs in front."""
    light, draw = build.light, build.draw
    build.ridge(0.04, 0.3, light.lit((124, 140, 160), 0.5), 0.12, sharp=True)
    for x in build.along(0.62, 0.3):
        tall, wide = float(draw.uniform(0.3, 0.52)), float(draw.uniform(0.3, 0.44))
        rock = light.lit((92, 104, 126), 0.2)
        tip = (x, 0.16 - tall)
        build.poly([(x - wide, 0.22), tip, (x + wide, 0.22)], rock, 0.25)
        build.poly([(x + wide * 0.16, 0.22), tip, (x + wide, 0.22)], shade(rock, 0.8), 0.25)
        cap = tall * 0.3
        step = wide * cap / tall
        build.poly(
            [
                (x - step, tip[1] + cap),
                tip,
                (x + step, tip[1] + cap),
                (x + step * 0.4, tip[1] + cap * 0.75),
                (x, tip[1] + cap * 1.1),
                (x - step * 0.45, tip[1] + cap * 0.7),
            ],
            light.lit((246, 244, 240)),
            0.25,
        )
    build.ridge(0.17, 0.07, light.lit((104, 140, 112), 0.25), 0.45)
    meadow = light.lit((126, 156, 92))
    for x in build.along(0.3):
        build.pine(x, 0.27, float(draw.uniform(0.16, 0.32)), light.lit((52, 98, 84), 0.1), 0.7)
    build.ridge(0.27, 0.02, meadow, 0.95)
    build.speckle(0.3, 0.25, shade(meadow, 0.86), 1.0, 16)
    return Backdrop(clouds(light, draw, build.half, 4), build.take())


def desert(build: Builder) -> Backdrop:
    """Mesas, dunes and cactuses."""
    light, draw = build.light, build.draw
    rock = light.lit((186, 104, 78), 0.3)
    for x in build.along(0.9):
        wide, tall = float(draw.uniform(0.12, 0.3)), float(draw.uniform(0.12, 0.26))
        build.poly(
            [
                (x - wide * 1.2, 0.1),
                (x - wide, 0.06 - tall),
                (x + wide * 0.8, 0.06 - tall),
                (x + wide * 1.25, 0.1),
            ],
            rock,
            0.2,
        )
        build.poly(
            [
                (x + wide * 0.3, 0.1),
                (x + wide * 0.3, 0.06 - tall),
                (x + wide * 0.8, 0.06 - tall),
                (x + wide * 1.25, 0.1),
            ],
            shade(rock, 0.84),
            0.2,
        )
    build.ridge(0.09, 0.06, light.lit((224, 162, 104), 0.3), 0.35)
    build.ridge(0.16, 0.08, light.lit((232, 176, 112), 0.1), 0.6)
    for x in build.along(0.75):
        _cactus(build, x, 0.3, float(draw.uniform(0.16, 0.3)))
    sand = light.lit((238, 190, 126))
    build.ridge(0.27, 0.03, sand, 0.95)
    build.speckle(0.3, 0.25, shade(sand, 0.88), 1.0, 14)
    return Backdrop(clouds(light, draw, build.half, 2), build.take())


def _cactus(build: Builder, x: float, y: float, tall: float) -> None:
    green = build.light.lit((76, 124, 92))
    thick = tall * 0.09
    for left, top, bottom in (
        (0.0, tall, 0.0),
        (-0.3 * tall, tall * 0.72, tall * 0.42),
        (0.28 * tall, tall * 0.85, tall * 0.32),
    ):
        build.oval(x + left, y - top, thick, thick, green, 0.8)
        build.rect(x + left - thick, y - top, thick * 2, top - bottom, green, 0.8)
        if left:
            build.rect(min(x, x + left), y - bottom - thick, abs(left), thick * 2, green, 0.8)


def field(build: Builder) -> Backdrop:
    """Rolling fields, a barn, a windmill, a fence and flowers."""
    light, draw = build.light, build.draw
    build.ridge(0.08, 0.1, light.lit((120, 152, 120), 0.5), 0.18)
    middle = build.ridge(0.14, 0.08, light.lit((148, 172, 96), 0.22), 0.4)
    mills = []
    for x in build.along(1.3):
        if draw.random() < 0.55:
            build.house(x, middle(x) + 0.03, 0.13, 0.13, light.lit((190, 84, 66), 0.15), 0.4)
        else:
            mills.append((x, middle(x)))
            build.poly(
                [
                    (x - 0.03, middle(x) + 0.03),
                    (x - 0.015, middle(x) - 0.14),
                    (x + 0.015, middle(x) - 0.14),
                    (x + 0.03, middle(x) + 0.03),
                ],
                light.lit(CREAM, 0.15),
                0.4,
            )
        build.round_tree(
            x + 0.34, middle(x + 0.34) + 0.02, 0.17, light.lit((84, 128, 84), 0.2), 0.4
        )
    near = light.lit((122, 160, 84))
    line = build.ridge(0.26, 0.03, near, 0.9)
    for x in build.along(0.9):
        build.round_tree(
            x, line(x) + 0.02, float(draw.uniform(0.26, 0.42)), light.lit((72, 122, 82)), 0.88
        )
    build.speckle(0.3, 0.25, shade(near, 0.86), 1.0, 20)
    for x in build.along(0.24):
        build.oval(
            x, 0.33 + 0.14 * float(draw.random()), 0.009, 0.009, light.accent(int(draw.integers(4)))
        )
    behind = build.take()
    for x in build.along(0.35):
        blade = light.lit((86, 124, 70))
        build.poly([(x - 0.02, 0.54), (x + 0.03, 0.43), (x + 0.025, 0.54)], blade, 1.35)
        build.poly([(x + 0.01, 0.54), (x + 0.0, 0.45), (x + 0.05, 0.54)], shade(blade, 0.86), 1.35)

    def sails(stage: Stage, time: float) -> None:
        for x, y in mills:
            for blade in range(4):
                angle = time * 0.9 + blade * math.pi / 2
                tip = (x + 0.12 * math.cos(angle), y - 0.14 + 0.12 * math.sin(angle))
                stage.line(
                    np.array([[x, y - 0.14], tip]), 0.012, light.lit((110, 84, 74), 0.1), 0.4
                )

    sky = clouds(light, draw, build.half, 5)
    return Backdrop(sky, behind, sails, foreground=build.take())


def snow(build: Builder) -> Backdrop:
    """White hills, frosted firs and a hut with a lit window."""
    light, draw = build.light, build.draw
    white = light.lit((244, 246, 250))
    build.ridge(0.03, 0.26, light.lit((168, 188, 208), 0.4), 0.14, sharp=True)
    build.ridge(0.12, 0.12, blend(white, light.lit((168, 192, 214)), 0.45), 0.3)
    for x in build.along(1.5):
        build.house(x, 0.19, 0.16, 0.17, light.lit((150, 96, 72)), 0.5)
        build.rect(x + 0.094, 0.113, 0.038, 0.034, (255, 218, 132), 0.5)
        build.poly(
            [(x - 0.02, 0.09), (x + 0.08, 0.01), (x + 0.18, 0.09), (x + 0.08, 0.045)], white, 0.5
        )
    build.ridge(0.18, 0.06, blend(white, light.lit((176, 200, 220)), 0.25), 0.5)
    for x in build.along(0.32):
        tall = float(draw.uniform(0.2, 0.4))
        build.pine(x, 0.28, tall, light.lit((62, 102, 104), 0.12), 0.75)
        for tier in range(3):
            low, wide = 0.28 - tall * (0.3 + tier * 0.24), tall * (0.15 - tier * 0.035)
            build.poly(
                [(x - wide, low), (x, low - tall * 0.24), (x + wide, low), (x, low - tall * 0.06)],
                white,
                0.75,
            )
    build.ridge(0.27, 0.025, white, 0.95)
    build.speckle(0.31, 0.24, blend(white, light.lit((150, 178, 206)), 0.35), 1.0, 12)
    return Backdrop(clouds(light, draw, build.half, 3), build.take())
