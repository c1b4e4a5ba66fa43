"""Listening: where somebody speaks in a recording, and how loud each moment is."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.likeness.evidence import SAMPLE_RATE

Floats = NDArray[np.float32]

_HOP: Final = 160
_ABOVE_FLOOR: Final = 8.0
"""Decibels between the quiet of a recording and what counts as speech."""
_BELOW_PEAK: Final = 26.0
_SPREAD: Final = 12
"""In hops of 10 ms: short gaps between syllables belong to the speech."""


def loudness(sound: Floats) -> Floats:
    """[hops]: decibels over 30 ms, every 10 ms."""
    if len(sound) < 3 * _HOP:
        return np.zeros(0, np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(sound, 3 * _HOP)[::_HOP]
    power = np.mean(windows.astype(np.float64) ** 2, axis=1)
    return np.asarray(10 * np.log10(power + 1e-10), np.float32)


def speaking(sound: Floats) -> NDArray[np.bool_]:
    """[hops]: whether somebody speaks, by loudness against the recording's own quiet and peak."""
    loud = loudness(sound)
    if len(loud) == 0:
        return np.zeros(0, bool)
    floor, peak = float(np.percentile(loud, 10)), float(np.percentile(loud, 98))
    threshold = max(floor + _ABOVE_FLOOR, peak - _BELOW_PEAK)
    if peak - floor < _ABOVE_FLOOR or peak < -60:
        return np.zeros(len(loud), bool)
    spread = np.convolve((loud > threshold).astype(float), np.ones(2 * _SPREAD + 1), "same")
    return np.asarray(spread > 0.5)


def speech(sound: Floats) -> Floats:
    """The sound without its pauses."""
    chosen = np.repeat(speaking(sound), _HOP)
    return np.asarray(sound[: len(chosen)][chosen], np.float32)


def spoken_part(sound: Floats, margin_seconds: float = 0.3) -> Floats:
    """From the first to the last word, with a little quiet around."""
    where = np.flatnonzero(speaking(sound))
    if len(where) == 0:
        return np.zeros(0, np.float32)
    margin = int(margin_seconds * SAMPLE_RATE)
    start = max(0, int(where[0]) * _HOP - margin)
    return sound[start : int(where[-1] + 3) * _HOP + margin]


def pitch_hertz(sound: Floats) -> float:
    """The median pitch of the voiced moments, 0 where there are none: by autocorrelation."""
    voice = speech(sound)
    size, lags = 640, (SAMPLE_RATE // 500, SAMPLE_RATE // 70)
    found: list[float] = []
    for start in range(0, len(voice) - size - lags[1], 2 * size):
        window = voice[start : start + size + lags[1]].astype(np.float64)
        window -= window.mean()
        head = window[:size]
        energy = float(head @ head)
        if energy < 1e-4:
            continue
        alike = np.array(
            [
                head
                @ window[lag : lag + size]
                / (
                    np.sqrt(energy * float(window[lag : lag + size] @ window[lag : lag + size]))
                    + 1e-9
                )
                for lag in range(*lags)
            ]
        )
        best = float(alike.max())
        if best > 0.7:  # the shortest lag that is nearly as good: no octave too low
            found.append(SAMPLE_RATE / (lags[0] + int(np.flatnonzero(alike > 0.9 * best)[0])))
    return float(np.median(found)) if len(found) >= 5 else 0.0
