"""Sound as short spectra and back: 48 kHz, windows of 1024 samples, a new one every 256.

The window is Hann's, applied when taking apart and when putting together; four of them overlap, and
the sum of their squares is divided out, so that sound which nobody touched comes back as it was.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.provenance.keyed import Doubles, Floats

RATE: Final = 48_000
WINDOW: Final = 1024
HOP: Final = 256

_HANN: Final = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)

Spectra = NDArray[np.complex64]


def spectra(samples: Floats) -> Spectra:
    """Spectra [columns, 513] of mono sound; column 0 is centred on the first sample."""
    padded = np.pad(samples, (WINDOW // 2, WINDOW // 2 + -len(samples) % HOP))
    return spectra_within(padded)


def spectra_within(samples: Floats) -> Spectra:
    """Spectra [columns, 513] of the windows that fit into the sound, none without a whole one."""
    if len(samples) < WINDOW:
        return np.zeros((0, WINDOW // 2 + 1), np.complex64)
    windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    return np.asarray(np.fft.rfft(windows * _HANN, axis=1), np.complex64)


def sound(columns: Spectra, count: int) -> Floats:
    """The first ``count`` samples of what ``spectra`` took apart."""
    pieces = np.fft.irfft(columns, WINDOW, axis=1).astype(np.float32) * _HANN
    length = WINDOW + HOP * (len(columns) - 1)
    together, weight = np.zeros(length, np.float32), np.zeros(length, np.float32)
    for index, piece in enumerate(pieces):
        together[index * HOP : index * HOP + WINDOW] += piece
        weight[index * HOP : index * HOP + WINDOW] += _HANN**2
    kept = slice(WINDOW // 2, WINDOW // 2 + count)
    return np.asarray(together[kept] / np.maximum(weight[kept], 1e-3), np.float32)


def moving_mean(values: Doubles, side: int, axis: int) -> Doubles:
    """The mean over ``side`` neighbours along an axis, the edges repeated."""
    before = side // 2
    width = [(0, 0)] * values.ndim
    width[axis] = (before + 1, side - 1 - before)
    total = np.cumsum(np.pad(values, width, mode="edge"), axis=axis)
    count = total.shape[axis]
    upper = np.take(total, range(side, count), axis=axis)
    return np.asarray((upper - np.take(total, range(count - side), axis=axis)) / side)
