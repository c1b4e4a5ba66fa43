"""Voices that say a number: one packaged voice, made higher or lower together with its throat."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

RATE: Final = 48_000
WORDS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_GROUP: Final = 3
Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Voice:
    """``height`` multiplies pitch and formants, as a smaller or larger throat does."""

    height: float = 1.0
    pace: float = 1.0


@cache
def _speaker() -> Any:
    from hibari import Hibari  # loads a model, and only where somebody speaks

    return Hibari()


@cache
def say(digits: str, voice: Voice) -> Sound:
    """Mono samples at 48 kHz, in groups of three with a breath between; peak near 0.5."""
    groups = [digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP)]
    pause = np.zeros(int(0.22 * RATE), np.float32)
    pieces: list[Sound] = []
    for group in groups:
        words = ", ".join(WORDS[int(digit)] for digit in group) + "."
        pieces += [_spoken(words, voice), pause]
    return _loud(np.concatenate(pieces[:-1]))


def speak(words: str, voice: Voice) -> Sound:
    """Mono samples at 48 kHz of any English words; peak near 0.5."""
    return _loud(_spoken(words, voice))


def _spoken(words: str, voice: Voice) -> Sound:
    spoken = np.asarray(_speaker()(words, speed=0.85 * voice.pace / voice.height), np.float32)
    return resampled(spoken, round(24_000 * voice.height), RATE)


def _loud(sound: Sound) -> Sound:
    return np.asarray(0.5 * sound / (np.abs(sound).max() + 1e-6), np.float32)


def resampled(sound: Sound, rate: int, wanted: int) -> Sound:
    """Samples taken at ``rate``, at another rate."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=wanted)
    frame = av.AudioFrame.from_ndarray(sound[None], format="flt", layout="mono")
    frame.sample_rate = rate
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([each.to_ndarray().reshape(-1) for each in frames]).astype(np.float32)


def envelope(sound: Sound, seconds: float = 0.05) -> Sound:
    """How loud it is around each sample, 0 to 1."""
    wide = max(1, int(seconds * RATE))
    power = np.cumsum(np.concatenate([[0.0], sound.astype(np.float64) ** 2]))
    ends = np.minimum(np.arange(len(sound)) + wide // 2, len(sound))
    starts = np.maximum(ends - wide, 0)
    loud = np.sqrt(np.maximum(power[ends] - power[starts], 0) / wide)
    return np.asarray(loud / (loud.max() + 1e-9), np.float32)
