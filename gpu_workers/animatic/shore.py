"""The sets by the water: a beach, and the open sea."""

from __future__ import annotations

import math

import numpy as np

from gpu_workers.animatic.palette import CREAM, Colour, blend, shade
from gpu_workers.animatic.scenery import (
    BOTTOM,
    Alive,
    Backdrop,
    Builder,
    clouds,
    together,
)
from gpu_workers.animatic.stage import Stage


def _water(
    build: Builder, top: float, near: Colour, far: Colour, rows: int, bottom: float
) -> Alive:
    """Bands of water from the horizon to ``bottom``, each with a moving crest."""
    bands = []
    for row in range(rows):
        share = row / rows
        y = top + (bottom - top) * share**1.4
        bands.append((y, blend(far, near, share), 0.25 + 0.7 * share, 0.004 + 0.014 * share))
    low, high = build.low, build.high
    glint = blend(near, (255, 255, 246), 0.5)

    def roll(stage: Stage, time: float) -> None:
        for index, (y, colour, depth, height) in enumerate(bands):
            middle = stage.camera.x * depth
            half = build.half + 0.15
            across = np.linspace(max(low, middle - half), min(high, middle + half), 60)
            crest = np.sin(across * (20 - 8 * depth) + time * (1.2 + index * 0.12) * (-1) ** index)
            top_line = np.stack([across, y + height * crest], axis=1)
            floor = np.array([[across[-1], BOTTOM], [across[0], BOTTOM]])
            stage.shape(np.concatenate([top_line, floor]), colour, depth)
            for mark in range(3):
                x = middle + half * (((mark * 0.71 + index * 0.37 + time * 0.015) % 1.0) * 2 - 1)
                wide = 0.05 * (0.4 + depth) * (0.7 + 0.3 * math.sin(time * 1.7 + mark * 2 + index))
                under = y + height * 2.2 + 0.008
                stage.line(np.array([[x - wide, under], [x + wide, under]]), 0.004, glint, depth)

    return roll


def beach(build: Builder) -> Backdrop:
    """Sand, surf, a far headland, palms and a parasol."""
    light, draw = build.light, build.draw
    sand = light.lit((240, 212, 158))
    build.ridge(0.03, 0.1, light.lit((96, 138, 130), 0.55), 0.2)
    far = build.take()
    sea = _water(build, 0.02, light.lit((78, 168, 172)), light.lit((54, 128, 156), 0.25), 5, 0.2)
    build.ground(0.215, sand, 0.95)
    build.speckle(0.26, 0.3, shade(sand, 0.9), 0.97, 14)
    for x in build.along(1.15):
        build.palm(x, 0.26 + 0.02 * float(draw.random()), float(draw.uniform(0.38, 0.55)), 0.9)
    for x in build.along(1.7):
        _parasol(build, x, 0.3, light.accent(int(draw.integers(4))))
    behind = build.take()
    build.speckle(0.46, 0.06, shade(sand, 0.8), 1.3, 5)
    surf_tone = light.lit((250, 246, 232))

    def set_(stage: Stage, time: float) -> None:
        for shape in far:
            stage.draw(shape)
        sea(stage, time)
        reach = 0.012 * math.sin(time * 1.1)
        across = np.linspace(build.low, build.high, max(60, int((build.high - build.low) * 24)))
        y = 0.215 + reach + 0.008 * np.sin(across * 9 + time)
        surf = np.concatenate(
            [np.stack([across, y - 0.02], axis=1), np.stack([across, y + 0.012], axis=1)[::-1]]
        )
        stage.shape(surf, surf_tone, 0.93)

    sky = clouds(light, draw, build.half, 4)
    return Backdrop(together(sky, set_), behind, foreground=build.take())


def _parasol(build: Builder, x: float, y: float, colour: Colour) -> None:
    build.rect(x - 0.004, y - 0.2, 0.008, 0.2, build.light.lit(CREAM), 0.95)
    for index in range(4):
        left = x - 0.13 + index * 0.065
        tone = colour if index % 2 else build.light.lit(CREAM)
        build.poly([(left, y - 0.15), (x, y - 0.24), (left + 0.065, y - 0.15)], tone, 0.95)


def sea(build: Builder) -> Backdrop:
    """Open water with an island and a lighthouse."""
    light, draw = build.light, build.draw
    build.ridge(0.0, 0.05, light.lit((82, 112, 108), 0.5), 0.15)
    for x in build.along(2.4):
        tone = light.lit(CREAM, 0.25)
        build.poly(
            [(x - 0.2, 0.03), (x - 0.05, -0.04), (x + 0.1, -0.02), (x + 0.22, 0.03)],
            light.lit((90, 92, 96), 0.3),
            0.2,
        )
        build.poly(
            [(x - 0.025, -0.03), (x - 0.015, -0.2), (x + 0.015, -0.2), (x + 0.025, -0.03)],
            tone,
            0.2,
        )
        build.rect(x - 0.021, -0.13, 0.042, 0.035, light.lit((206, 82, 66), 0.2), 0.2)
        build.rect(x - 0.018, -0.235, 0.036, 0.035, (255, 226, 140), 0.2)
    far = build.take()
    water = _water(build, 0.0, light.lit((44, 116, 138)), light.lit((62, 142, 160), 0.35), 7, 0.34)

    def behind(stage: Stage, time: float) -> None:
        for shape in far:
            stage.draw(shape)
        water(stage, time)

    front = _water(build, 0.3, light.lit((30, 88, 112)), light.lit((38, 102, 124)), 3, 0.5)
    return Backdrop(together(clouds(light, draw, build.half, 5), behind), (), veil=front)
