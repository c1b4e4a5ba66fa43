"""The few tools of sound that everything heard is made of; mono, float64, at 48 kHz."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 48_000
Wave = NDArray[np.float64]


def seconds(samples: int, start: int = 0) -> Wave:
    """The moments of ``samples`` samples, in seconds."""
    moments: Wave = (np.arange(samples) + start) / RATE
    return moments


def noise(draw: np.random.Generator, samples: int, low: float, high: float, tilt: float) -> Wave:
    """Noise between two frequencies in hertz, falling ``tilt`` decibels per octave; RMS 1."""
    size = 1 << max(6, (samples - 1).bit_length())
    spectrum = np.fft.rfft(draw.standard_normal(size))
    pitch = np.fft.rfftfreq(size, 1 / RATE)
    octaves = np.log2(np.maximum(pitch, 1.0) / max(low, 1.0))
    gain = 10 ** (-tilt * np.clip(octaves, 0, None) / 20)
    gain *= 1 / (1 + (low / np.maximum(pitch, 1e-3)) ** 6)
    gain *= 1 / (1 + (pitch / high) ** 6)
    shaped: Wave = np.fft.irfft(spectrum * gain, size)[:samples]
    shaped /= np.sqrt(np.mean(shaped**2)) + 1e-12
    return shaped


def faded(wave: Wave, fade_in: float, fade_out: float) -> Wave:
    """A wave with soft ends; fades in seconds, shortened where the wave is short."""
    result = wave.copy()
    for length, at_end in ((fade_in, False), (fade_out, True)):
        count = min(int(length * RATE), len(wave) // 2)
        if count <= 0:
            continue
        ramp = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, count))
        if at_end:
            result[-count:] *= ramp[::-1]
        else:
            result[:count] *= ramp
    return result


def pluck(pitch: float, length: float, decay: float, overtones: tuple[float, ...]) -> Wave:
    """A struck tone with exponentially dying overtones."""
    moment = seconds(int(length * RATE))
    tone = np.zeros_like(moment)
    for index, level in enumerate(overtones):
        multiple = index + 1
        if pitch * multiple < RATE * 0.4:
            dying = np.exp(-moment * decay * (1 + 0.6 * index))
            tone += level * dying * np.sin(2 * np.pi * pitch * multiple * moment)
    return faded(tone, 0.004, 0.03)


class Track:
    """A stereo track that sounds are laid onto; what reaches over its ends is cut."""

    def __init__(self, samples: int) -> None:
        self.wave: Wave = np.zeros((2, samples))

    def lay(self, sound: Wave, at: float, level: float, pan: float = 0.0) -> None:
        """Add a mono sound at a moment in seconds; ``pan`` runs from -1 to 1."""
        start = round(at * RATE)
        skip = max(0, -start)
        start = max(0, start)
        piece = sound[skip : skip + max(0, self.wave.shape[1] - start)]
        if not len(piece):
            return
        angle = (np.clip(pan, -1, 1) + 1) * np.pi / 4
        self.wave[0, start : start + len(piece)] += piece * level * np.cos(angle)
        self.wave[1, start : start + len(piece)] += piece * level * np.sin(angle)
