"""Attacks of somebody who does as told, and who or which way up is the matter: in company, on the
head, on the list of protected people, or a child.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from activities.likeness.contract import Claim
from tests.attacks.scene import Attack, Dice, Scene, acted, another, scene_of
from tests.media.clips import Size, film, views
from tests.media.head import SIDE, Picture
from tests.media.people import Person
from tests.media.voices import Voice

_NEARER: Final = 0.55
"""How much of the picture's side the one has who does as told."""


def two_people(rng: Dice, seed: int, path: Path, size: Size) -> Attack:
    """Somebody does as told, and somebody else stands beside them."""
    scene = scene_of(rng, seed, size)
    beside = another(scene.person, rng)
    share = float(rng.uniform(0.36, 0.45))

    def drawn(times: Sequence[int]) -> Iterator[Picture]:
        for each in views(scene.person, scene.performance, times, rng):
            yield _together(each, beside, share)

    return Attack(film(path, drawn, scene.performance, scene.camera, rng), scene.challenge)


def _together(head: Picture, beside: Person, share: float) -> Picture:
    """Both in one picture before a wall that is out of focus."""
    together = cv2.GaussianBlur(head, (0, 0), 25)
    near, far = int(_NEARER * SIDE), int(share * SIDE)
    together[:near, :near] = cv2.resize(head, (near, near), interpolation=cv2.INTER_AREA)
    together[SIDE - far :, SIDE - far :] = cv2.resize(
        beside.picture, (far, far), interpolation=cv2.INTER_AREA
    )
    return np.asarray(together, np.uint8)


def upside_down(rng: Dice, seed: int, path: Path, size: Size) -> Attack:
    """The right words and moves, from a camera that stands on its head."""
    scene = scene_of(rng, seed, size)

    def drawn(times: Sequence[int]) -> Iterator[Picture]:
        for each in views(scene.person, scene.performance, times, rng):
            yield np.ascontiguousarray(each[::-1, ::-1])

    return Attack(film(path, drawn, scene.performance, scene.camera, rng), scene.challenge)


def protected_face(rng: Dice, seed: int, path: Path, size: Size) -> Attack:
    """Somebody whom nobody may enrol does as told."""
    scene = scene_of(rng, seed, size)
    attack = _as_told(rng, path, scene)
    return replace(attack, protected_face=scene.person, shows=scene.person.name)


def declared_minor(rng: Dice, seed: int, path: Path, size: Size) -> Attack:
    """Somebody does as told whose account says 13 to 17, or in every third clip less."""
    attack = _as_told(rng, path, scene_of(rng, seed, size))
    years = int(rng.integers(6, 13)) if seed % 3 == 0 else int(rng.integers(13, 18))
    return replace(attack, claim=Claim(age_years=years))


def child_voice(rng: Dice, seed: int, path: Path, size: Size) -> Attack:
    """Somebody does as told with a voice as high as a child's, and says to be an adult."""
    scene = scene_of(rng, seed, size)
    high = replace(scene.person, voice=Voice(float(rng.uniform(1.36, 1.5))))
    return _as_told(rng, path, replace(scene, person=high))


def _as_told(rng: Dice, path: Path, scene: Scene) -> Attack:
    return acted(rng, path, scene, scene.challenge.digits, scene.challenge.moves)
