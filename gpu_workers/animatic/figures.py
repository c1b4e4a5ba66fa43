"""People and robots: a few flat shapes hung on joints that swing with the gait."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gpu_workers.animatic.motion import Pose
from gpu_workers.animatic.palette import INK, Colour, Palette, shade
from gpu_workers.animatic.stage import Points, Stage

SKINS: tuple[Colour, ...] = (
    (244, 206, 172),
    (222, 170, 128),
    (178, 120, 84),
    (124, 82, 60),
    (92, 60, 46),
)
HAIRS: tuple[Colour, ...] = (
    (44, 36, 40),
    (92, 58, 40),
    (166, 96, 52),
    (222, 180, 104),
    (58, 62, 92),
    (150, 58, 44),
)


@dataclass(frozen=True)
class Rig:
    """Places an actor's own coordinates (feet at 0, facing right) into the world."""

    stage: Stage
    x: float
    y: float
    size: float
    facing: int = 1
    turn: float = 0.0
    pivot: float = 0.0

    def world(self, points: list[tuple[float, float]]) -> Points:
        """Turn about the pivot height, mirror, scale and move."""
        local = np.array(points, dtype=np.float64)
        if self.turn:
            cosine, sine = math.cos(self.turn), math.sin(self.turn)
            x, y = local[:, 0].copy(), local[:, 1] + self.pivot
            local = np.stack([x * cosine - y * sine, x * sine + y * cosine - self.pivot], axis=1)
        moved: Points = local * [self.size * self.facing, self.size] + [self.x, self.y]
        return moved

    def shape(
        self, points: list[tuple[float, float]], colour: Colour, opacity: float = 1.0
    ) -> None:
        """Fill a polygon."""
        self.stage.shape(self.world(points), colour, 1.0, opacity)

    def oval(self, x: float, y: float, wide: float, high: float, colour: Colour) -> None:
        """Fill an ellipse with half-axes ``wide`` and ``high``."""
        ring = [
            (x + wide * math.cos(angle), y + high * math.sin(angle))
            for angle in np.linspace(0, 2 * math.pi, 28, endpoint=False)
        ]
        self.shape(ring, colour)

    def limb(self, joints: list[tuple[float, float]], thick: float, colour: Colour) -> None:
        """A round-ended line through joints."""
        self.stage.line(self.world(joints), thick * self.size, colour)

    def shadow(self, wide: float, lift: float) -> None:
        """A soft ellipse on the ground, smaller the higher the actor is."""
        spread = wide * self.size * max(0.45, 1 - lift * 2)
        ring = [
            (self.x + spread * math.cos(a), self.y + lift + spread * 0.16 * math.sin(a))
            for a in np.linspace(0, 2 * math.pi, 24, endpoint=False)
        ]
        self.stage.shape(np.array(ring), INK, 1.0, 0.22)


def joint_chain(
    start: tuple[float, float], angles: tuple[float, float], lengths: tuple[float, float]
) -> list[tuple[float, float]]:
    """Two bones hanging from ``start``; angle 0 points down, positive swings forward."""
    first = (
        start[0] + lengths[0] * math.sin(angles[0]),
        start[1] + lengths[0] * math.cos(angles[0]),
    )
    second = (
        first[0] + lengths[1] * math.sin(angles[1]),
        first[1] + lengths[1] * math.cos(angles[1]),
    )
    return [start, first, second]


def _leg_angles(pose: Pose, side: int) -> tuple[float, float]:
    """Thigh and shin; at a contact (phase a multiple of pi) the legs are spread widest."""
    swing = {"walk": 0.42, "run": 0.82, "jump": 0.3, "dance": 0.34, "bounce": 0.3}.get(pose.gait)
    if swing is None:
        return (0.03 * side, 0.03 * side)
    if pose.gait == "jump":
        tuck = abs(math.sin(pose.phase / 2))
        return (0.2 + 0.7 * tuck * (0.6 + 0.4 * side), -0.2 - 0.9 * tuck)
    phase = pose.phase + (0 if side > 0 else math.pi)
    thigh = swing * math.cos(phase)
    bend = (1.5 if pose.gait == "run" else 0.8) * max(0.0, -math.sin(phase)) + 0.08
    return (thigh, thigh - bend)


def _arm_angles(pose: Pose, side: int) -> tuple[float, float]:
    phase = pose.phase + (0 if side > 0 else math.pi)
    if pose.gait == "dance":
        return (side * 1.9 + 0.5 * math.sin(pose.phase), side * 2.6 + 0.7 * math.cos(pose.phase))
    if pose.gait == "jump":
        raised = abs(math.sin(pose.phase / 2))
        return (side * (0.4 + 1.9 * raised), side * (0.5 + 2.2 * raised))
    if pose.gait == "spin":
        return (side * 1.5, side * 1.8)
    if pose.gait == "run":
        return (-0.9 * math.cos(phase), -0.9 * math.cos(phase) + 1.3)
    if pose.gait == "walk":
        return (-0.5 * math.cos(phase), -0.5 * math.cos(phase) + 0.25)
    wave = 0.35 * math.sin(pose.phase * 3) if side > 0 and math.sin(pose.phase / 2) > 0.6 else 0.0
    return (0.14 * side + wave * 0.4, 0.2 * side + wave)


def person(
    stage: Stage, pose: Pose, colour: Colour, size: float, look: int, light: Palette
) -> None:
    """A person of 0.38 world units: coat or dress, hair, sometimes a hat and a scarf."""
    skin = light.lit(SKINS[look % len(SKINS)])
    hair = light.lit(HAIRS[(look // 7) % len(HAIRS)])
    coat = light.lit(colour)
    legs = light.lit(shade(colour, 0.42) if (look // 11) % 2 else (58, 60, 84))
    lean = {"run": 0.2, "walk": 0.05}.get(pose.gait, 0.0) + _sway(pose)
    facing = pose.facing
    if pose.gait == "spin":
        facing = 1 if math.cos(pose.phase) >= 0 else -1
    rig = Rig(stage, pose.x, pose.y - pose.lift, 0.4 * size, facing, lean, pivot=0.45)
    rig.shadow(0.24, pose.lift)
    hip = (0.0, -0.45)
    rig.limb(
        joint_chain((-0.02, -0.78), _arm_angles(pose, -1), (0.17, 0.16)), 0.06, shade(coat, 0.7)
    )
    for side in (-1, 1):
        joints = joint_chain(hip, _leg_angles(pose, side), (0.23, 0.23))
        tone = legs if side > 0 else shade(legs, 0.8)
        rig.limb(joints, 0.075, tone)
        foot = joints[-1]
        rig.limb(
            [(foot[0] - 0.01, foot[1]), (foot[0] + 0.07, foot[1] + 0.005)], 0.06, shade(tone, 0.6)
        )
    _torso(rig, coat, flared=bool(look % 2), swing=math.sin(pose.phase) * 0.02)
    _head(rig, skin, hair, light.accent(look), look, math.sin(pose.phase * 2) * 0.008)
    arm = joint_chain((0.0, -0.79), _arm_angles(pose, 1), (0.17, 0.16))
    rig.limb(arm, 0.06, shade(coat, 1.14))
    rig.oval(arm[-1][0], arm[-1][1], 0.032, 0.032, skin)


def _sway(pose: Pose) -> float:
    return 0.12 * math.sin(pose.phase) if pose.gait == "dance" else 0.0


def _torso(rig: Rig, coat: Colour, *, flared: bool, swing: float) -> None:
    hem, low = (0.17, -0.3) if flared else (0.1, -0.42)
    rig.shape(
        [
            (-0.075, -0.82),
            (0.07, -0.82),
            (0.1, -0.7),
            (hem + swing, low),
            (-hem + swing, low),
            (-0.105, -0.7),
        ],
        coat,
    )
    rig.shape(
        [
            (-0.075, -0.82),
            (-0.02, -0.82),
            (-0.03 + swing, low),
            (-hem + swing, low),
            (-0.105, -0.7),
        ],
        shade(coat, 0.86),
    )


def _head(rig: Rig, skin: Colour, hair: Colour, accent: Colour, look: int, nod: float) -> None:
    style = (look // 3) % 4
    y = -0.94 + nod
    if style == 1:
        rig.oval(-0.05, y + 0.05, 0.1, 0.16, hair)
    rig.limb([(0.0, -0.84), (0.0, -0.8)], 0.06, shade(skin, 0.85))
    rig.oval(0.01, y, 0.092, 0.1, skin)
    rig.shape([(0.09, y - 0.01), (0.125, y + 0.025), (0.09, y + 0.035)], skin)
    cap = [
        (0.01 + 0.105 * math.cos(a), y - 0.02 + 0.1 * math.sin(a))
        for a in np.linspace(2.6, 6.1, 16)
    ]
    rig.shape(cap, hair)
    if style == 2:
        rig.oval(-0.1, y - 0.05, 0.05, 0.05, hair)
    if style == 3:
        rig.shape(
            [(-0.14, y - 0.05), (0.15, y - 0.05), (0.15, y - 0.075), (-0.14, y - 0.075)], accent
        )
        rig.shape(
            [(-0.085, y - 0.07), (0.095, y - 0.07), (0.07, y - 0.17), (-0.06, y - 0.17)], accent
        )
    rig.oval(0.06, y - 0.002, 0.011, 0.015, INK)
    rig.oval(
        0.045, y + 0.042, 0.022, 0.014, shade(accent, 1.0) if look % 3 == 0 else shade(skin, 0.88)
    )
    if (look // 5) % 2:
        rig.limb([(-0.07, -0.835), (0.06, -0.83)], 0.05, accent)
        rig.limb([(-0.06, -0.82), (-0.16, -0.74 + nod * 4)], 0.045, accent)


def robot(stage: Stage, pose: Pose, colour: Colour, size: float, look: int, light: Palette) -> None:
    """A robot of rounded boxes with a lamp on its head."""
    body, dark = light.lit(colour), light.lit(shade(colour, 0.6))
    metal = light.lit((176, 180, 184))
    tilt = 0.06 * math.sin(pose.phase) if pose.gait != "idle" else 0.0
    rig = Rig(stage, pose.x, pose.y - pose.lift, 0.4 * size, pose.facing, tilt + _sway(pose), 0.4)
    rig.shadow(0.26, pose.lift)
    for side in (-1, 1):
        joints = joint_chain((0.07 * side, -0.34), _leg_angles(pose, side), (0.16, 0.16))
        rig.limb(joints, 0.07, shade(metal, 0.8 if side < 0 else 1.0))
        foot = joints[-1]
        rig.shape(_box(foot[0] + 0.02, foot[1], 0.075, 0.035), dark)
    rig.limb(
        joint_chain((-0.16, -0.64), _arm_angles(pose, -1), (0.15, 0.15)), 0.06, shade(metal, 0.8)
    )
    rig.shape(_box(0.0, -0.52, 0.17, 0.19), body)
    rig.shape(_box(0.0, -0.38, 0.17, 0.05), dark)
    rig.shape(_box(0.03, -0.56, 0.09, 0.08), light.lit((236, 226, 200)))
    for index in range(3):
        beat = 0.55 + 0.45 * math.sin(pose.phase * 2 + index * 2.1)
        rig.oval(
            -0.03 + index * 0.06, -0.56, 0.02, 0.02, shade(light.accents[index], 0.5 + beat / 2)
        )
    rig.limb([(0.0, -0.72), (0.0, -0.78)], 0.07, metal)
    rig.shape(_box(0.0, -0.88, 0.14, 0.11), body)
    rig.limb([(0.0, -0.98), (0.0, -1.08)], 0.02, metal)
    rig.oval(0.0, -1.1, 0.03, 0.03, light.accents[look % 3])
    blink = 0.2 if math.sin(pose.time * 2.2 + look) > 0.985 else 1.0
    for x in (-0.03, 0.08):
        rig.oval(x, -0.89, 0.04, 0.042, (250, 244, 224))
        rig.oval(x + 0.012, -0.89, 0.018, 0.022 * blink, INK)
    rig.limb([(-0.04, -0.81), (0.08, -0.81)], 0.016, dark)
    rig.limb(joint_chain((0.16, -0.64), _arm_angles(pose, 1), (0.15, 0.15)), 0.06, metal)


def _box(x: float, y: float, wide: float, high: float) -> list[tuple[float, float]]:
    """A rectangle with cut corners around a centre; ``wide`` and ``high`` are halves."""
    cut = min(wide, high) * 0.28
    return [
        (x - wide + cut, y - high),
        (x + wide - cut, y - high),
        (x + wide, y - high + cut),
        (x + wide, y + high - cut),
        (x + wide - cut, y + high),
        (x - wide + cut, y + high),
        (x - wide, y + high - cut),
        (x - wide, y - high + cut),
    ]
