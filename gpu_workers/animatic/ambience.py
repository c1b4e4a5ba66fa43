"""What a place sounds like when nobody moves: surf, wind, a town's hum, rain, birds, crickets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from gpu_workers.animatic.chance import chance
from gpu_workers.animatic.script import Scene
from gpu_workers.animatic.synth import RATE, Track, Wave, faded, noise, seconds

_Layer = Callable[[np.random.Generator, int], Wave]


def ambience(scene: Scene, samples: int) -> Wave:
    """The air of a scene: float64 [2, samples], silent at both ends so that it can be cut."""
    air = np.zeros((2, samples))
    for side in (0, 1):
        draw = chance(scene.seed, "ambience", side)
        for layer, level in _layers(scene):
            air[side] += level * layer(draw, samples)
        air[side] = faded(air[side], 0.012, 0.012)
    calls = Track(samples)
    _callers(scene, calls, samples / RATE)
    return air + calls.wave


def _layers(scene: Scene) -> list[tuple[_Layer, float]]:
    layers = list(_PLACES[scene.place])
    if scene.weather == "rain":
        layers += [(_hiss, 0.03), (_patter, 0.045)]
    if scene.weather in {"snowfall", "fog"}:
        layers.append((_wind, 0.03))
    kinds = {actor.kind for actor in scene.actors}
    if "car" in kinds:
        layers.append((_engine, 0.05))
    if "train" in kinds:
        layers.append((_steam, 0.07))
    if "rocket" in kinds:
        layers.append((_roar, 0.12))
    return layers


def _surf(draw: np.random.Generator, samples: int) -> Wave:
    time, phase = seconds(samples), float(draw.uniform(0, 0.6))
    swell = 0.25 + 0.75 * (0.5 + 0.5 * np.sin(2 * np.pi * time / 4.1 + phase)) ** 2
    return noise(draw, samples, 180, 5200, 4) * swell


def _lapping(draw: np.random.Generator, samples: int) -> Wave:
    time = seconds(samples)
    rock = 0.5 + 0.3 * np.sin(2 * np.pi * 0.5 * time) + 0.2 * np.sin(2 * np.pi * 0.83 * time + 1)
    return noise(draw, samples, 120, 2200, 5) * rock


def _wind(draw: np.random.Generator, samples: int) -> Wave:
    time, phase = seconds(samples), float(draw.uniform(0, 6))
    gust = 0.55 + 0.3 * np.sin(2 * np.pi * 0.21 * time + phase)
    gust += 0.15 * np.sin(2 * np.pi * 0.53 * time)
    return noise(draw, samples, 160, 1100, 6) * gust


def _town(draw: np.random.Generator, samples: int) -> Wave:
    return noise(draw, samples, 60, 700, 5) + 0.2 * noise(draw, samples, 800, 3000, 6)


def _quiet(draw: np.random.Generator, samples: int) -> Wave:
    time = seconds(samples)
    hum = np.sin(2 * np.pi * 60 * time) + 0.4 * np.sin(2 * np.pi * 120 * time)
    return 0.4 * noise(draw, samples, 80, 900, 6) + 0.12 * hum


def _void(draw: np.random.Generator, samples: int) -> Wave:
    time, phase = seconds(samples), float(draw.uniform(0, 3))
    beating = np.sin(2 * np.pi * 55 * time + phase) + np.sin(2 * np.pi * 55.4 * time)
    return 0.6 * beating + 0.3 * noise(draw, samples, 50, 400, 6)


def _hiss(draw: np.random.Generator, samples: int) -> Wave:
    return noise(draw, samples, 900, 9000, 2)


def _patter(draw: np.random.Generator, samples: int) -> Wave:
    """Single drops: sparse impulses given a little ring."""
    drops = np.where(draw.random(samples) < 90 / RATE, draw.uniform(0.3, 1.0, samples), 0.0)
    ring = np.exp(-seconds(900) * 520) * np.sin(2 * np.pi * 2600 * seconds(900))
    size = 1 << (samples + 900).bit_length()
    heard: Wave = np.fft.irfft(np.fft.rfft(drops, size) * np.fft.rfft(ring, size), size)[:samples]
    return 3 * heard


def _engine(draw: np.random.Generator, samples: int) -> Wave:
    time = seconds(samples)
    turn = 2 * np.pi * (62 * time + 0.5 * np.sin(2 * np.pi * 0.4 * time))
    tone = sum(np.sin(turn * n) / n**1.2 for n in range(1, 8))
    return 0.5 * np.asarray(tone) * (0.8 + 0.2 * np.sin(turn / 2)) + 0.3 * noise(
        draw, samples, 90, 900, 6
    )


def _steam(draw: np.random.Generator, samples: int) -> Wave:
    time = seconds(samples)
    stroke = np.exp(-((time * 5.0) % 1.0) * 5)
    return noise(draw, samples, 250, 3800, 3) * stroke + 0.5 * noise(draw, samples, 50, 220, 6)


def _roar(draw: np.random.Generator, samples: int) -> Wave:
    return noise(draw, samples, 40, 1500, 5)


_PLACES: Final[dict[str, tuple[tuple[_Layer, float], ...]]] = {
    "beach": ((_surf, 0.085), (_wind, 0.012)),
    "sea": ((_surf, 0.045), (_lapping, 0.05)),
    "city": ((_town, 0.05),),
    "street": ((_town, 0.035),),
    "forest": ((_wind, 0.03),),
    "mountain": ((_wind, 0.05),),
    "desert": ((_wind, 0.05),),
    "space": ((_void, 0.03),),
    "room": ((_quiet, 0.018),),
    "field": ((_wind, 0.028),),
    "snow": ((_wind, 0.055),),
    "abstract": ((_wind, 0.008),),
}


def _callers(scene: Scene, track: Track, length: float) -> None:
    """Birds by day and crickets by night, gulls by the sea, a clock in a room."""
    draw = chance(scene.seed, "callers")
    if scene.place == "room":
        for beat in range(int(length) + 1):
            track.lay(_tick(), beat + 0.5, 0.05, 0.4)
        return
    if scene.place in {"forest", "field", "mountain"} and scene.weather is None:
        if scene.time == "night":
            for beat in range(int(length / 0.62) + 1):
                track.lay(_cricket(), beat * 0.62 + 0.1, 0.02, -0.5)
            return
        for _ in range(int(length * 1.1) + 1):
            call = _chirp(draw)
            at = float(draw.uniform(0.05, max(0.06, length - 0.4)))
            track.lay(call, at, float(draw.uniform(0.02, 0.05)), float(draw.uniform(-0.8, 0.8)))
    if scene.place in {"beach", "sea"} and scene.time != "night":
        for _ in range(int(length / 2.2) + 1):
            at = float(draw.uniform(0.2, max(0.3, length - 0.7)))
            track.lay(_gull(draw), at, 0.03, float(draw.uniform(-0.8, 0.8)))


def _chirp(draw: np.random.Generator) -> Wave:
    notes = [np.zeros(0)]
    for _ in range(int(draw.integers(2, 5))):
        time = seconds(int(RATE * float(draw.uniform(0.05, 0.1))))
        low, high = float(draw.uniform(2400, 3400)), float(draw.uniform(-900, 1300))
        bend = 2 * np.pi * (low * time + high * time**2 / (2 * time[-1]))
        notes += [faded(np.sin(bend), 0.012, 0.02), np.zeros(int(RATE * 0.03))]
    return np.concatenate(notes)


def _gull(draw: np.random.Generator) -> Wave:
    time = seconds(int(RATE * 0.42))
    pitch = 1150 + 380 * np.sin(np.pi * time / time[-1]) + float(draw.uniform(-90, 90))
    turn = 2 * np.pi * np.cumsum(pitch) / RATE
    return faded(np.sin(turn) + 0.5 * np.sin(2 * turn) + 0.25 * np.sin(3 * turn), 0.05, 0.2)


def _cricket() -> Wave:
    time = seconds(int(RATE * 0.24))
    return faded(
        np.sin(2 * np.pi * 4300 * time) * (0.5 + 0.5 * np.sin(2 * np.pi * 33 * time)), 0.02, 0.05
    )


def _tick() -> Wave:
    time = seconds(int(RATE * 0.03))
    return np.asarray(np.exp(-time * 260) * np.sin(2 * np.pi * 2100 * time))
