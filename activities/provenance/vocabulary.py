"""Every number that was given out, as the marks of one key would say it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from activities.provenance.payload import PICTURE, SOUND, Bits
from activities.provenance.ports import Register


@dataclass(frozen=True)
class Words:
    """Numbers in order, and what each says in a picture and in sound [numbers, bits]."""

    numbers: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    pictures: Bits = field(default_factory=lambda: np.zeros((0, PICTURE.bits), np.int8))
    sounds: Bits = field(default_factory=lambda: np.zeros((0, SOUND.bits), np.int8))


class Vocabulary:
    """Grows with the register; a number says the same for ever."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.words = Words()
        self._turn = asyncio.Lock()

    async def learn(self, register: Register) -> None:
        """Take in what was given out since the last time; many may ask at once."""
        async with self._turn:
            known = self.words
            newest = int(known.numbers[-1]) if len(known.numbers) else 0
            new = await register.numbers(after=newest)
            if not len(new):
                return
            pictures, sounds = await asyncio.to_thread(self._spoken, new)
            self.words = Words(
                numbers=np.concatenate([known.numbers, new]),
                pictures=np.concatenate([known.pictures, pictures]),
                sounds=np.concatenate([known.sounds, sounds]),
            )

    def _spoken(self, numbers: NDArray[np.int64]) -> tuple[Bits, Bits]:
        return PICTURE.spoken_all(self.key, numbers), SOUND.spoken_all(self.key, numbers)
