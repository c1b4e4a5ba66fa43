"""What a mark says: the number of an artefact, and a keyed check that tells a reading from chance.

The picture has room for 64 bits (40 of number, 24 of check), the sound for 32 (24 and 8). The
number of a sound mark is the lower part of the artefact's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.provenance.keyed import Doubles, Floats, keyed_check

DOUBTFUL_BITS: Final = 5
FLIPS_MAX: Final = 2
FALSE_MATCH_MAX: Final = 1e-6
MARGIN_MIN: Final = 0.6
"""How much nearer the nearest number must lie than the next, in standard deviations of chance."""
_ROUNDS: Final = 4
_ROWS: Final = 50_000
"""Bits become floats for the search; so many rows at a time bound the memory."""

Bits = NDArray[np.int8]
"""Minus one for a zero, one for a one; the highest bit first."""


@dataclass(frozen=True)
class Layout:
    """How many bits a mark has for a number and for its check."""

    name: str
    number_bits: int
    check_bits: int

    @property
    def bits(self) -> int:
        """All bits of the mark."""
        return self.number_bits + self.check_bits

    def spoken(self, key: bytes, number: int) -> Bits:
        """The bits for an artefact's number. Raises ValueError for one that has no place."""
        if not 0 < number < 1 << 40:
            raise ValueError(f"a mark carries numbers from 1 to 2^40 - 1, not {number}")
        return np.asarray(self.spoken_all(key, np.array([number], np.int64))[0], np.int8)

    def spoken_all(self, key: bytes, numbers: NDArray[np.int64]) -> Bits:
        """The bits of many numbers [numbers, bits], for a search among them."""
        mask = (1 << self.number_bits) - 1
        words = [self._mixed(key, (int(each) & mask) << self.check_bits) for each in numbers]
        octets = np.array(words, ">u8").view(np.uint8).reshape(-1, 8)
        bits = np.unpackbits(octets, axis=1)[:, 64 - self.bits :]
        return np.asarray(bits.astype(np.int8) * 2 - 1, np.int8)

    def heard(self, key: bytes, bits: Bits) -> int | None:
        """The number that these bits say, or None when the check disagrees."""
        word = int("".join("1" if bit > 0 else "0" for bit in bits), 2)
        number, check = divmod(self._unmixed(key, word), 1 << self.check_bits)
        return number if number and not check else None

    def _mixed(self, key: bytes, word: int) -> int:
        """A keyed permutation (four rounds of Luby and Rackoff's), so that near numbers lie apart.

        The check is a part of the word that is zero before: a false word hits it as chance does.
        """
        half = self.bits // 2
        left, right = divmod(word, 1 << half)
        for turn in range(_ROUNDS):
            left, right = right, left ^ self._turned(key, turn, right)
        return left << half | right

    def _unmixed(self, key: bytes, word: int) -> int:
        half = self.bits // 2
        left, right = divmod(word, 1 << half)
        for turn in reversed(range(_ROUNDS)):
            left, right = right ^ self._turned(key, turn, left), left
        return left << half | right

    def _turned(self, key: bytes, turn: int, half: int) -> int:
        return keyed_check(key, f"{self.name} round {turn}", half, self.bits // 2)


PICTURE: Final = Layout("picture", 40, 24)
SOUND: Final = Layout("sound", 24, 8)


@dataclass(frozen=True)
class Heard:
    """A number read from a mark, and the chance that an unmarked film would have said one."""

    number: int
    false_match: float


def decode(
    layout: Layout,
    key: bytes,
    soft: Floats | Doubles,
    flips_max: int,
    pilot_chance: float = 1.0,
) -> Heard | None:
    """Read a number without knowing any: the bits as heard, then with the doubtful ones flipped.

    The chance of a false match is the number of words tried over the number of checks, times the
    chance that the pilot was none.
    """
    bits = np.where(soft > 0, 1, -1).astype(np.int8)
    doubtful = np.argsort(np.abs(soft))[:DOUBTFUL_BITS]
    tried = 0
    for flips in range(flips_max + 1):
        for places in combinations(doubtful, flips):
            tried += 1
            flipped = bits.copy()
            flipped[list(places)] *= -1
            if (number := layout.heard(key, flipped)) is not None:
                return Heard(number, pilot_chance * tried / 2.0**layout.check_bits)
    return None


def search(
    soft: Floats | Doubles,
    issued: Bits,
    numbers: NDArray[np.int64],
    pilot_chance: float = 1.0,
) -> Heard | None:
    """The issued number whose bits lie nearest; None when chance could have brought it so near.

    ``issued`` is [numbers, bits]. A soft word of no meaning correlates with a given number as a
    normal variable does; the chance is that of the nearest among all numbers that were issued,
    times the chance that the pilot was none.
    """
    if not len(numbers):
        return None
    unit = soft / (np.linalg.norm(soft) + 1e-12)
    scores = np.concatenate(
        [
            issued[row : row + _ROWS] @ unit.astype(np.float32)
            for row in range(0, len(issued), _ROWS)
        ]
    )
    best = int(np.argmax(scores))
    others = scores[(issued != issued[best]).any(axis=1)]
    if len(others) and scores[best] - others.max() < MARGIN_MIN:
        return None  # a mark is there, and might say either
    chance = pilot_chance * len(numbers) * normal_tail(float(scores[best]))
    return Heard(int(numbers[best]), chance) if chance <= FALSE_MATCH_MAX else None


def normal_tail(sigmas: float) -> float:
    """The chance that a standard normal variable lies above ``sigmas``."""
    if sigmas > 5:  # the distribution function has no digits left there
        return math.exp(-sigmas * sigmas / 2) / (sigmas * math.sqrt(2 * math.pi))
    return 1 - NormalDist().cdf(sigmas)
