"""The sounds of the training world: events that somebody makes, over the air of the scene."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gpu_workers.sketch.layers import SAMPLE_RATE, SECONDS, Floats

SAMPLES: Final = round(SAMPLE_RATE * SECONDS)
Wave = NDArray[np.float64]
Rng = np.random.Generator


def draw_sound(sound: str, scene: str, events: Floats, rng: Rng) -> Floats:
    """Two seconds of mono in [-1, 1] at 16 kHz, ``events`` in seconds."""
    wave = _air(scene, rng)
    if sound != "silent":
        pitch = float(rng.uniform(0.94, 1.06))
        for event in events:
            start = round(float(event) * SAMPLE_RATE)
            t = np.arange(SAMPLES - start) / SAMPLE_RATE
            wave[start:] += 0.5 * _EVENTS[sound](t, pitch)
    return np.clip(wave, -1, 1).astype(np.float32)


def _beep(t: Wave, p: float) -> Wave:
    return np.asarray(np.sin(2 * np.pi * 880 * p * t) * (t < 0.15) * np.clip(t / 0.005, 0, 1))


def _bark(t: Wave, p: float) -> Wave:
    parts = sum(a * np.sin(2 * np.pi * f * p * t) for f, a in ((320, 1), (470, 0.7), (790, 0.5)))
    return np.asarray(np.tanh(3 * np.asarray(parts)) * np.exp(-t / 0.05) * np.clip(t / 0.004, 0, 1))


def _bell(t: Wave, p: float) -> Wave:
    parts = sum(a * np.sin(2 * np.pi * f * p * t) for f, a in ((1200, 1), (2510, 0.6), (3900, 0.3)))
    return np.asarray(0.6 * np.asarray(parts) * np.exp(-t / 0.22))


def _drum(t: Wave, p: float) -> Wave:
    turn = 62 * p * t + 6 * (1 - np.exp(-t / 0.03))
    return np.asarray(1.3 * np.sin(2 * np.pi * turn) * np.exp(-t / 0.09))


def _chirp(t: Wave, p: float) -> Wave:
    turn = p * (2000 * t + 6000 * t**2)
    return np.asarray(np.sin(2 * np.pi * turn) * np.exp(-(((t - 0.06) / 0.04) ** 2)))


def _horn(t: Wave, p: float) -> Wave:
    parts = sum(np.sin(2 * np.pi * k * f * p * t) / k for f in (392, 494) for k in (1, 2, 3))
    gate = np.clip(t / 0.01, 0, 1) * np.clip((0.28 - t) / 0.04, 0, 1)
    return np.asarray(0.5 * np.asarray(parts) * gate)


_EVENTS: Final = {
    "beep": _beep, "bark": _bark, "bell": _bell, "drum": _drum, "chirp": _chirp, "horn": _horn,
}  # fmt: skip

_AIR: Final[dict[str, tuple[float, float, float, float]]] = {
    "beach": (0.050, 200, 900, 0.5),
    "sea": (0.055, 150, 700, 0.4),
    "snow": (0.035, 300, 1200, 0.25),
    "desert": (0.030, 250, 800, 0.3),
    "city": (0.045, 60, 300, 0.15),
    "underwater": (0.040, 50, 220, 0.7),
    "forest": (0.018, 2500, 5500, 1.2),
    "meadow": (0.015, 3500, 6500, 2.0),
    "space": (0.020, 40, 120, 0.2),
    "room": (0.006, 100, 400, 0.1),
}
"""Level, band in hertz, and how often a second the air swells."""


def _air(scene: str, rng: Rng) -> Wave:
    level, low, high, swells = _AIR[scene]
    spectrum = np.fft.rfft(rng.normal(0, 1, SAMPLES))
    hertz = np.fft.rfftfreq(SAMPLES, 1 / SAMPLE_RATE)
    spectrum *= np.exp(
        -((np.log(np.maximum(hertz, 1) / np.sqrt(low * high)) / np.log(high / low)) ** 2) * 4
    )
    noise = np.fft.irfft(spectrum, SAMPLES)
    t = np.arange(SAMPLES) / SAMPLE_RATE
    swell = 0.65 + 0.35 * np.sin(2 * np.pi * (swells * t + rng.random()))
    return np.asarray(level * noise / (noise.std() + 1e-9) * swell)
