"""Sound as a log-mel spectrogram, and back again by estimating the phase."""

from __future__ import annotations

import math
from functools import cache
from typing import Final

import torch

from gpu_workers.sketch.layers import BANDS, HOP, SAMPLE_RATE

WINDOW: Final = 512
HERTZ_MIN: Final = 40.0
FLOOR: Final = 1e-2
MIDDLE: Final = -0.65
SPREAD: Final = 0.47
"""Mean and spread of the scaled logarithms over the training sounds."""
ROUNDS: Final = 48
SILENCE: Final = (-1 - MIDDLE) / SPREAD
"""The scaled logarithm of the floor."""


def _mel(hertz: float) -> float:
    return 2595 * math.log10(1 + hertz / 700)


@cache
def _filters() -> torch.Tensor:
    """Triangles of equal area, [bands, WINDOW / 2 + 1]."""
    ends = torch.linspace(_mel(HERTZ_MIN), _mel(SAMPLE_RATE / 2), BANDS + 2, dtype=torch.float64)
    hertz = 700 * (10 ** (ends / 2595) - 1)
    bins = torch.linspace(0, SAMPLE_RATE / 2, WINDOW // 2 + 1, dtype=torch.float64)
    rising = (bins[None] - hertz[:-2, None]) / (hertz[1:-1] - hertz[:-2])[:, None]
    falling = (hertz[2:, None] - bins[None]) / (hertz[2:] - hertz[1:-1])[:, None]
    triangles = torch.clamp(torch.minimum(rising, falling), min=0)
    return (triangles / triangles.sum(1, keepdim=True).clamp(min=1e-6)).float()


@cache
def _inverse() -> torch.Tensor:
    inverse: torch.Tensor = torch.linalg.pinv(_filters().double())
    return inverse.float()


def _stft(wave: torch.Tensor) -> torch.Tensor:
    window = torch.hann_window(WINDOW)
    return torch.stft(wave, WINDOW, HOP, WINDOW, window, center=True, return_complex=True)


def _istft(spectrum: torch.Tensor, samples: int) -> torch.Tensor:
    window = torch.hann_window(WINDOW)
    return torch.istft(spectrum, WINDOW, HOP, WINDOW, window, center=True, length=samples)


def spectrogram(wave: torch.Tensor) -> torch.Tensor:
    """[..., samples] at 16 kHz → [..., samples / 250, 64], about zero mean and unit spread."""
    columns = wave.shape[-1] // HOP
    energy = _filters() @ _stft(wave).abs()[..., :columns]
    scaled = (torch.log10(energy.clamp(min=FLOOR)) + 2) / 1.75 - 1
    return ((scaled - MIDDLE) / SPREAD).transpose(-1, -2)


def wave(spectrum: torch.Tensor) -> torch.Tensor:
    """[columns, 64] → [columns · 250] at 16 kHz.

    Phase by fast Griffin-Lim (Perraudin, Balazs, Søndergaard, 2013) from a fixed start, so the
    same spectrogram gives the same sound.
    """
    scaled = spectrum.float().T * SPREAD + MIDDLE
    energy = 10 ** ((scaled + 1) * 1.75 - 2)
    energy = torch.where(energy < 1.6 * FLOOR, torch.zeros_like(energy), energy)
    size = (_inverse() @ energy).clamp(min=0)
    size = torch.cat([size, size[:, -1:]], 1)
    samples = spectrum.shape[0] * HOP
    generator = torch.Generator().manual_seed(0)
    guess = torch.polar(size, torch.rand(size.shape, generator=generator) * 2 * math.pi)
    before = torch.zeros_like(guess)
    for _ in range(ROUNDS):
        now = _stft(_istft(guess, samples))
        pushed = now + 0.99 * (now - before)
        before = now
        guess = size * pushed / pushed.abs().clamp(min=1e-6)
    return _istft(guess, samples)
