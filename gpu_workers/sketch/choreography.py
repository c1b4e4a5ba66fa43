"""Where everybody is at each moment, and when something sounds: motion that follows the caption."""

from __future__ import annotations

from typing import Final

import numpy as np

from gpu_workers.sketch.backdrops import ground
from gpu_workers.sketch.layers import (
    COS,
    MOMENTS,
    MOMENTS_PER_SECOND,
    PULSE,
    SECONDS,
    SIN,
    SIZE,
    TRACK,
    TRACKS,
    VISIBLE,
    WIND_X,
    WIND_Y,
    Floats,
    X,
    Y,
    size_of,
)
from gpu_workers.sketch.spec import FLYING, Actor, Spec

ROUND_TRIP: Final = 1.35
"""Who walks out at x = 1.35 comes in again at -1.35."""
PULSE_SECONDS: Final = 0.11
Rng = np.random.Generator


def times() -> Floats:
    """The middle of each moment, in seconds."""
    return ((np.arange(MOMENTS) + 0.5) / MOMENTS_PER_SECOND).astype(np.float32)


def event_times(spec: Spec) -> Floats:
    """When something sounds, in seconds: evenly, the first within its beat."""
    beat = SECONDS / spec.events
    return ((np.arange(spec.events) + 0.15 + 0.5 * spec.phase) * beat).astype(np.float32)


def draw_tracks(spec: Spec, tilt: float, wind: tuple[float, float], rng: Rng) -> Floats:
    """The tracks of a spec, [16, 16]; the columns are named in ``layers``."""
    tracks = np.zeros((MOMENTS, TRACKS), np.float32)
    tracks[:, WIND_X], tracks[:, WIND_Y] = wind
    sides = rng.permutation([-0.42, 0.42]) if len(spec.actors) == 2 else rng.uniform(-0.5, 0.5, 1)
    for index in range(2):
        columns = tracks[:, index * TRACK : (index + 1) * TRACK]
        columns[:, VISIBLE], columns[:, PULSE] = -1, -1
        if index < len(spec.actors):
            side = float(sides[index]) + float(rng.uniform(-0.15, 0.15))
            _move(columns, spec, spec.actors[index], side, tilt, rng)
    if spec.sound != "silent":
        tracks[:, PULSE] = _pulses(event_times(spec))
    return tracks


def _pulses(events: Floats) -> Floats:
    since = times()[:, None] - events[None]
    return np.asarray(np.exp(-(((since - 0.04) / PULSE_SECONDS) ** 2)).max(1) * 2 - 1, np.float32)


def _move(columns: Floats, spec: Spec, actor: Actor, side: float, tilt: float, rng: Rng) -> None:
    t, beat = times(), SECONDS / spec.events
    share = float(rng.uniform(0.28, 0.40)) * (0.85 if len(spec.actors) == 2 else 1.0)
    floor = ground(spec.scene, tilt) * 2 - 1 + float(rng.uniform(0.06, 0.22))
    y = floor - share
    if actor.subject in FLYING and not actor.is_cameo:
        y -= float(rng.uniform(0.15, 0.4))
    if spec.scene == "underwater":
        y = float(rng.uniform(-0.2, 0.25))
    cycle = (t - event_times(spec)[0]) / beat
    x: Floats = np.full(MOMENTS, side, np.float32)
    ys: Floats = np.full(MOMENTS, y, np.float32)
    tip: Floats = np.zeros(MOMENTS, np.float32)
    match actor.motion:
        case "right" | "left":
            begin = float(
                rng.uniform(-1.25, -0.1) if rng.random() < 0.75 else rng.uniform(-1.3, 1.3)
            )
            run = begin + float(rng.uniform(0.5, 0.75)) * t
            run = (run + ROUND_TRIP) % (2 * ROUND_TRIP) - ROUND_TRIP
            x = run if actor.motion == "right" else -run
            ys = y - 0.035 * np.abs(np.sin(np.pi * 2.0 * t))
            tip = 0.06 * np.sin(np.pi * 2.0 * t)
        case "jump":
            ys = y - 0.42 * np.abs(np.sin(np.pi * cycle))
        case "circle":
            turn = np.pi * t + float(rng.uniform(0, 2 * np.pi))
            x, ys = side + 0.34 * np.cos(turn), y - 0.3 + 0.3 * np.sin(turn)
        case "spin":
            tip = np.pi * t * float(rng.choice((-1, 1))) + float(rng.uniform(0, 2 * np.pi))
        case "rise":
            begin = float(rng.uniform(-0.1, 0.35))
            ys = y + begin - float(rng.uniform(0.35, 0.5)) * t
            x = side + 0.05 * np.sin(np.pi * t)
        case _:
            ys = y + 0.008 * np.sin(np.pi * t)
    columns[:, VISIBLE], columns[:, X], columns[:, Y] = 1, x, ys
    columns[:, SIZE] = size_of(share)
    columns[:, COS], columns[:, SIN] = np.cos(tip), np.sin(tip)
