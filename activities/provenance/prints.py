"""Fingerprints: 256 bits that stay nearly the same when a film is encoded, scaled or recorded anew.

A picture's print follows PDQ (Facebook, 2019): blur, 64 x 64 luma, the 16 x 16 lowest frequencies
but the mean, each above or below the median. Crops move every frequency, so an indexed picture is
printed several times, cropped as a copy may be. A sound's print gathers eight sub-fingerprints of
32 bits (Haitsma and Kalker, 2002), 93 ms apart: signs of how energy changes over time and pitch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from activities.provenance.keyed import Floats
from activities.provenance.picture_mark import Luma
from activities.provenance.spectrum import RATE

BITS: Final = 256
SIDE: Final = 64
INDEXED_PICTURE_MS: Final = 1000
ASKED_PICTURE_MS: Final = 250
QUALITY_MIN: Final = 12
"""Pictures with less in them than this (0 to 100) look alike and are not printed."""

_KEPT: Final = 16
_EDGES: Final = (
    *((0.0, 0.0, 1.0), (0.025, 0.025, 0.95), (0.05, 0.05, 0.9)),
    *((0.0, 0.0, 0.9), (0.1, 0.0, 0.9), (0.0, 0.1, 0.9), (0.1, 0.1, 0.9)),
)
"""Left, top and side of each crop that is indexed, as shares of the picture."""

_DECIMATION: Final = 8
_SOUND_WINDOW: Final = 2048
_SOUND_HOP: Final = 256
_SOUND_BANDS: Final = 33
_SOUND_HZ: Final = (300.0, 2000.0)
_SUB_STEP: Final = 2
_SUBS: Final = 8
_INDEXED_SUBS: Final = 8
_QUIET: Final = 1e-4
_LOUD_SHARE: Final = 0.75

Hash = NDArray[np.uint8]


class Kind(IntEnum):
    """What was printed. The numbers are stored."""

    PICTURE = 1
    SOUND = 2


@dataclass(frozen=True)
class Print:
    """32 bytes of fingerprint, of what, and when it was seen or heard."""

    kind: Kind
    at_ms: int
    hash: bytes


def _cosines() -> Floats:
    frequency = np.arange(_KEPT)[:, None]
    place = 2 * np.arange(SIDE)[None] + 1
    waves = np.cos(np.pi / (2 * SIDE) * frequency * place)
    return np.asarray(np.sqrt(2 / SIDE) * waves, np.float32)


_COSINES: Final = _cosines()


def picture_hash(small: Floats) -> Hash:
    """The hash [32] of a picture of 64 x 64, or the hashes [n, 32] of several [n, 64, 64]."""
    frequencies = (_COSINES @ small @ _COSINES.T).reshape(*small.shape[:-2], BITS)
    frequencies[..., 0] = 0  # how bright the whole is says nothing
    middle = np.median(frequencies, axis=-1, keepdims=True)
    return np.packbits(frequencies > middle, axis=-1)


def quality(small: Floats) -> float:
    """How much there is to print, 0 to 100: the slopes of a picture of 64 x 64."""
    slopes = np.abs(np.diff(small, axis=0)).sum() + np.abs(np.diff(small, axis=1)).sum()
    return float(min(100.0, slopes / 255 * 100 / 90))


def shrunk(luma: Luma) -> Floats:
    """A blurred picture of 64 x 64."""
    rows, columns = (max(1, side // 128) * 2 + 1 for side in luma.shape)
    soft = cv2.blur(cv2.blur(luma.astype(np.float32), (columns, rows)), (columns, rows))
    return np.asarray(cv2.resize(soft, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)


def indexed_picture(luma: Luma, at_ms: int) -> Iterator[Print]:
    """The prints of one picture as the index keeps them: whole, and cropped as a copy may be."""
    height, width = luma.shape
    for left, top, side in _EDGES:
        across, down = int(left * width), int(top * height)
        crop = luma[down : down + int(side * height), across : across + int(side * width)]
        yield from asked_picture(crop, at_ms)


def asked_picture(luma: Luma, at_ms: int) -> Iterator[Print]:
    """The print of one picture as a question; none where there is too little to see."""
    small = shrunk(luma)
    if quality(small) >= QUALITY_MIN:
        yield Print(Kind.PICTURE, at_ms, picture_hash(small).tobytes())


def indexed_sound(samples: Floats) -> Iterator[Print]:
    """The prints of mono sound at 48 kHz as the index keeps them, every 370 ms."""
    yield from _sound_prints(samples, _INDEXED_SUBS)


def asked_sound(samples: Floats) -> Iterator[Print]:
    """The prints of mono sound as a question: every 46 ms, as nobody knows where it was cut."""
    yield from _sound_prints(samples, 1)


def _sound_prints(samples: Floats, step: int) -> Iterator[Print]:
    words, loud = _sub_prints(samples)
    span = (_SUBS - 1) * _SUB_STEP + 1
    for first in range(0, len(words) - span + 1, step):
        chosen = slice(first, first + span, _SUB_STEP)
        if loud[chosen].mean() >= _LOUD_SHARE:
            at_ms = round(first * _SOUND_HOP * _DECIMATION * 1000 / RATE)
            yield Print(Kind.SOUND, at_ms, words[chosen].tobytes())


def _sub_prints(samples: Floats) -> tuple[Hash, NDArray[np.bool_]]:
    """One word of 32 bits [n, 4] for every 43 ms, and whether there was anything to hear."""
    rate = RATE / _DECIMATION
    low = _decimated(samples)
    if len(low) < _SOUND_WINDOW + _SOUND_HOP:
        return np.zeros((0, 4), np.uint8), np.zeros(0, np.bool_)
    windows = np.lib.stride_tricks.sliding_window_view(low, _SOUND_WINDOW)[::_SOUND_HOP]
    power = np.abs(np.fft.rfft(windows * np.hanning(_SOUND_WINDOW).astype(np.float32), axis=1)) ** 2
    edges = np.geomspace(*_SOUND_HZ, _SOUND_BANDS + 1) * _SOUND_WINDOW / rate
    starts = edges.astype(int)
    energy = np.add.reduceat(power, starts, axis=1)[:, :-1]
    steps = energy[:, :-1] - energy[:, 1:]
    words = np.packbits(steps[1:] - steps[:-1] > 0, axis=1)
    return words, np.sqrt((windows[1:] ** 2).mean(1)) > _QUIET


def _decimated(samples: Floats) -> Floats:
    """Every eighth sample, after a low pass (a windowed sinc) at 2.6 kHz."""
    taps = np.arange(-64, 65)
    low_pass = np.sinc(taps * 2 * 2600 / RATE) * np.hamming(129)
    low_pass = (low_pass / low_pass.sum()).astype(np.float32)
    if len(samples) < len(taps):
        return np.zeros(0, np.float32)
    return np.asarray(np.convolve(samples, low_pass, "same")[::_DECIMATION], np.float32)
