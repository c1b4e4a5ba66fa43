"""What is heard: the sampled sound, and lines spoken over it by a voice that ships in a package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr
import torch
from numpy.typing import NDArray

from domain.generation.brief import Line
from gpu_workers.animatic.narration import Narrator
from gpu_workers.clip import Sound, samples_for
from gpu_workers.sketch import layers, mel
from gpu_workers.sketch.layers import Floats

RATE: Final = 48_000
_LEVEL: Final = 0.8
_VOICE_PEAK: Final = 0.6
_DUCKED: Final = 0.65
"""How much softer the rest becomes while somebody speaks."""
_BREATH_SECONDS: Final = 0.12
_PEAK_MAX: Final = 0.84
_FADE_SECONDS: Final = 0.01
_SLOW_SECONDS: Final = 0.05
_OPEN: Final = 6.0
"""How loud a voice must be for a mouth to be wide open, as its inverse."""

Wave = NDArray[np.float64]


@dataclass(frozen=True)
class Spoken:
    """The lines of a shot: all together, and how open each actor's mouth is in each picture."""

    wave: Wave
    mouths: Floats


def heard(sound: Floats, samples: int, spoken: Wave) -> Sound:
    """A spectrogram [columns, 64] as mono float32 [1, samples] at 48 kHz, under what is spoken."""
    low = mel.wave(torch.from_numpy(np.ascontiguousarray(sound))).numpy().astype(np.float64)
    wave = _LEVEL * _of_length(soxr.resample(low, layers.SAMPLE_RATE, RATE, "HQ"), samples)
    if spoken.any():
        wave *= 1 - _DUCKED * np.minimum(1, _loudness(spoken) * _OPEN)
    wave += spoken
    wave *= min(1.0, _PEAK_MAX / max(float(np.abs(wave).max(initial=0.0)), 1e-9))
    edge = min(round(_FADE_SECONDS * RATE), samples // 2)
    if edge:
        ramp = np.linspace(0, 1, edge)
        wave[:edge] *= ramp
        wave[-edge:] *= ramp[::-1]
    return wave.astype(np.float32)[None]


def speak(
    lines: Sequence[Line], cast: Sequence[str], frames: int, fps: int, seed: int, narrator: Narrator
) -> Spoken:
    """Say the lines of a shot of ``frames`` pictures; nobody's mouth moves to a line without a
    speaker."""
    samples = samples_for(frames, fps, RATE)
    wave, mouths = np.zeros(samples), np.zeros((frames, layers.ACTORS), np.float32)
    free = 0.0
    for number, line in enumerate(lines):
        begin = free if line.at is None else line.at
        said = narrator.speak(line.text, samples / RATE - begin, seed + number)
        if not len(said):
            continue
        at = round(begin * RATE)
        part = said[: samples - at] * (_VOICE_PEAK / max(float(np.abs(said).max()), 1e-6))
        wave[at : at + len(part)] += part
        if line.speaker in tuple(cast)[: layers.ACTORS]:
            alone = np.zeros(samples)
            alone[at : at + len(part)] = part
            actor = tuple(cast).index(line.speaker)
            mouths[:, actor] = np.maximum(mouths[:, actor], _opening(alone, frames, fps))
        free = begin + len(said) / RATE + _BREATH_SECONDS
    return Spoken(wave, mouths)


def _opening(wave: Wave, frames: int, fps: int) -> Floats:
    """How open a mouth is in each picture, 0 to 1."""
    loud = _loudness(wave)
    middles = ((np.arange(frames) + 0.5) / fps * RATE).astype(np.int64)
    return np.minimum(1, loud[np.minimum(middles, len(loud) - 1)] * _OPEN).astype(np.float32)


def _loudness(wave: Wave) -> Wave:
    """Root of the mean square over a twentieth of a second."""
    width = round(_SLOW_SECONDS * RATE)
    total = np.concatenate([[0.0], np.cumsum(np.pad(wave**2, (width // 2, width - width // 2)))])
    mean = (total[width:] - total[:-width])[: len(wave)] / width
    return np.asarray(np.sqrt(np.maximum(mean, 0)))


def _of_length(wave: Wave, samples: int) -> Wave:
    kept = wave[:samples]
    return np.pad(kept, (0, samples - len(kept)))
