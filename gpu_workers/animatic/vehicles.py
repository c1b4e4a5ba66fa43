"""Machines that carry, and the few things that are neither alive nor machines."""

from __future__ import annotations

import math

import numpy as np

from gpu_workers.animatic.figures import Rig
from gpu_workers.animatic.motion import GAITS, Pose
from gpu_workers.animatic.palette import CREAM, INK, Colour, Palette, blend, shade
from gpu_workers.animatic.stage import Stage


def _wheel(rig: Rig, x: float, y: float, radius: float, turn: float, light: Palette) -> None:
    rig.oval(x, y, radius, radius, light.lit((50, 48, 58)))
    rig.oval(x, y, radius * 0.55, radius * 0.55, light.lit((226, 220, 206)))
    for spoke in range(3):
        angle = turn + spoke * 2 * math.pi / 3
        reach = radius * 0.5
        rig.limb([(x, y), (x + reach * math.cos(angle), y + reach * math.sin(angle))], 0.02, INK)


def _rolled(pose: Pose, radius: float) -> float:
    """How far a wheel has turned on its way, in radians."""
    return GAITS[pose.gait].speed * pose.time / radius


def car(stage: Stage, pose: Pose, colour: Colour, size: float, look: int, light: Palette) -> None:
    """A car with tail fins."""
    bounce = 0.006 * math.sin(pose.time * 17) if pose.gait == "drive" else 0.0
    rig = Rig(stage, pose.x, pose.y + bounce, 0.42 * size, pose.facing)
    body, glass = light.lit(colour), light.lit((196, 222, 222))
    rig.shadow(0.75, 0.0)
    rig.shape([(-0.36, -0.34), (-0.22, -0.54), (0.14, -0.54), (0.34, -0.34)], shade(body, 0.9))
    rig.shape([(-0.29, -0.35), (-0.19, -0.49), (-0.04, -0.49), (-0.04, -0.35)], glass)
    rig.shape([(0.0, -0.35), (0.0, -0.49), (0.12, -0.49), (0.25, -0.35)], glass)
    rig.shape(
        [
            (-0.74, -0.42),
            (-0.58, -0.34),
            (0.42, -0.34),
            (0.68, -0.28),
            (0.74, -0.16),
            (0.7, -0.1),
            (-0.7, -0.1),
            (-0.74, -0.2),
        ],
        body,
    )
    rig.shape([(-0.72, -0.2), (0.73, -0.2), (0.73, -0.165), (-0.72, -0.165)], light.lit(CREAM))
    rig.oval(0.69, -0.24, 0.035, 0.045, (255, 244, 190))
    rig.oval(-0.72, -0.27, 0.025, 0.045, (222, 60, 50))
    turn = _rolled(pose, 0.12 * rig.size)
    for x in (-0.44, 0.43):
        _wheel(rig, x, -0.1, 0.125, turn, light)
    if light.dark:
        stage.glow(
            pose.x + pose.facing * 0.36 * size, pose.y - 0.08, 0.22 * size, (90, 80, 44), 1.0
        )


def train(stage: Stage, pose: Pose, colour: Colour, size: float, look: int, light: Palette) -> None:
    """A small locomotive with two wagons and its smoke."""
    rig = Rig(stage, pose.x, pose.y, 0.42 * size, pose.facing)
    body, dark = light.lit(colour), light.lit((58, 54, 66))
    rails = [(-3.4, -0.005), (3.4, -0.005)]
    rig.limb(rails, 0.025, light.lit((122, 104, 96)))
    turn = _rolled(pose, 0.1 * rig.size)
    for index, x in enumerate((-1.1, -2.02)):
        tone = light.lit(light.accents[index + 1])
        rig.shape([(x - 0.4, -0.52), (x + 0.4, -0.52), (x + 0.4, -0.12), (x - 0.4, -0.12)], tone)
        rig.shape(
            [(x - 0.44, -0.52), (x + 0.44, -0.52), (x + 0.36, -0.6), (x - 0.36, -0.6)],
            shade(tone, 0.7),
        )
        for window in (-0.24, 0.0, 0.24):
            lamp = (255, 226, 150) if light.dark else light.lit((206, 226, 222))
            rig.shape(
                [
                    (x + window - 0.08, -0.45),
                    (x + window + 0.08, -0.45),
                    (x + window + 0.08, -0.29),
                    (x + window - 0.08, -0.29),
                ],
                lamp,
            )
        for wheel in (-0.24, 0.24):
            _wheel(rig, x + wheel, -0.09, 0.09, turn, light)
    rig.shape([(-0.62, -0.66), (-0.24, -0.66), (-0.24, -0.12), (-0.62, -0.12)], shade(body, 0.85))
    rig.shape([(-0.68, -0.66), (-0.18, -0.66), (-0.22, -0.73), (-0.64, -0.73)], dark)
    rig.shape([(-0.54, -0.58), (-0.32, -0.58), (-0.32, -0.4), (-0.54, -0.4)], (255, 232, 170))
    rig.shape([(-0.28, -0.46), (0.42, -0.46), (0.48, -0.4), (0.48, -0.18), (-0.28, -0.18)], body)
    rig.shape([(0.24, -0.46), (0.2, -0.68), (0.4, -0.68), (0.36, -0.46)], dark)
    rig.shape([(0.48, -0.2), (0.7, -0.04), (0.4, -0.04)], light.lit((196, 72, 58)))
    rig.oval(0.48, -0.32, 0.04, 0.05, (255, 240, 180))
    for x in (-0.44, -0.1, 0.26):
        _wheel(rig, x, -0.1, 0.105, turn, light)
    for puff in range(7):
        age = (pose.time * 0.9 + puff / 7) % 1.0
        x = 0.3 - age * 1.7
        y = -0.78 - age * 0.5 - 0.05 * math.sin(puff * 2.3)
        smoke = blend(light.lit((240, 236, 228)), light.sky_low, age)
        rig.oval(x, y, 0.07 + 0.15 * age, 0.06 + 0.13 * age, smoke)


def boat(stage: Stage, pose: Pose, colour: Colour, size: float, look: int, light: Palette) -> None:
    """A sailing boat that rolls on the swell."""
    roll, heave = 0.07 * math.sin(pose.phase * 2), 0.012 * math.sin(pose.phase * 2 + 1)
    rig = Rig(stage, pose.x, pose.y + heave, 0.44 * size, pose.facing, roll, 0.1)
    hull, sail = light.lit(colour), light.lit(CREAM)
    rig.limb([(0.0, -0.1), (0.0, -0.98)], 0.025, light.lit((110, 78, 58)))
    belly = 0.06 + 0.02 * math.sin(pose.phase * 3)
    rig.shape([(0.03, -0.94), (0.2 + belly, -0.6), (0.44, -0.22), (0.03, -0.2)], sail)
    rig.shape(
        [(0.03, -0.5), (0.24 + belly, -0.5), (0.36, -0.34), (0.03, -0.34)], light.accent(look)
    )
    rig.shape(
        [(-0.03, -0.86), (-0.18 - belly / 2, -0.5), (-0.3, -0.22), (-0.03, -0.2)], shade(sail, 0.9)
    )
    wave = 0.03 * math.sin(pose.time * 6)
    rig.shape([(0.0, -0.99), (-0.16, -0.95 + wave), (0.0, -0.91)], light.accent(look + 1))
    rig.shape([(-0.5, -0.16), (0.58, -0.18), (0.42, 0.02), (-0.36, 0.02)], hull)
    rig.shape([(-0.5, -0.16), (0.58, -0.18), (0.55, -0.13), (-0.475, -0.115)], light.lit(CREAM))


def hull(stage: Stage, pose: Pose, size: float, light: Palette) -> None:
    """The rowing boat that keeps an actor afloat who cannot swim."""
    roll = 0.04 * math.sin(pose.time * 1.9)
    rig = Rig(stage, pose.x, pose.y + 0.015, 0.42 * size, pose.facing, roll)
    wood = light.lit((150, 96, 66))
    rig.shape([(-0.52, -0.2), (0.56, -0.22), (0.4, 0.05), (-0.38, 0.05)], wood)
    rig.shape([(-0.52, -0.2), (0.56, -0.22), (0.53, -0.16), (-0.49, -0.14)], light.lit(CREAM))


def balloon(
    stage: Stage, pose: Pose, colour: Colour, size: float, look: int, light: Palette
) -> None:
    """A hot-air balloon in stripes."""
    rise = 0.04 * math.sin(pose.phase) + 0.02 * pose.time
    rig = Rig(
        stage,
        pose.x,
        pose.y - rise,
        0.4 * size,
        pose.facing,
        0.04 * math.sin(pose.phase * 1.3),
        0.6,
    )
    stripes = 7
    for index in range(stripes):
        left, right = -1 + 2 * index / stripes, -1 + 2 * (index + 1) / stripes
        heights = np.linspace(-1, 1, 14)
        edge = [(left * _bulge(h), -0.72 + 0.42 * h) for h in heights]
        back = [(right * _bulge(h), -0.72 + 0.42 * h) for h in heights[::-1]]
        tone = colour if index % 2 else light.accents[(look + 1) % 3]
        rig.shape(edge + back, light.lit(shade(tone, 1.06 - 0.05 * abs(index - 2))))
    for x in (-0.09, 0.09):
        rig.limb([(x, -0.31), (x * 0.8, -0.12)], 0.012, light.lit((90, 70, 60)))
    basket = light.lit((156, 108, 66))
    rig.shape([(-0.1, -0.14), (0.1, -0.14), (0.08, 0.0), (-0.08, 0.0)], basket)
    rig.shape([(-0.11, -0.14), (0.11, -0.14), (0.11, -0.11), (-0.11, -0.11)], shade(basket, 0.75))
    if math.sin(pose.time * 2.1 + look) > 0.3:
        rig.shape([(-0.04, -0.2), (0.0, -0.31), (0.04, -0.2)], (255, 196, 84))


def toy_balloon(
    stage: Stage, pose: Pose, colour: Colour, size: float, look: int, light: Palette
) -> None:
    """A balloon on a string."""
    sway = 0.06 * math.sin(pose.time * 1.7 + look)
    rig = Rig(stage, pose.x, pose.y, 0.2 * size, pose.facing)
    coat = light.lit(colour)
    string = [
        (sway * s + 0.05 * math.sin(5 * s + pose.time * 2) * (1 - s), 0.75 - 0.9 * s)
        for s in np.linspace(0, 1, 8)
    ]
    rig.limb(string, 0.02, light.lit(INK))
    rig.oval(sway, -0.5, 0.3, 0.36, coat)
    rig.shape([(sway - 0.05, -0.1), (sway, -0.17), (sway + 0.05, -0.1)], shade(coat, 0.8))
    rig.oval(sway + 0.1, -0.62, 0.07, 0.1, shade(coat, 1.3))


def _bulge(height: float) -> float:
    """Half the width of a balloon's skin; ``height`` runs from -1 (crown) to 1 (mouth)."""
    if height < 0:
        return 0.4 * math.sqrt(max(0.0, 1 - height * height))
    return 0.4 * (1 - 0.72 * math.pow(height, 1.7))


def rocket(
    stage: Stage, pose: Pose, colour: Colour, size: float, look: int, light: Palette
) -> None:
    """A rocket leaning into its flight."""
    shake = 0.004 * math.sin(pose.time * 41)
    rig = Rig(stage, pose.x, pose.y + shake - 0.02 * pose.time, 0.5 * size, pose.facing, 0.75, 0.3)
    hull, trim = (244, 238, 224), colour
    flame = 0.2 + 0.06 * math.sin(pose.time * 31) + 0.04 * math.sin(pose.time * 47)
    rig.shape([(-0.1, -0.02), (0.0, flame + 0.14), (0.1, -0.02)], (246, 152, 62))
    rig.shape([(-0.05, -0.02), (0.0, flame), (0.05, -0.02)], (255, 234, 150))
    rig.shape([(-0.12, -0.2), (-0.26, 0.04), (-0.1, -0.02)], trim)
    rig.shape([(0.12, -0.2), (0.26, 0.04), (0.1, -0.02)], shade(trim, 0.8))
    rig.shape(
        [
            (-0.11, 0.0),
            (-0.15, -0.3),
            (-0.1, -0.58),
            (0.0, -0.78),
            (0.1, -0.58),
            (0.15, -0.3),
            (0.11, 0.0),
        ],
        hull,
    )
    rig.shape(
        [(0.02, 0.0), (0.05, -0.4), (0.0, -0.78), (0.1, -0.58), (0.15, -0.3), (0.11, 0.0)],
        shade(hull, 0.87),
    )
    rig.shape([(-0.1, -0.58), (0.0, -0.78), (0.1, -0.58)], trim)
    rig.oval(0.0, -0.42, 0.065, 0.065, shade(trim, 0.7))
    rig.oval(0.0, -0.42, 0.045, 0.045, (160, 214, 222))


def tree(stage: Stage, pose: Pose, colour: Colour, size: float, look: int, light: Palette) -> None:
    """One great tree, swaying."""
    rig = Rig(stage, pose.x, pose.y, 0.62 * size, pose.facing)
    rig.shadow(0.4, 0.0)
    trunk = light.lit((112, 78, 58))
    sway = 0.02 * math.sin(pose.time * 1.3)
    rig.shape([(-0.07, 0.0), (-0.035, -0.5), (0.035, -0.5), (0.08, 0.0)], trunk)
    rig.limb([(0.0, -0.36), (0.16 + sway, -0.58)], 0.035, trunk)
    rig.limb([(0.0, -0.42), (-0.15 + sway, -0.62)], 0.03, trunk)
    crown = light.lit(blend(colour, (86, 134, 84), 0.45))
    for x, y, radius, tone in (
        (-0.2, -0.66, 0.22, 0.84),
        (0.22, -0.62, 0.2, 0.92),
        (0.0, -0.86, 0.27, 1.0),
        (0.1, -0.72, 0.2, 1.1),
    ):
        rig.oval(x + sway * (1.5 - y), y, radius, radius * 0.86, shade(crown, tone))


def ball(stage: Stage, pose: Pose, colour: Colour, size: float, look: int, light: Palette) -> None:
    """A ball that flattens where it meets the ground."""
    squash = max(0.0, 1 - pose.lift / 0.05) * 0.2 if pose.gait == "bounce" else 0.0
    rig = Rig(stage, pose.x, pose.y - pose.lift, 0.17 * size, pose.facing)
    rig.shadow(0.5, pose.lift)
    coat = light.lit(colour)
    high = 0.4 * (1 - squash)
    rig.oval(0.0, -high, 0.4 * (1 + squash), high, coat)
    turn = pose.phase
    for step in range(3):
        angle = turn + step * 2 * math.pi / 3
        rig.oval(0.22 * math.cos(angle), -high + 0.22 * math.sin(angle), 0.1, 0.1, light.lit(CREAM))
    rig.oval(-0.14, -high * 1.45, 0.08, 0.06, shade(coat, 1.3))
