"""Every number that was given out, as the marks of one key would say it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from activities.provenance.payload import PICTURE, SOUND, Bits
from activities.provenance.ports import Register


class Vocabulary:
    """Grows with the register; a number says the same for ever."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.numbers: NDArray[np.int64] = np.zeros(0, np.int64)
        self.pictures: Bits = np.zeros((0, PICTURE.bits), np.int8)
        self.sounds: Bits = np.zeros((0, SOUND.bits), np.int8)

    async def learn(self, register: Register) -> None:
        """Take in what was given out since the last time."""
        newest = int(self.numbers[-1]) if len(self.numbers) else 0
        new = await register.numbers(after=newest)
        if not len(new):
            return
        self.pictures = np.concatenate([self.pictures, PICTURE.spoken_all(self.key, new)])
        self.sounds = np.concatenate([self.sounds, SOUND.spoken_all(self.key, new)])
        self.numbers = np.concatenate([self.numbers, new])
