"""Reading the mark in the sound blindly: from any moment on, without the original."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.provenance.keyed import Floats
from activities.provenance.payload import SOUND, Bits, Heard, decode, normal_tail, search
from activities.provenance.sound_mark import (
    BANDS,
    COLUMNS,
    MOMENTS,
    audible,
    folded,
    levels,
    sound_carriers,
)
from activities.provenance.spectrum import HOP, RATE, spectra_within

PILOT_MIN: Final = 5.0
"""Standard deviations of the pilot's peak, where nothing is known but the check of eight bits."""
SEARCH_PILOT_MIN: Final = 4.0
"""Where the issued numbers are known, their own chance has to make up for a fainter pilot."""
_MOMENTS_MIN: Final = 16
_PLACES_TRIED: Final = MOMENTS * COLUMNS


@dataclass(frozen=True)
class Moment:
    """Where the tile begins in a piece of sound, how sure that is, and what each bit says [32]."""

    pilot: float
    soft: Floats


def audible_seconds(samples: Floats) -> float:
    """How many seconds of mono sound at 48 kHz give a mark something to hold on to."""
    return audible(spectra_within(samples)) * COLUMNS * HOP / RATE


class SoundReader:
    """Reads the marks made with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        patterns = sound_carriers(key)
        self._carriers = patterns[1:]
        self._pilot = np.conj(np.fft.fft(patterns[0].reshape(BANDS, MOMENTS), axis=1))

    def locate(self, samples: Floats) -> Moment | None:
        """The tile in mono sound at 48 kHz; None when there is too little of it to look at."""
        columns = spectra_within(samples)
        found = [
            self._at(columns[late:])
            for late in range(COLUMNS)
            if len(columns) - late >= _MOMENTS_MIN * COLUMNS
        ]
        return max(found, key=lambda moment: moment.pilot, default=None)

    def read(
        self,
        moment: Moment | None,
        issued: Bits | None = None,
        numbers: NDArray[np.int64] | None = None,
    ) -> Heard | None:
        """The issued number, where those are known; else the number's lower bits by their check.

        ``issued`` holds the bits of the sound marks, one row for each of ``numbers``.
        """
        searching = issued is not None and numbers is not None
        if moment is None or moment.pilot < (SEARCH_PILOT_MIN if searching else PILOT_MIN):
            return None
        chance = min(1.0, _PLACES_TRIED * normal_tail(moment.pilot))
        if issued is not None and numbers is not None:
            return search(moment.soft, issued, numbers, chance)
        return decode(SOUND, self._key, moment.soft, 0, chance)

    def _at(self, columns: NDArray[np.complex64]) -> Moment:
        grid = folded(levels(columns))
        peaks = np.real(np.fft.ifft((np.fft.fft(grid, axis=1) * self._pilot).sum(0)))
        best = int(peaks.argmax())
        pilot = float((peaks[best] - peaks.mean()) / (grid.std() + 1e-12))
        tile = np.roll(grid, -best, 1).reshape(-1)
        return Moment(pilot, (self._carriers @ tile).astype(np.float32))
