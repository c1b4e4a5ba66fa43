"""What is done to a film while it is written: its invisible marks, or the visible one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from activities.film.changed import Planes
from activities.provenance.footage import read_footage
from activities.provenance.keyed import Floats
from activities.provenance.payload import SOUND
from activities.provenance.picture_mark import PictureMark
from activities.provenance.picture_reading import PictureReader, Residue
from activities.provenance.sound_mark import STRENGTH_DB, SoundMark
from activities.provenance.sound_reading import SoundReader
from activities.provenance.visible import VisibleMark

LOUDER_DB: Final = (STRENGTH_DB, 3.0, 4.0)
"""Sparse or short sound gives a mark little to hold on to: there it is set more strongly."""


PLAINER: Final = (1.0, 1.4, 2.0, 2.8)
"""Small or dim pictures too: how many times the usual strength is tried, one after the other."""


class Invisible:
    """Both invisible marks of one number; ``attempt`` counts how often they were too faint."""

    def __init__(self, key: bytes, number: int, attempt: int = 0) -> None:
        self._key, self._number, self._attempt = key, number, attempt
        self._picture = PictureMark(key, number, PLAINER[attempt])

    def holds(self, film: Path) -> bool:
        """Whether the number is read in the film's picture."""
        left = Residue()
        read_footage(film, lambda _, luma: left.add(luma))
        reader = PictureReader(self._key)
        return left.mean is not None and reader.confirm(left.mean, self._number) is not None

    def stronger(self) -> Invisible | None:
        """The marks with a plainer picture, or None where that would be seen."""
        attempt = self._attempt + 1
        return type(self)(self._key, self._number, attempt) if attempt < len(PLAINER) else None

    def picture(self, planes: Planes, seconds: float) -> None:
        """Mark one picture."""
        height = planes.shape[0] * 2 // 3
        planes[:height] = self._picture.apply(planes[:height])

    def sound(self, samples: Floats) -> Floats:
        """Mark the sound as faintly as is read back; where louder helps nothing, faintly."""
        reader, numbers = SoundReader(self._key), np.array([self._number])
        expected = SOUND.spoken_all(self._key, numbers)
        faintest: Floats | None = None
        for strength in LOUDER_DB:
            marked = SoundMark(self._key, self._number, strength).apply(samples)
            moment = reader.locate(np.asarray(marked.mean(0), np.float32))
            if reader.read(moment, expected, numbers) is not None:
                return marked
            faintest = marked if faintest is None else faintest
        assert faintest is not None, "there is at least one strength"
        return faintest


class Visible:
    """The visible mark, drawn while an export is written."""

    def __init__(self, word: str) -> None:
        self._word = word
        self._mark: VisibleMark | None = None

    def picture(self, planes: Planes, seconds: float) -> None:
        """Draw the mark into one picture."""
        if self._mark is None:
            self._mark = VisibleMark(self._word, planes.shape[1], planes.shape[0] * 2 // 3)
        self._mark.apply(planes, seconds)

    def sound(self, samples: Floats) -> Floats:
        """Nothing is changed in the sound."""
        return samples
