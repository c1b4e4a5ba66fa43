"""The usual beginning of an attack: somebody, a challenge, and what they do before a camera."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from activities.likeness.contract import Challenge, Claim, Move
from tests.media.camera import Camera
from tests.media.clips import Size, film, views
from tests.media.head import Picture
from tests.media.people import PEOPLE, Person
from tests.media.performance import Performance, perform
from tests.media.voices import Voice

Dice = np.random.Generator
_AT_ONCE: Final = 0.6
"""How many speak while they move, instead of before: their clips are shorter by a third."""
_PERSON: Final = Claim()


@dataclass(frozen=True)
class Attack:
    """One clip, what it pretends, whose face or voice an account has enrolled before, who is the
    ``protected_face``, whose face it ``shows`` where that matters, and the ``voice`` where it is
    not that person's usual one.
    """

    clip: Path
    challenge: Challenge | None
    claim: Claim = _PERSON
    enrolled_face: Person | None = None
    enrolled_voice: Person | None = None
    protected_face: Person | None = None
    shows: str = ""
    voice: Voice | None = None


@dataclass(frozen=True)
class Scene:
    """Who is before which camera, what was asked, and what is done."""

    person: Person
    challenge: Challenge
    performance: Performance
    camera: Camera


def scene_of(rng: Dice, seed: int, size: Size) -> Scene:
    person = PEOPLE[seed % len(PEOPLE)]
    challenge = size.challenge(rng)
    performance = perform(
        challenge.digits, challenge.moves, person.voice, rng, at_once=rng.random() < _AT_ONCE
    )
    return Scene(person, challenge, performance, size.camera(rng))


def another(person: Person, rng: Dice) -> Person:
    others = [each for each in PEOPLE if each.name != person.name]
    return others[int(rng.integers(len(others)))]


def acted(rng: Dice, path: Path, scene: Scene, digits: str, moves: Sequence[Move]) -> Attack:
    performance = perform(digits, moves, scene.person.voice, rng, at_once=rng.random() < _AT_ONCE)

    def drawn(times: Sequence[int]) -> Iterator[Picture]:
        return views(scene.person, performance, times, rng)

    return Attack(film(path, drawn, performance, scene.camera, rng), scene.challenge)
