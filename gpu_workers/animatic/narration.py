"""The caption, spoken by a small voice that ships in a package (hibari-tts, Apache-2.0).

The voice speaks English; letters of other scripts are not spoken. Its noise is seeded, so a line
always sounds the same.
"""

from __future__ import annotations

import re
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from gpu_workers.animatic.synth import Wave, faded

_CHARACTERS_PER_SECOND: Final = 20
_HURRY_MAX: Final = 1.2
_SPEAKABLE: Final = re.compile(r"[^A-Za-z0-9À-ÿ .,;:!?'’\"()&%$-]+")


class _Voice(Protocol):
    def __call__(self, text: str, speed: float, seed: int) -> NDArray[np.float32]: ...


class Narrator:
    """Loads the voice once and speaks lines of limited length."""

    def __init__(self) -> None:
        self._voice: _Voice | None = None

    def load(self) -> None:
        """Bring voice and pronouncing dictionary into memory: about half a second."""
        if self._voice is None:
            from hibari import Hibari

            voice = Hibari(threads=1)
            voice("Ready.", seed=0)
            self._voice = voice

    def speak(self, text: str, seconds_max: float, seed: int) -> Wave:
        """A line of at most ``seconds_max`` seconds at 48 kHz; a longer one is faded out."""
        line = _spoken(text, seconds_max)
        if seconds_max < 0.3 or not line:
            return np.zeros(0)
        self.load()
        assert self._voice is not None
        spoken = self._voice(line, speed=1.0, seed=seed)
        limit = int(seconds_max * 24_000)
        if len(spoken) > limit:
            hurry = min(_HURRY_MAX, len(spoken) / limit)
            spoken = self._voice(line, speed=hurry, seed=seed)
        cut = len(spoken) > limit
        kept = _doubled(spoken[:limit].astype(np.float64))
        return faded(kept, 0.005, 0.25 if cut else 0.02)


def _spoken(text: str, seconds_max: float) -> str:
    """What can be said in the time: whole words, a little more than fits so that it may fade."""
    room = int(seconds_max * _CHARACTERS_PER_SECOND) + 20
    plain = " ".join(_SPEAKABLE.sub(" ", text[: room * 4]).split())
    if not re.search(r"[A-Za-z0-9]", plain):
        return ""
    return plain if len(plain) <= room else plain[:room].rsplit(" ", 1)[0][:room]


def _doubled(wave: Wave) -> Wave:
    """From 24 to 48 kHz, exactly band-limited."""
    if not len(wave):
        return wave
    size = 1 << (len(wave) + 480).bit_length()
    spectrum = np.fft.rfft(wave, size)
    doubled: Wave = np.fft.irfft(spectrum, size * 2)[: len(wave) * 2] * 2
    return doubled
