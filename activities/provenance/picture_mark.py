"""The invisible mark in the picture: a tiled, band-limited, keyed pattern on each frame's luma.

A tile of 64 x 64 chips carries a pilot, by which a reader finds scale and place, and 64 carriers,
one per bit. A frame is 96 chips high whatever its size, so that plain scaling moves nothing. The
pattern is stronger where the picture is busy (spread spectrum: Cox et al., 1997), and it changes
slowly with the film: bits that the picture itself speaks against get more of the same energy
(informed embedding: Cox, Miller and McKellips, 1999).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from activities.provenance.keyed import Doubles, Floats, carriers
from activities.provenance.payload import PICTURE, Bits

TILE: Final = 64
CHIPS_HIGH: Final = 96
HEIGHT: Final = 288
"""A reader brings every frame to this height: three pixels a chip."""
WIDTH_MAX: Final = 1024
LISTEN_EVERY: Final = 3
"""Frames between two adjustments of the pattern."""
STRENGTH: Final = 2.2
"""Levels of 255 at the mask's middle; ``docs/provenance.md`` has the curve it was chosen from."""

LEVELS_MAX: Final = 3.1
"""Of the whole frame, root mean square: a busy picture too keeps a PSNR of 38 dB."""

_BAND: Final = (3.0, 12.0)
"""Cycles per tile: below, the eye is keen; above, an encoder at half size keeps nothing."""
_PILOT_SHARE: Final = 0.3
_MASK: Final = (0.6, 2.0)
_BUSY_LEVELS: Final = 6.0
_FAINT: Final = 2.0
"""Levels of detail around which a mark is heard best."""
_EAGERNESS: Final = 0.4
_EFFORT: Final = (0.15, 4.0)

Luma = NDArray[np.uint8]


@lru_cache(maxsize=1)
def band() -> Floats:
    """Which frequencies of a tile belong to the mark: ones and zeros [64, 64]."""
    places = np.fft.fftfreq(TILE) * TILE
    radius = np.hypot(places[:, None], places[None])
    return np.asarray((radius >= _BAND[0]) & (radius <= _BAND[1]), np.float32)


@lru_cache(maxsize=8)
def picture_carriers(key: bytes) -> Floats:
    """The pilot and one carrier per bit [65, 4096]."""

    def confine(drawn: Doubles) -> Doubles:
        return np.real(np.fft.ifft2(np.fft.fft2(drawn) * band()))

    return carriers(key, "picture mark", PICTURE.bits + 1, (TILE, TILE), confine)


class PictureMark:
    """Marks the frames of one film, in their order, with one number.

    ``times`` the usual strength, and as many times the levels that are allowed.
    """

    def __init__(self, key: bytes, number: int, times: float = 1.0) -> None:
        self._carriers = picture_carriers(key)
        self._bits = PICTURE.spoken(key, number)
        self._strength, self._levels_max = STRENGTH * times, LEVELS_MAX * times
        self._effort: Floats = np.ones(PICTURE.bits, np.float32)
        self._pattern: Floats = np.zeros((0, 0), np.float32)
        self._seen = 0

    def apply(self, luma: Luma) -> Luma:
        """A marked copy of a frame's luma plane [height, width]."""
        if self._pattern.shape != luma.shape:
            self._seen, self._pattern = 0, self._laid_out(luma.shape[0], luma.shape[1])
        marked = self._marked(luma)
        if self._seen % LISTEN_EVERY == 0:
            self._listen(marked)
            self._pattern = self._laid_out(luma.shape[0], luma.shape[1])
            marked = self._marked(luma)
        self._seen += 1
        return marked

    def _marked(self, luma: Luma) -> Luma:
        mask = _mask(luma)
        levels = self._strength * float(np.sqrt((mask**2).mean()))
        allowed = np.float32(min(1.0, self._levels_max / levels))
        added = cv2.add(luma.astype(np.float32), cv2.multiply(mask * allowed, self._pattern))
        return np.asarray(np.clip(np.rint(added), 0, 255), np.uint8)

    def _listen(self, marked: Luma) -> None:
        """Hear a marked frame as a reader would, and shift effort to the bits that are faint."""
        spectrum = whitened(folded(residue(marked), 1.0))
        heard = self._bits * (self._carriers[1:] @ np.real(np.fft.ifft2(spectrum)).reshape(-1))
        wanted = heard.mean() - heard
        step = _EAGERNESS * wanted / max(float(heard.mean()), float(heard.std()), 1e-9)
        self._effort = np.clip(self._effort + step, *_EFFORT).astype(np.float32)

    def _laid_out(self, height: int, width: int) -> Floats:
        pixels = height / CHIPS_HIGH
        rows = CHIPS_HIGH // TILE + 2
        columns = int(width / pixels) // TILE + 2
        middle = (pixels - 1) / 2
        place = np.array([[pixels, 0, middle], [0, pixels, middle]], np.float32)
        tile = _tile(self._carriers, self._bits, self._effort)
        chips = np.tile(tile * np.float32(self._strength), (rows, columns))
        return np.asarray(cv2.warpAffine(chips, place, (width, height)), np.float32)


def residue(luma: Luma) -> Floats:
    """A frame at the reader's height without its content: faint detail, edges held down.

    What is added to a picture is heard best where the picture itself is quiet, so detail is weighed
    by the inverse of its neighbourhood's energy.
    """
    height, width = luma.shape
    columns = min(WIDTH_MAX, max(16, round(width * HEIGHT / height)))
    way = cv2.INTER_AREA if height > HEIGHT else cv2.INTER_LINEAR
    small = cv2.resize(luma, (columns, HEIGHT), interpolation=way).astype(np.float32)
    chip = HEIGHT / CHIPS_HIGH
    detail = small - cv2.GaussianBlur(small, (0, 0), 2.5 * chip)
    side = int(7 * chip) | 1
    around = cv2.blur(np.abs(detail), (side, side))
    return np.asarray(np.clip(detail * _FAINT / (around**2 + _FAINT**2), -2, 2), np.float32)


def folded(mean: Floats, scale: float) -> Floats:
    """A residue in chips of a scale, all its tiles laid on one another and averaged [64, 64]."""
    chips = CHIPS_HIGH / HEIGHT * scale
    rows, columns = (max(TILE, round(side * chips)) for side in mean.shape)
    shrunk = cv2.resize(np.ascontiguousarray(mean), (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(_over(_padded(shrunk)) / _counted(rows, columns), np.float32)


def whitened(tile: Floats) -> NDArray[np.complex128]:
    """A tile's spectrum within the band, its loud frequencies held down [64, 64]."""
    spectrum = np.fft.fft2(tile) * band()
    return np.asarray(spectrum / (np.sqrt(np.abs(spectrum)) + 1e-6))


@lru_cache(maxsize=1024)
def _counted(rows: int, columns: int) -> Floats:
    """How many chips lie on each place of the tile [64, 64]; at least one, to divide by."""
    return np.maximum(_over(_padded(np.ones((rows, columns), np.float32))), 1)


def _padded(chips: Floats) -> Floats:
    rows, columns = chips.shape
    return np.pad(chips, ((0, -rows % TILE), (0, -columns % TILE)))


def _over(chips: Floats) -> Floats:
    rows, columns = chips.shape
    tiles = chips.reshape(rows // TILE, TILE, columns // TILE, TILE)
    return np.asarray(tiles.sum((0, 2)), np.float32)


def _tile(patterns: Floats, bits: Bits, effort: Floats) -> Floats:
    said = (bits * effort / np.sqrt((effort**2).sum())) @ patterns[1:]
    tile = np.sqrt(_PILOT_SHARE) * patterns[0] + np.sqrt(1 - _PILOT_SHARE) * said
    return np.asarray((tile / tile.std()).reshape(TILE, TILE), np.float32)


def _mask(luma: Luma) -> Floats:
    """How much of the mark each place can hide: more where neighbours differ."""
    small = cv2.resize(luma, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    small = small.astype(np.float32)
    busy = cv2.blur(np.abs(small - cv2.blur(small, (5, 5))), (5, 5))
    mask = np.clip(_MASK[0] + busy / _BUSY_LEVELS, *_MASK).astype(np.float32)
    return np.asarray(cv2.resize(mask, (luma.shape[1], luma.shape[0])), np.float32)
