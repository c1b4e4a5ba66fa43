"""Animals: one four-legged rig with a table of kinds, and those that fly or swim."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from gpu_workers.animatic.figures import Rig, joint_chain
from gpu_workers.animatic.motion import Pose
from gpu_workers.animatic.palette import INK, Colour, Palette, shade
from gpu_workers.animatic.stage import Stage


@dataclass(frozen=True)
class Beast:
    """The proportions of a four-legged animal; lengths in units of its own size."""

    size: float
    body: float
    girth: float
    leg: float
    neck: float
    head: float
    muzzle: float
    ears: str
    tail: str
    natural: tuple[Colour, ...]


BEASTS: Final[dict[str, Beast]] = {
    "dog": Beast(
        0.29,
        0.5,
        0.17,
        0.34,
        0.2,
        0.16,
        0.15,
        "drop",
        "wag",
        ((196, 132, 76), (120, 84, 60), (238, 224, 196), (70, 64, 70)),
    ),
    "cat": Beast(
        0.26,
        0.46,
        0.15,
        0.28,
        0.14,
        0.15,
        0.05,
        "point",
        "long",
        ((226, 140, 70), (70, 66, 78), (170, 164, 160), (240, 228, 206)),
    ),
    "fox": Beast(0.28, 0.5, 0.14, 0.3, 0.15, 0.15, 0.16, "point", "bush", ((220, 104, 48),)),
    "horse": Beast(
        0.36,
        0.52,
        0.16,
        0.5,
        0.34,
        0.13,
        0.2,
        "point",
        "fall",
        ((140, 86, 56), (92, 64, 54), (226, 214, 194)),
    ),
    "rabbit": Beast(
        0.22, 0.36, 0.18, 0.22, 0.12, 0.15, 0.04, "long", "puff", ((206, 186, 160), (240, 234, 222))
    ),
    "bear": Beast(
        0.38, 0.56, 0.26, 0.28, 0.16, 0.19, 0.12, "round", "puff", ((110, 74, 54), (92, 64, 52))
    ),
}


NATURAL: Final[dict[str, tuple[Colour, ...]]] = {
    **{kind: form.natural for kind, form in BEASTS.items()},
    "bird": ((240, 234, 222), (78, 120, 168), (196, 78, 62), (84, 84, 96)),
    "fish": ((74, 104, 136), (96, 120, 132), (62, 84, 116)),
}


def beast(
    kind: str,
    stage: Stage,
    pose: Pose,
    colour: Colour,
    size: float,
    look: int,
    light: Palette,
) -> None:
    """Draw a four-legged animal in its gait."""
    form = BEASTS[kind]
    coat = light.lit(colour)
    pace = pose.gait in {"run", "jump"}
    pitch = 0.1 * math.sin(pose.phase) if pace else 0.015 * math.sin(pose.phase * 2)
    rig = Rig(
        stage, pose.x, pose.y - pose.lift, form.size * size, pose.facing, pitch, form.leg + 0.1
    )
    rig.shadow(form.body * 0.85, pose.lift)
    back, chest = (-form.body / 2, -form.leg - form.girth), (form.body / 2, -form.leg - form.girth)
    _legs(rig, pose, form, shade(coat, 0.74), near=False)
    _tail(rig, pose, form, coat, back)
    rig.limb([back, chest], form.girth * 2, coat)
    rig.limb(
        [(back[0], back[1] + form.girth * 0.6), (chest[0], chest[1] + form.girth * 0.6)],
        form.girth * 0.7,
        shade(coat, 0.88),
    )
    _legs(rig, pose, form, coat, near=True)
    _beast_head(rig, pose, form, coat, chest, light.accent(look))


def _legs(rig: Rig, pose: Pose, form: Beast, colour: Colour, *, near: bool) -> None:
    swing = {"walk": 0.42, "run": 0.85, "jump": 0.6, "dance": 0.4}.get(pose.gait, 0.0)
    for hind in (True, False):
        shift = (math.pi if hind else 0.0) * (0.6 if pose.gait == "run" else 1.0)
        phase = pose.phase + shift + (0.0 if near else math.pi * (0.35 if swing > 0.5 else 1.0))
        thigh = swing * math.cos(phase)
        bend = swing * 1.2 * max(0.0, -math.sin(phase))
        x = (-1 if hind else 1) * (form.body / 2 - 0.02) + (0.0 if near else 0.05)
        hip = (x, -form.leg - form.girth * 0.5)
        half = (form.leg + form.girth * 0.5) / 2
        joints = joint_chain(hip, (thigh, thigh - bend), (half, half))
        rig.limb(joints, 0.085 + form.girth * 0.12, colour)
        foot = joints[-1]
        rig.limb([foot, (foot[0] + 0.04, foot[1])], 0.075, shade(colour, 0.8))


def _tail(rig: Rig, pose: Pose, form: Beast, coat: Colour, back: tuple[float, float]) -> None:
    x, y = back[0] - form.girth * 0.7, back[1] - form.girth * 0.3
    wave = math.sin(pose.time * 7.0 + pose.phase * 0.3)
    if form.tail == "wag":
        rig.limb(
            [(x, y), (x - 0.12, y - 0.14 + 0.05 * wave), (x - 0.15, y - 0.28 + 0.08 * wave)],
            0.07,
            coat,
        )
    elif form.tail == "long":
        slow = math.sin(pose.time * 2.4)
        curve = [
            (x - 0.3 * s + 0.1 * slow * s * s, y - 0.5 * s * s + 0.06 * math.sin(5 * s + slow))
            for s in np.linspace(0, 1, 9)
        ]
        rig.limb(curve, 0.06, coat)
    elif form.tail == "bush":
        tip = (x - 0.42, y - 0.02 + 0.06 * wave)
        rig.shape([(x + 0.05, y + 0.02), (x - 0.16, y - 0.14), tip, (x - 0.14, y + 0.14)], coat)
        rig.shape(
            [tip, (x - 0.3, y - 0.08 + 0.04 * wave), (x - 0.29, y + 0.06 + 0.04 * wave)],
            (246, 236, 220),
        )
    elif form.tail == "fall":
        rig.limb(
            [(x, y), (x - 0.1, y + 0.1), (x - 0.13 + 0.04 * wave, y + 0.36)],
            0.08,
            shade(coat, 0.55),
        )
    else:
        rig.oval(x, y + 0.03, 0.06, 0.06, shade(coat, 1.25))


def _beast_head(
    rig: Rig, pose: Pose, form: Beast, coat: Colour, chest: tuple[float, float], accent: Colour
) -> None:
    nod = 0.03 * math.sin(pose.phase * (2 if pose.gait == "walk" else 1))
    x = chest[0] + form.neck * 0.6
    y = chest[1] - form.neck - form.head * 0.3 + nod
    rig.limb([chest, (x, y)], form.girth * 1.1, coat)
    if form.tail == "fall":
        rig.limb([(chest[0] - 0.06, chest[1] - 0.1), (x - 0.09, y - 0.06)], 0.08, shade(coat, 0.55))
    if form.tail == "wag":
        rig.limb(
            [(chest[0] - 0.02, chest[1] - 0.08), (chest[0] + 0.13, chest[1] - 0.02)], 0.05, accent
        )
    rig.limb(
        [(x, y + 0.02), (x + form.head * 0.6 + form.muzzle, y + form.head * 0.42)],
        form.head * 0.95,
        coat,
    )
    rig.oval(x, y, form.head, form.head * 0.92, coat)
    _ears(rig, form, coat, x, y, nod)
    nose = x + form.head * 0.75 + form.muzzle * 1.15
    rig.oval(nose, y + form.head * 0.28, 0.032, 0.028, INK)
    rig.oval(x + form.head * 0.42, y - form.head * 0.15, 0.024, 0.03, INK)


def _ears(rig: Rig, form: Beast, coat: Colour, x: float, y: float, nod: float) -> None:
    head, dark = form.head, shade(coat, 0.72)
    if form.ears == "drop":
        rig.limb(
            [(x - head * 0.4, y - head * 0.6), (x - head * 0.85, y + head * 0.35 - nod * 3)],
            0.1,
            dark,
        )
    elif form.ears == "point":
        for shift, tone in ((-0.1, dark), (0.35, coat)):
            base = x - head * 0.45 + head * shift
            rig.shape(
                [
                    (base - head * 0.35, y - head * 0.6),
                    (base, y - head * 1.55),
                    (base + head * 0.42, y - head * 0.7),
                ],
                tone,
            )
    elif form.ears == "long":
        for shift, tone in ((-0.25, dark), (0.12, coat)):
            rig.limb(
                [
                    (x + head * shift, y - head * 0.7),
                    (x + head * (shift - 0.5) - nod, y - head * 2.3 + nod * 2),
                ],
                0.085,
                tone,
            )
    else:
        for shift in (-0.65, 0.3):
            rig.oval(x + head * shift, y - head * 0.8, head * 0.34, head * 0.34, dark)


def bird(stage: Stage, pose: Pose, colour: Colour, size: float, look: int, light: Palette) -> None:
    """A bird whose wings beat with its phase."""
    coat, pale = light.lit(colour), light.lit((246, 236, 216))
    height = pose.y + 0.03 * math.sin(pose.phase * 0.5)
    rig = Rig(
        stage, pose.x, height, 0.24 * size, pose.facing, -0.06 + 0.06 * math.sin(pose.phase * 0.5)
    )
    beat = math.sin(pose.phase * 1.6)
    _wing(rig, -beat, shade(coat, 0.66))
    rig.shape([(-0.3, 0.0), (-0.62, -0.1), (-0.6, 0.02), (-0.64, 0.1)], shade(coat, 0.8))
    rig.shape(
        [(-0.36, 0.0), (-0.1, -0.14), (0.22, -0.14), (0.36, -0.05), (0.2, 0.1), (-0.1, 0.13)], coat
    )
    rig.shape([(-0.1, 0.13), (0.2, 0.1), (0.32, 0.0), (0.1, 0.04)], pale)
    rig.oval(0.3, -0.1, 0.12, 0.115, coat)
    rig.shape([(0.4, -0.13), (0.58, -0.08), (0.4, -0.04)], light.lit((238, 168, 60)))
    rig.oval(0.35, -0.13, 0.024, 0.026, INK)
    _wing(rig, beat, shade(coat, 1.12))


def _wing(rig: Rig, beat: float, colour: Colour) -> None:
    tip = -0.52 * beat
    rig.shape(
        [
            (-0.14, -0.05),
            (0.14, -0.08),
            (0.0, tip * 0.7 - 0.06),
            (-0.24, tip - 0.06),
            (-0.2, tip * 0.45),
        ],
        colour,
    )


def fish(stage: Stage, pose: Pose, colour: Colour, size: float, look: int, light: Palette) -> None:
    """A whale-like swimmer that leaps out of the water now and then."""
    coat = light.lit(colour)
    arc = math.sin(pose.phase)
    rig = Rig(
        stage, pose.x, pose.y - 0.13 * arc, 0.36 * size, pose.facing, -0.45 * math.cos(pose.phase)
    )
    tail = 0.12 * math.sin(pose.phase * 3)
    rig.shape(
        [(-0.42, 0.0), (-0.66, -0.16 + tail), (-0.6, 0.0 + tail), (-0.66, 0.14 + tail)],
        shade(coat, 0.8),
    )
    body = [
        (
            0.46 * math.cos(a) * (1 if math.cos(a) > 0 else 1.05),
            0.2 * math.sin(a) * (1.1 if math.cos(a) > 0 else 0.8),
        )
        for a in np.linspace(0, 2 * math.pi, 36, endpoint=False)
    ]
    rig.shape(body, coat)
    rig.shape([(0.44, 0.06), (0.2, 0.21), (-0.2, 0.16), (0.1, 0.08)], light.lit((238, 230, 212)))
    rig.shape([(-0.02, -0.18), (-0.16, -0.36), (-0.2, -0.16)], shade(coat, 0.85))
    rig.oval(0.28, -0.04, 0.025, 0.028, INK)
