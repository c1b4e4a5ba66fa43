"""Steps, hooves and bounces, heard exactly when the picture shows a contact."""

from __future__ import annotations

from typing import Final

import numpy as np

from gpu_workers.animatic.chance import chance
from gpu_workers.animatic.script import Actor, Scene
from gpu_workers.animatic.synth import RATE, Track, Wave, faded, noise, seconds

_SURFACES: Final = {
    "beach": (140.0, 1500.0, 30.0),
    "desert": (140.0, 1500.0, 30.0),
    "snow": (500.0, 5200.0, 24.0),
    "forest": (160.0, 2600.0, 34.0),
    "field": (120.0, 1700.0, 36.0),
    "mountain": (200.0, 2600.0, 40.0),
}
_HARD: Final = (180.0, 3200.0, 62.0)
_SILENT: Final = frozenset(
    {"balloon", "toy balloon", "bird", "fish", "rocket", "tree", "boat", "train", "car"}
)


def steps(scene: Scene, samples: int, half: float) -> Wave:
    """Every contact of every actor: float64 [2, samples]; ``half`` is half the panel's width."""
    track = Track(samples)
    for number, actor in enumerate(scene.actors):
        if actor.kind in _SILENT or scene.place in {"sea", "space"}:
            continue
        draw = chance(scene.seed, "foley", number)
        for time in actor.track.contacts(scene.seconds):
            seen = (actor.track.at(time).x - scene.travel * time) / half
            track.lay(_contact(actor, scene.place, draw), time, _level(actor), seen * 0.7)
    return track.wave


def cut(samples: int) -> Wave:
    """The accent on a cut: the clap of a slate, far away."""
    track = Track(samples)
    time = seconds(int(RATE * 0.09))
    clap = np.exp(-time * 70) * (
        np.sin(2 * np.pi * 780 * time) + 0.5 * np.sin(2 * np.pi * 1230 * time)
    )
    track.lay(faded(clap, 0.001, 0.02), 0.0, 0.09)
    return track.wave


def _level(actor: Actor) -> float:
    weight = {"horse": 1.3, "bear": 1.3, "robot": 1.2, "cat": 0.35, "rabbit": 0.5, "fox": 0.5}
    effort = {"run": 1.15, "jump": 1.3, "bounce": 1.5}.get(actor.track.gait, 0.85)
    return 0.16 * weight.get(actor.kind, 0.9) * effort


def _contact(actor: Actor, place: str, draw: np.random.Generator) -> Wave:
    low, high, decay = _SURFACES.get(place, _HARD)
    time = seconds(int(RATE * 0.13))
    scrape = noise(draw, len(time), low, high, 4) * np.exp(-time * decay)
    thump = np.sin(2 * np.pi * (95 * time - 140 * time**2)) * np.exp(-time * 34)
    mixed = 0.55 * scrape + thump
    if actor.kind == "robot":
        mixed += 0.5 * np.sin(2 * np.pi * 410 * time) * np.exp(-time * 45)
    if actor.track.gait == "bounce":
        mixed += np.sin(2 * np.pi * (240 * time - 500 * time**2)) * np.exp(-time * 22)
    return faded(mixed, 0.002, 0.03)
