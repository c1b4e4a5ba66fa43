"""Evidence as a head of known pose gives it, without a camera: for tests of single checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from activities.likeness.contract import Move
from activities.likeness.evidence import IDENTITY_SIZE, SAMPLE_RATE, THUMB_SIDE, Evidence
from activities.likeness.faces import Faces
from tests.media.people import PEOPLE

Floats = NDArray[np.float32]
FPS: Final = 15
_YAW, _PITCH = 20.0, 16.0
_TOWARDS: Final = {"left": (_YAW, 0), "right": (-_YAW, 0), "up": (0, -_PITCH), "down": (0, _PITCH)}


@cache
def landmarks() -> Floats:
    """[468, 3] of a frontal face, around its own centre."""
    faces, picture = Faces(), np.ascontiguousarray(PEOPLE[0].picture[:, :, ::-1])
    points, _ = faces.landmarks(picture, faces.detect(picture)[0])
    return np.asarray(points - points.mean(0), np.float32)


def turned(yaw: float, pitch: float, depth: float = 1.0) -> Floats:
    """The landmarks of a head turned by so many degrees; ``depth`` 0 is a plane."""
    a, b = np.radians(yaw), np.radians(pitch)
    points = landmarks() * np.array([1, 1, depth], np.float32)
    turn = np.array([[np.cos(a), 0, -np.sin(a)], [0, 1, 0], [np.sin(a), 0, np.cos(a)]])
    tip = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    return np.asarray(points @ (tip @ turn).T + 200, np.float32)


def angles(moves: Sequence[Move], reach: float = 1.0, seconds: float = 1.2) -> Floats:
    """[m, 2]: yaw and pitch, picture by picture, as somebody makes moves and rests between."""
    count = round(seconds * FPS)
    arc = np.sin(np.linspace(0, np.pi, count))[:, None]
    parts: list[Any] = [np.zeros((FPS, 2))]
    for move in moves:
        parts += [arc * reach * np.array(_TOWARDS[move], float), np.zeros((FPS, 2))]
    return np.concatenate(parts).astype(np.float32)


def evidence(poses: Floats, *, depth: float = 1.0, **changes: Any) -> Evidence:
    """One steady recording of a head at these poses, of one person, in silence."""
    count = len(poses)
    dice = np.random.default_rng(5)
    times = (np.arange(count) / FPS).astype(np.float32)
    walk = np.cumsum(dice.normal(0, 1, (count, THUMB_SIDE, THUMB_SIDE)), axis=0)
    of = np.arange(0, count, 6, dtype=np.int32)
    person = np.ones(IDENTITY_SIZE, np.float32) / np.sqrt(IDENTITY_SIZE)
    made = Evidence(
        times=times,
        thumbs=(128 + walk).astype(np.float32),
        seen_at=times,
        faces=np.ones(count, np.int32),
        boxes=np.tile(np.array([100, 100, 200, 200], np.float32), (count, 1)),
        others=np.zeros(count, np.float32),
        presence=np.ones(count, np.float32),
        roll=np.zeros(count, np.float32),
        points=np.stack([turned(float(yaw), float(pitch), depth) for yaw, pitch in poses]),
        identity_of=of,
        identities=np.tile(person, (len(of), 1)),
        over=np.full(len(of), -0.5, np.float32),
        turned=np.zeros(0, np.float32),
        size=np.array([480, 640], np.int32),
        sound=np.zeros(round(count / FPS * SAMPLE_RATE), np.float32),
    )
    return replace(made, **changes)
