"""The cast of the tests: who they are is in pictures/SOURCES.md."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from tests.media.head import Head, Picture
from tests.media.voices import Voice

_PICTURES: Final = Path(__file__).parent / "pictures"


@dataclass(frozen=True)
class Person:
    """A face and a voice."""

    name: str
    voice: Voice
    mouth: tuple[float, float] = (240.0, 277.0)
    mouth_half: float = 32.0

    @property
    def picture(self) -> Picture:
        """[480, 480, 3], RGB, frontal."""
        return picture(self.name)

    @property
    def head(self) -> Head:
        """The same head every time, for it takes a moment to make."""
        return _head(self.name, self.mouth, self.mouth_half)


@cache
def picture(name: str) -> Picture:
    """One of the pictures, RGB."""
    read = cv2.imread(str(_PICTURES / f"{name}.jpg"))
    assert read is not None, name
    return np.asarray(cv2.cvtColor(read, cv2.COLOR_BGR2RGB), np.uint8)


@cache
def _head(name: str, mouth: tuple[float, float], half: float) -> Head:
    return Head(picture(name), mouth, half)


PEOPLE: Final = (
    Person("pilot", Voice(0.98), (238, 277), 38),
    Person("admiral", Voice(0.86, 0.95), (240, 278), 32),
    Person("navigator", Voice(0.92, 1.05), (238, 268), 44),
    Person("purser", Voice(0.80), (235, 279), 28),
    Person("surveyor", Voice(0.75, 1.08), (241, 277), 31),
)
BY_NAME: Final = {person.name: person for person in PEOPLE}
