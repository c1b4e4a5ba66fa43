"""The inaudible mark in the sound: small keyed gains on a grid of 64 bands by 64 moments.

The bands lie between 0.5 and 6.5 kHz, a moment lasts 42.7 ms, so a tile lasts 2.73 s and repeats.
One pattern of the tile is a pilot, by which a reader finds the place in time; 32 carry the bits.
What the sound itself says against a bit is countered: such carriers get more of the same energy.

Gains need something to change. Between sparse sounds, and in silence, that is a room tone: noise of
some 60 dB below full scale in the mark's bands, under the whole film, whose own gains are larger.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from activities.provenance.keyed import Doubles, Floats, carriers, normals
from activities.provenance.payload import SOUND, Bits
from activities.provenance.spectrum import HOP, RATE, WINDOW, Spectra, moving_mean, sound, spectra

BANDS: Final = 64
MOMENTS: Final = 64
COLUMNS: Final = 8
"""Columns of the spectrum in a moment."""
TILE_SAMPLES: Final = MOMENTS * COLUMNS * HOP
STRENGTH_DB: Final = 2.0
TONE_DB: Final = -60.0
"""Of the room tone before its gains: white noise of a thousandth, of which a quarter is kept."""
TONE_STRENGTH_DB: Final = 8.0
"""Nobody hears what is louder in a hiss that is hardly heard: its gains can be read through AAC."""

_LOWEST_HZ: Final = 500.0
_BAND_HZ: Final = 93.75
_CYCLES: Final = (6, 24)
"""Changes per tile that carry the mark: slower ones are speech and music, faster ones codecs."""
_PILOT_SHARE: Final = 0.3
_GAIN_MAX: Final = 2.2
_ROUNDS: Final = 4
_HIDDEN_DB: Final = 55.0
_CLIP_DB: Final = 4.0
_SILENCE: Final = 1e-3
"""Energy of a band's short spectrum: noise of an amplitude of a thousandth."""
_BANDS_HEARD_MIN: Final = 0.25

_BAND_OF: Final = np.floor((np.fft.rfftfreq(WINDOW, 1 / RATE) - _LOWEST_HZ) / _BAND_HZ).astype(int)
_INSIDE: Final = (_BAND_OF >= 0) & (_BAND_OF < BANDS)


@lru_cache(maxsize=8)
def sound_carriers(key: bytes) -> Floats:
    """The pilot and one carrier per bit [33, 4096], each band by moment."""
    cycles = np.abs(np.fft.fftfreq(MOMENTS) * MOMENTS)
    kept = (cycles >= _CYCLES[0]) & (cycles <= _CYCLES[1])

    def confine(drawn: Doubles) -> Doubles:
        within = np.real(np.fft.ifft(np.fft.fft(drawn, axis=2) * kept, axis=2))
        return np.asarray(within - within.mean(1, keepdims=True))

    return carriers(key, "sound mark", SOUND.bits + 1, (BANDS, MOMENTS), confine)


class SoundMark:
    """Marks one film's sound with one number."""

    def __init__(self, key: bytes, number: int, strength_db: float = STRENGTH_DB) -> None:
        self._key, self._number = key, number
        self._carriers = sound_carriers(key)
        self._bits = SOUND.spoken(key, number)
        self._strength_db = strength_db

    def apply(self, samples: Floats) -> Floats:
        """A marked copy of sound at 48 kHz [channels, samples], all channels changed alike."""
        channels, tone = [spectra(channel) for channel in samples], self._tone(samples.shape[1])
        middle = np.asarray(sum(channels[1:], channels[0]) / len(channels), np.complex64)
        effort = np.ones(SOUND.bits)
        for _ in range(_ROUNDS):
            tile = _tile(self._carriers, self._bits, effort)
            heard = self._bits * (
                self._carriers[1:] @ folded_columns(self._changed(middle, tone, tile))
            )
            wanted = heard.mean() - heard
            effort += 0.5 * wanted / max(heard.mean(), heard.std(), 1e-9)
            effort = effort.clip(0.15, 4.0)
        tile = _tile(self._carriers, self._bits, effort)
        marked = [sound(self._changed(each, tone, tile), samples.shape[1]) for each in channels]
        return np.clip(np.stack(marked), -1.0, 1.0)

    def _tone(self, count: int) -> Spectra:
        """The room tone of so many samples, within the mark's bands."""
        noise = normals(self._key, f"room tone {self._number}", count) * 10 ** (TONE_DB / 20)
        return np.asarray(spectra(noise.astype(np.float32)) * _INSIDE, np.complex64)

    def _changed(self, columns: Spectra, tone: Spectra, tile: Doubles) -> Spectra:
        """The sound [columns, 513] under its gains, and the room tone under larger ones."""
        count = len(columns)
        return np.asarray(
            columns * gains(tile, count, self._strength_db)
            + tone * gains(tile, count, TONE_STRENGTH_DB),
            np.complex64,
        )


def gains(tile: Doubles, columns: int, strength_db: float) -> Floats:
    """A tile's gains for so many columns, going over from one moment to the next."""
    place = np.arange(columns) / COLUMNS % MOMENTS
    now = place.astype(int)
    share = place - now
    over_time = tile[:, now] * (1 - share) + tile[:, (now + 1) % MOMENTS] * share
    factors = np.ones((columns, len(_BAND_OF)), np.float32)
    limited = np.clip(over_time, -_GAIN_MAX, _GAIN_MAX)[_BAND_OF[_INSIDE]].T
    factors[:, _INSIDE] = 10 ** (strength_db * limited / 20)
    return factors


def folded_columns(columns: Spectra) -> Doubles:
    """A marked film's columns, as they speak in a tile [4096].

    A moment's gain peaks at its first column, so it is heard in the half before and after that.
    """
    before = np.repeat(columns[:1], COLUMNS // 2, axis=0)
    return folded(levels(np.concatenate([before, columns]))).reshape(-1)


def levels(columns: Spectra) -> Doubles:
    """How much louder than its neighbours each place of the grid is [bands, moments], in dB."""
    moments = len(columns) // COLUMNS
    power = np.abs(columns[: moments * COLUMNS, _INSIDE]) ** 2
    starts = np.flatnonzero(np.diff(_BAND_OF[_INSIDE], prepend=-1))
    energy = np.add.reduceat(power, starts, axis=1).T.astype(np.float64)
    level = 10 * np.log10(energy.reshape(BANDS, moments, COLUMNS).mean(2) + 1e-10)
    heard = level > level.max(initial=-200.0) - _HIDDEN_DB
    over_time = level - moving_mean(level, 9, 1)
    alone = over_time - moving_mean(over_time, 5, 0)
    return np.asarray(np.clip(alone, -_CLIP_DB, _CLIP_DB) * heard)


def audible(columns: Spectra) -> int:
    """In how many moments at least a quarter of the bands holds more than silence."""
    moments = len(columns) // COLUMNS
    power = np.abs(columns[: moments * COLUMNS, _INSIDE]) ** 2
    starts = np.flatnonzero(np.diff(_BAND_OF[_INSIDE], prepend=-1))
    energy = np.add.reduceat(power, starts, axis=1).reshape(moments, COLUMNS, BANDS).mean(1)
    return int((np.mean(energy > _SILENCE, axis=1) >= _BANDS_HEARD_MIN).sum())


def folded(grid: Doubles) -> Doubles:
    """All tiles of a grid [bands, moments] laid on one another [64, 64]."""
    padded = np.pad(grid, ((0, 0), (0, -grid.shape[1] % MOMENTS)))
    return np.asarray(padded.reshape(BANDS, -1, MOMENTS).sum(1))


def _tile(patterns: Floats, bits: Bits, effort: Doubles) -> Doubles:
    share = effort / np.sqrt((effort**2).sum())
    said = (bits * share) @ patterns[1:]
    tile = np.sqrt(_PILOT_SHARE) * patterns[0] + np.sqrt(1 - _PILOT_SHARE) * said
    return np.asarray((tile / tile.std()).reshape(BANDS, MOMENTS))
