"""Indoors, in space, and nowhere: the sets without weather."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from gpu_workers.animatic.palette import CREAM, INK, Colour, blend, shade
from gpu_workers.animatic.scenery import BOTTOM, Backdrop, Builder, nothing
from gpu_workers.animatic.stage import Stage

_BAY: Final = 2.5
"""Every so many world units the furniture of a room comes again."""


def room(build: Builder) -> Backdrop:
    """A living room: papered wall, a window on the hour outside, lamp, sofa, plant and rug."""
    light, draw = build.light, build.draw
    glow = 0.82 if light.dark else 1.0
    wall = shade(blend(light.accents[1], CREAM, 0.55), 0.86 * glow)
    build.rect(build.low, -0.9, build.high - build.low, 1.2, wall, 0.6)
    for x in build.along(0.11, 0.0):
        build.rect(x, -0.9, 0.03, 1.16, shade(wall, 0.965), 0.6)
    build.rect(build.low, 0.22, build.high - build.low, 0.05, shade(wall, 0.78), 0.6)
    floor = shade((178, 128, 88), glow)
    build.ground(0.26, floor, 0.9)
    for x in build.along(0.3, 0.1):
        build.rect(x, 0.3 + 0.16 * float(draw.random()), 0.22, 0.006, shade(floor, 0.86), 0.95)
    bays = [bay * _BAY for bay in range(round(build.low / _BAY), round(build.high / _BAY) + 1)]
    rug = blend(light.accents[0], CREAM, 0.4)
    for x in bays:
        build.oval(x + 0.2, 0.42, 0.6, 0.075, shade(rug, 0.82 * glow), 1.0)
        build.oval(x + 0.2, 0.42, 0.52, 0.062, shade(rug, 0.95 * glow), 1.0)
        _window(build, x - 0.82, -0.3)
        _pictures(build, x + 0.42)
        _standing_lamp(build, x - 0.2)
        _sofa(build, x + 0.42, shade(light.accents[2], 0.9 * glow))
        _plant(build, x + 1.02)
    behind = build.take()

    def shine(stage: Stage, time: float) -> None:
        for x in bays:
            if light.dark:
                stage.glow(x - 0.2, -0.14, 0.5, (70, 52, 24), 0.85)
            else:
                stage.glow(x - 0.62, -0.1, 0.6, (36, 32, 22), 0.6)

    return Backdrop(nothing, behind, shine)


def _window(build: Builder, x: float, y: float) -> None:
    light, frame = build.light, (248, 240, 222)
    build.rect(x - 0.02, y - 0.02, 0.44, 0.4, frame, 0.6)
    build.rect(x, y, 0.4, 0.36, light.sky_low, 0.6)
    build.rect(x, y, 0.4, 0.16, blend(light.sky_top, light.sky_low, 0.4), 0.6)
    build.oval(x + 0.28, y + 0.11, 0.05, 0.05, light.sun, 0.6)
    build.poly(
        [
            (x, y + 0.36),
            (x, y + 0.27),
            (x + 0.14, y + 0.22),
            (x + 0.27, y + 0.28),
            (x + 0.4, y + 0.24),
            (x + 0.4, y + 0.36),
        ],
        light.lit((104, 146, 112), 0.2),
        0.6,
    )
    build.rect(x + 0.193, y, 0.014, 0.36, frame, 0.6)
    build.rect(x, y + 0.17, 0.4, 0.014, frame, 0.6)
    curtain = shade(light.accents[0], 0.95)
    for side, edge in ((-1, x - 0.03), (1, x + 0.43)):
        build.poly(
            [
                (edge - side * 0.1, y - 0.06),
                (edge + side * 0.06, y - 0.06),
                (edge + side * 0.07, y + 0.44),
                (edge - side * 0.02, y + 0.44),
                (edge - side * 0.04, y + 0.14),
            ],
            curtain,
            0.62,
        )


def _sofa(build: Builder, x: float, colour: Colour) -> None:
    build.rect(x - 0.3, 0.08, 0.62, 0.16, shade(colour, 0.82), 0.85)
    build.rect(x - 0.34, 0.16, 0.7, 0.12, colour, 0.85)
    build.oval(x - 0.34, 0.18, 0.05, 0.075, shade(colour, 1.08), 0.85)
    build.oval(x + 0.36, 0.18, 0.05, 0.075, shade(colour, 1.08), 0.85)
    for leg in (-0.3, 0.32):
        build.poly(
            [(x + leg - 0.015, 0.28), (x + leg + 0.015, 0.28), (x + leg * 1.06, 0.33)], INK, 0.85
        )


def _pictures(build: Builder, x: float) -> None:
    for index, (left, top, wide, high) in enumerate(
        ((-0.2, -0.3, 0.16, 0.2), (0.02, -0.34, 0.2, 0.14), (0.04, -0.17, 0.13, 0.13))
    ):
        build.rect(x + left - 0.012, top - 0.012, wide + 0.024, high + 0.024, (70, 54, 50), 0.6)
        build.rect(x + left, top, wide, high, CREAM, 0.6)
        build.oval(
            x + left + wide * 0.5,
            top + high * 0.5,
            wide * 0.26,
            wide * 0.26,
            build.light.accents[index],
            0.6,
        )


def _plant(build: Builder, x: float) -> None:
    build.poly(
        [(x - 0.06, 0.2), (x + 0.06, 0.2), (x + 0.045, 0.34), (x - 0.045, 0.34)],
        (196, 104, 76),
        0.9,
    )
    for index, angle in enumerate(np.linspace(-2.7, -0.45, 6)):
        tip = (x + 0.2 * math.cos(angle), 0.2 + 0.34 * math.sin(angle))
        middle = (x + 0.1 * math.cos(angle - 0.25), 0.2 + 0.2 * math.sin(angle - 0.2))
        other = (x + 0.13 * math.cos(angle + 0.25), 0.2 + 0.2 * math.sin(angle + 0.2))
        build.poly([(x, 0.2), middle, tip, other], shade((82, 132, 92), 0.8 + 0.07 * index), 0.9)


def _standing_lamp(build: Builder, x: float) -> None:
    build.rect(x - 0.006, -0.14, 0.012, 0.45, (92, 72, 60), 0.85)
    build.oval(x, 0.31, 0.06, 0.014, (92, 72, 60), 0.85)
    build.poly(
        [(x - 0.1, -0.1), (x - 0.055, -0.26), (x + 0.055, -0.26), (x + 0.1, -0.1)],
        (252, 222, 150),
        0.85,
    )


def space(build: Builder) -> Backdrop:
    """Stars, a ringed planet, and a cratered ground."""
    light, draw = build.light, build.draw
    stars = [
        (
            float(draw.uniform(-build.half, build.half)),
            float(draw.uniform(-0.5, 0.3)),
            float(draw.uniform(0.0015, 0.005)),
            float(draw.uniform(0, 6.3)),
        )
        for _ in range(90)
    ]
    x, y = float(draw.uniform(0.2, 0.7)) * build.half, float(draw.uniform(-0.26, -0.12))
    planet = light.accents[0]
    ring = np.linspace(0, 2 * math.pi, 60)
    tilt = np.stack([x + 0.3 * np.cos(ring), y + 0.07 * np.sin(ring) - 0.08 * np.cos(ring)], axis=1)
    for index, radius in enumerate((0.17, 0.165)):
        build.oval(
            x + index * 0.012,
            y - index * 0.006,
            radius,
            radius,
            shade(planet, 0.72 + 0.28 * index),
            0.1,
        )
    for band in (-0.07, -0.01, 0.06):
        wide = math.sqrt(0.16**2 - band**2) * 0.95
        build.oval(x + 0.005, y + band, wide, 0.014, shade(planet, 0.86), 0.1)
    build.oval(-x * 0.8, y - 0.08, 0.05, 0.05, light.accents[1], 0.14)
    soil = blend(light.accents[2], (130, 124, 140), 0.6)
    build.ridge(0.2, 0.1, shade(soil, 0.62), 0.5, sharp=True)
    build.ridge(0.28, 0.03, shade(soil, 0.85), 0.95)
    for place in build.along(0.4):
        wide = float(draw.uniform(0.04, 0.11))
        low = float(draw.uniform(0.33, 0.47))
        build.oval(place, low, wide, wide * 0.26, shade(soil, 0.66), 1.0)
        build.oval(place, low + wide * 0.06, wide * 0.86, wide * 0.2, shade(soil, 0.76), 1.0)
    behind = build.take()

    def sky(stage: Stage, time: float) -> None:
        for star_x, star_y, size, phase in stars:
            bright = 0.55 + 0.45 * math.sin(time * 1.8 + phase)
            stage.disc(star_x, star_y, size, blend(light.sky_top, CREAM, bright), 0.03)
        front = (ring > 0) & (ring < math.pi)
        stage.line(tilt[~front], 0.012, shade(light.accents[1], 0.7), 0.1)

    def ring_front(stage: Stage, time: float) -> None:
        stage.line(tilt[(ring >= 0) & (ring <= math.pi)], 0.014, light.accents[1], 0.1)

    return Backdrop(sky, behind, ring_front)


def abstract(build: Builder) -> Backdrop:
    """A mobile of discs, leaves and bursts that turns slowly: a scene about nothing but rhythm."""
    light, draw = build.light, build.draw
    for index in range(4):
        tone = light.lit(blend(light.sky_low, light.accents[index + 1], 0.3))
        x = (index - 1.5) / 2 * build.half + float(draw.uniform(-0.15, 0.15))
        y = float(draw.uniform(-0.3, 0.3))
        angles = np.linspace(0, 2 * math.pi, 60, endpoint=False)
        phase = float(draw.uniform(0, 6.3))
        radius = 0.24 * (1 + 0.3 * np.sin(angles * 2 + phase) + 0.16 * np.sin(angles * 3 - phase))
        blob = np.stack(
            [x + radius * 1.4 * np.cos(angles), y + radius * 0.8 * np.sin(angles)], axis=1
        )
        build.poly(blob, tone, 0.15 + 0.1 * index)
    behind = build.take()
    hangers = [
        (
            (index - 4 + float(draw.uniform(-0.3, 0.3))) / 4.6 * build.half,
            float(draw.uniform(-0.3, 0.22)),
            float(draw.uniform(0.06, 0.14)),
            int(draw.integers(4)),
            float(draw.uniform(0, 6.3)),
            light.accents[int(draw.integers(5))],
        )
        for index in range(9)
    ]

    def mobile(stage: Stage, time: float) -> None:
        for x, y, size, form, phase, colour in hangers:
            turn = phase + time * 0.55
            at_x, at_y = x + 0.035 * math.sin(turn), y + 0.03 * math.sin(turn * 1.3)
            stage.line(np.array([[at_x, -0.6], [at_x, at_y - size * 0.8]]), 0.0035, light.lit(INK))
            stage.shape(_pendant(at_x, at_y, size, form, turn), light.lit(colour))
            if form == 0:
                stage.disc(at_x, at_y, size * 0.45, light.lit(shade(colour, 1.3)))

    floor = np.array([[-9.0, 0.4], [9.0, 0.4], [9.0, BOTTOM], [-9.0, BOTTOM]])

    def front(stage: Stage, time: float) -> None:
        stage.shape(floor, light.lit(blend(light.sky_low, INK, 0.5)), 1.0, 0.25)

    return Backdrop(nothing, behind, mobile, front)


def _pendant(
    x: float, y: float, size: float, form: int, turn: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The outline of one hanging shape: a disc, a leaf, a burst or a boomerang."""
    angles = np.linspace(0, 2 * math.pi, 48, endpoint=False)
    wide = 0.25 + 0.75 * abs(math.cos(turn * 0.8)) if form != 2 else 1.0
    if form == 2:
        radius = size * np.where(np.arange(48) % 6 < 1, 1.5, 0.35)
        angles = angles + turn * 0.4
    elif form == 1:
        radius = size * (0.5 + np.abs(np.sin(angles)) ** 0.7)
    elif form == 3:
        radius = size * (0.85 + 0.45 * np.cos(angles * 3 + 0.6))
        angles = angles + turn * 0.3
        wide = 1.0
    else:
        radius = np.full(48, size)
    return np.stack([x + radius * wide * np.cos(angles), y + radius * np.sin(angles)], axis=1)
