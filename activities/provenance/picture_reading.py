"""Reading the mark in the picture blindly: no original, no knowledge of scale, place or mirroring.

Frames are brought to one height, and what is left of each without its own content is added up: the
mark stands still while the film moves. The sum is folded onto one tile at each scale that a crop or
a border may have caused; the pilot's peak tells scale and place, and the carriers then speak.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.provenance.keyed import Floats
from activities.provenance.payload import FLIPS_MAX, PICTURE, Bits, Heard, decode, search
from activities.provenance.picture_mark import (
    TILE,
    Luma,
    folded,
    picture_carriers,
    residue,
    whitened,
)

PILOT_MIN: Final = 5.5
"""Standard deviations of the pilot's peak over the rest; below, nothing is read."""

_SCALE_STEP: Final = 1.01
_SCALES: Final = _SCALE_STEP ** np.arange(-40, 71)
"""How many times larger than usual a chip may be by cropping (0.67), or smaller by borders (2)."""

_FINER_STEPS: Final = np.arange(-3, 4) * 0.0025


@dataclass(frozen=True)
class Place:
    """Where the tile lies in a film: chips per usual chip, shift in chips, and mirrored or not."""

    scale: float
    mirrored: bool
    pilot: float
    tile: Floats


class Residue:
    """What is left of frames when their content is taken away, added up."""

    def __init__(self) -> None:
        self._sum: Floats | None = None
        self.frames = 0

    def add(self, luma: Luma) -> None:
        """Take another frame in; all frames of a residue have one shape."""
        left = residue(luma)
        self._sum = left if self._sum is None else self._sum + left
        self.frames += 1

    def __add__(self, other: Residue) -> Residue:
        both = Residue()
        parts = [each._sum for each in (self, other) if each._sum is not None]
        both._sum = sum(parts[1:], parts[0]) if parts else None
        both.frames = self.frames + other.frames
        return both

    @property
    def mean(self) -> Floats | None:
        """The mean residue [rows, columns], or None before the first frame."""
        return None if self._sum is None else self._sum / np.float32(self.frames)


class PictureReader:
    """Reads the marks made with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        patterns = picture_carriers(key)
        self._carriers = patterns[1:]
        self._pilot = np.conj(np.fft.fft2(patterns[0].reshape(TILE, TILE)))

    def locate(self, mean: Floats, hint: Place | None = None) -> Place:
        """The most convincing place of the tile, the usual and the hinted scale tried first."""
        first = [(1.0, False)] if hint is None else [(hint.scale, hint.mirrored), (1.0, False)]
        best = max((self._at(mean, *each) for each in first), key=_pilot)
        if best.pilot < PILOT_MIN:
            every = [(float(scale), mirrored) for mirrored in (False, True) for scale in _SCALES]
            best = max((self._at(mean, *each) for each in every), key=_pilot)
            finer = [(best.scale * (1 + step), best.mirrored) for step in _FINER_STEPS]
            best = max((self._at(mean, *each) for each in finer), key=_pilot)
        return best.place()

    def soft(self, place: Place) -> Floats:
        """How strongly each bit speaks, and for what, at a place [64]."""
        return np.asarray(self._carriers @ place.tile.reshape(-1), np.float32)

    def read(
        self,
        place: Place,
        issued: Bits | None = None,
        numbers: NDArray[np.int64] | None = None,
    ) -> Heard | None:
        """The number at a place: among the issued ones where they are known, else by its check."""
        return heard_in(self._key, place.pilot, self.soft(place), issued, numbers)

    def confirm(self, mean: Floats, number: int) -> Place | None:
        """The place where a residue says the very number that it was given, or None."""
        place, numbers = self.locate(mean), np.array([number])
        heard = self.read(place, PICTURE.spoken_all(self._key, numbers), numbers)
        return place if heard is not None and heard.number == number else None

    def _at(self, mean: Floats, scale: float, mirrored: bool) -> _Peak:
        spectrum = whitened(folded(mean[:, ::-1] if mirrored else mean, scale))
        peaks = np.real(np.fft.ifft2(spectrum * self._pilot))
        down, right = np.unravel_index(int(peaks.argmax()), peaks.shape)
        pilot = float((peaks.max() - peaks.mean()) / (peaks.std() + 1e-12))
        return _Peak(scale, mirrored, pilot, spectrum, (int(down), int(right)))


@dataclass(frozen=True)
class _Peak:
    """Where the pilot is loudest at one scale; only the best of all becomes a place."""

    scale: float
    mirrored: bool
    pilot: float
    spectrum: NDArray[np.complex128]
    shift: tuple[int, int]

    def place(self) -> Place:
        down, right = self.shift
        tile = np.roll(np.real(np.fft.ifft2(self.spectrum)), (-down, -right), (0, 1))
        return Place(self.scale, self.mirrored, self.pilot, tile.astype(np.float32))


def _pilot(peak: _Peak) -> float:
    return peak.pilot


def heard_in(
    key: bytes,
    pilot: float,
    soft: Floats,
    issued: Bits | None = None,
    numbers: NDArray[np.int64] | None = None,
) -> Heard | None:
    """The number that bits of such loudness [64] say beside such a pilot."""
    if pilot < PILOT_MIN:
        return None
    heard = decode(PICTURE, key, soft, FLIPS_MAX)
    if heard is None and issued is not None and numbers is not None:
        heard = search(soft, issued, numbers)
    return heard
