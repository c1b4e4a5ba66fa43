"""The challenge: what a person has to say and how to move, drawn anew for each attempt.

It is a pure function of entropy that is handed in. How many there are, in bits:

- ten digits, of which no two neighbours are equal (repeated digits blur in speech recognition):
  10 * 9^9 = 3.87e9, 31.8 bits;
- six head moves out of ``left``, ``right``, ``up``, ``down``, of which no two neighbours are equal
  (a repeated move is no move that can be seen): 4 * 3^5 = 972, 9.9 bits.

Together 41.7 bits, at least the 40 that are asked for. Choices are drawn by rejection, so that
each is equally likely; ``ENTROPY_BYTES`` are enough for all but one in 10^30 draws, and the rest
is stretched with SHA-256.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated, Final, Literal, TypeVar

from pydantic import Field, StringConstraints

from domain.kernel.model import Value

Move = Literal["left", "right", "up", "down"]

MOVES: Final[tuple[Move, ...]] = ("left", "right", "up", "down")
DIGITS: Final = 10
MOVES_COUNT: Final = 6
ENTROPY_BYTES: Final = 32
CHALLENGE_LIFETIME: Final = timedelta(seconds=60)
BITS: Final = math.log2(10 * 9 ** (DIGITS - 1)) + math.log2(4 * 3 ** (MOVES_COUNT - 1))

T = TypeVar("T")


class Challenge(Value):
    """The number to speak, digit by digit, and the moves of the head, in order."""

    digits: Annotated[str, StringConstraints(pattern=rf"^[0-9]{{{DIGITS}}}$")]
    moves: Annotated[tuple[Move, ...], Field(min_length=MOVES_COUNT, max_length=MOVES_COUNT)]


def challenge_from(entropy: bytes) -> Challenge:
    """The challenge that this entropy stands for; exactly ``ENTROPY_BYTES``, never used twice."""
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"a challenge needs {ENTROPY_BYTES} bytes, {len(entropy)} were given")
    stream = _stretched(entropy)
    digits = _walk("0123456789", DIGITS, stream)
    moves = _walk(MOVES, MOVES_COUNT, stream)
    return Challenge(digits="".join(digits), moves=tuple(moves))


def _walk(choices: Sequence[T], length: int, stream: Iterator[int]) -> list[T]:
    """A sequence whose neighbours differ."""
    walked: list[T] = []
    for _ in range(length):
        open_choices = [each for each in choices if not walked or each != walked[-1]]
        walked.append(open_choices[_below(len(open_choices), stream)])
    return walked


def _below(bound: int, stream: Iterator[int]) -> int:
    limit = 256 - 256 % bound
    return next(byte for byte in stream if byte < limit) % bound


def _stretched(entropy: bytes) -> Iterator[int]:
    counter = 0
    while True:
        yield from hashlib.sha256(entropy + counter.to_bytes(4, "big")).digest()
        counter += 1
