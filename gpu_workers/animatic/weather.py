"""Rain, snow and fog over the finished set, each a pure function of the moment."""

from __future__ import annotations

import math

import numpy as np

from gpu_workers.animatic.chance import chance
from gpu_workers.animatic.palette import Palette, blend
from gpu_workers.animatic.scenery import Alive, nothing
from gpu_workers.animatic.stage import Stage


def falling(weather: str | None, light: Palette, seed: int, half: float) -> Alive:
    """What falls or hangs in front of the actors."""
    draw = chance(seed, "weather", weather or "fair")
    if weather == "rain":
        return _rain(light, draw, half)
    if weather == "snowfall":
        return _snowfall(light, draw, half)
    if weather == "fog":
        return _fog(light, half)
    return nothing


def _rain(light: Palette, draw: np.random.Generator, half: float) -> Alive:
    drops = draw.uniform(0, 1, (110, 3))
    tone = blend(light.sky_low, (236, 242, 246), 0.55)

    def fall(stage: Stage, time: float) -> None:
        for x, y, speed in drops:
            down = (y + time * (1.5 + speed)) % 1.0 * 1.2 - 0.6
            across = (x * 2 - 1) * (half + 0.2) - down * 0.16
            long = 0.035 + 0.03 * speed
            streak = np.array([[across, down], [across - long * 0.16, down + long]])
            stage.line(streak, 0.0022 + 0.002 * speed, tone, 0.0)
        for x, y, speed in drops[:36]:
            age = (time * (1.2 + speed) + y) % 1.0
            at = (x * 2 - 1) * (half + 0.1)
            ring = 0.004 + 0.02 * age
            if age < 0.6:
                ground = 0.36 + 0.12 * y
                stage.line(np.array([[at - ring, ground], [at + ring, ground]]), 0.002, tone, 0.0)

    return fall


def _snowfall(light: Palette, draw: np.random.Generator, half: float) -> Alive:
    flakes = draw.uniform(0, 1, (90, 4))
    tone = blend(light.sky_low, (255, 255, 255), 0.8)

    def fall(stage: Stage, time: float) -> None:
        for x, y, near, phase in flakes:
            down = (y + time * (0.08 + 0.12 * near)) % 1.0 * 1.16 - 0.58
            across = (x * 2 - 1) * (half + 0.1) + 0.03 * math.sin(time * 1.3 + phase * 6.3)
            stage.disc(across, down, 0.003 + 0.006 * near, tone, 0.0)

    return fall


def _fog(light: Palette, half: float) -> Alive:
    tone = blend(light.sky_low, (238, 238, 236), 0.45)

    def hang(stage: Stage, time: float) -> None:
        for index in range(4):
            across = np.linspace(-half - 0.1, half + 0.1, 40)
            top = 0.02 + 0.12 * index + 0.03 * np.sin(across * 2.2 + time * 0.35 + index * 1.9)
            low = top + 0.13 + 0.02 * np.sin(across * 3.1 - time * 0.3 + index)
            band = np.concatenate(
                [np.stack([across, top], axis=1), np.stack([across, low], axis=1)[::-1]]
            )
            stage.shape(band, tone, 0.0, 0.3)

    return hang
