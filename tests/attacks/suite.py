"""The attacks: each tries to be approved as somebody it is not, or without being alive.

``film_attack(name, seed, path)`` makes one clip of a class, with everything an examination is
given. What is drawn follows from the class and the seed alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from activities.likeness.contract import CheckName, Claim
from tests.attacks.company import (
    child_voice,
    declared_minor,
    protected_face,
    two_people,
    upside_down,
)
from tests.attacks.photographs import any_photograph
from tests.attacks.scene import Attack, Dice, Scene, acted, another, scene_of
from tests.media.camera import Lens, hissing, record
from tests.media.clips import FULL, Size, chance, film, frame_times, honest, views
from tests.media.head import Picture
from tests.media.people import PEOPLE
from tests.media.performance import perform
from tests.media.pets import film_pet
from tests.media.voices import RATE, say


@dataclass(frozen=True)
class Kind:
    """A class of attacks, and the checks that it is aimed at: each of them should see it."""

    film: Callable[[Dice, int, Path, Size], Attack]
    caught_by: frozenset[CheckName]


def photo_held(rng: Dice, seed: int, path: Path, size: Size) -> Attack:
    """A print is tilted as the moves are told, while somebody says the number."""
    return _with_photograph(rng, seed, path, size, bent=False)


def photo_bent(rng: Dice, seed: int, path: Path, size: Size) -> Attack:
    """A print is bent, and a third of the time also moved nearer and further."""
    return _with_photograph(rng, seed, path, size, bent=True)


def _with_photograph(rng: Dice, seed: int, path: Path, size: Size, *, bent: bool) -> Attack:
    scene = scene_of(rng, seed, size)
    photograph, (across, down) = any_photograph(scene.person.head, rng, bent=bent)
    zooms = bent and rng.random() < 0.33

    def drawn(times: Sequence[int]) -> Iterator[Picture]:
        for time in times:
            yaw, pitch = scene.performance.pose(time / 1000)
            nearer = 1 + (abs(yaw) + abs(pitch)) / 150 if zooms else 1.0
            mouth = scene.performance.mouth(time / 1000)
            yield photograph.draw(yaw * across, pitch * down, mouth, nearer)

    return Attack(film(path, drawn, scene.performance, scene.camera, rng), scene.challenge)


def replay(rng: Dice, seed: int, path: Path, size: Size) -> Attack:
    """An honest recording, sent again to answer another challenge."""
    clip, old = honest(path, 10_000 + seed, size=size)
    fresh = size.challenge(rng)
    while fresh.moves == old.moves:
        fresh = size.challenge(rng)
    return Attack(clip, fresh)


def wrong_moves(rng: Dice, seed: int, path: Path, size: Size) -> Attack:
    """The right number, and the right moves in another order, or one of them left out."""
    scene = scene_of(rng, seed, size)
    shown = list(scene.challenge.moves)
    while tuple(shown) == scene.challenge.moves:
        if rng.random() < 0.3:
            shown[int(rng.integers(len(shown)))] = ("left", "right", "up", "down")[
                int(rng.integers(4))
            ]
        else:
            shown = [shown[int(each)] for each in rng.permutation(len(shown))]
        if len(set(scene.challenge.moves)) == 1:
            shown = shown[1:]
    return acted(rng, path, scene, scene.challenge.digits, shown)


def wrong_words(rng: Dice, seed: int, path: Path, size: Size) -> Attack:
    """The right moves, and another number: sometimes only one digit or two neighbours apart."""
    scene = scene_of(rng, seed, size)
    said = size.challenge(rng).digits
    digits = scene.challenge.digits
    near = int(rng.integers(3))
    at = int(rng.integers(len(digits) - 1))
    if near == 1:
        said = digits[:at] + str((int(digits[at]) + 1 + int(rng.integers(9))) % 10)
        said += digits[at + 1 :]
    if near == 2:
        said = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    return acted(rng, path, scene, said, scene.challenge.moves)


def dubbed(rng: Dice, seed: int, path: Path, size: Size) -> Attack:
    """The head moves as told and the right number is heard, but not from this mouth."""
    scene = scene_of(rng, seed, size)
    mouth = perform(size.challenge(rng).digits, scene.challenge.moves, scene.person.voice, rng)
    silent = rng.random() < 0.4
    shift = float(rng.uniform(0.5, 1.2))
    spoken = say(scene.challenge.digits, another(scene.person, rng).voice)
    sound = np.zeros(int(mouth.seconds * RATE), np.float32)
    start = int(shift * RATE)
    sound[start : start + len(spoken)] = spoken[: len(sound) - start]
    performance = replace(
        mouth, sound=sound, loud=np.zeros_like(mouth.loud) if silent else mouth.loud
    )

    def drawn(times: Sequence[int]) -> Iterator[Picture]:
        return views(scene.person, performance, times, rng)

    return Attack(film(path, drawn, performance, scene.camera, rng), scene.challenge)


def voice_of_another(rng: Dice, seed: int, path: Path, size: Size) -> Attack:
    """One's own face, and the voice of somebody whom another account has enrolled."""
    scene = scene_of(rng, seed, size)
    victim = another(scene.person, rng)
    speaking = replace(scene, person=replace(scene.person, voice=victim.voice))
    attack = acted(rng, path, speaking, scene.challenge.digits, scene.challenge.moves)
    return replace(attack, enrolled_voice=victim, shows=scene.person.name)


def face_of_another(rng: Dice, seed: int, path: Path, size: Size) -> Attack:
    """A face that another account has enrolled, with one's own voice: a mask that is perfect."""
    scene = scene_of(rng, seed, size)
    own = replace(scene.person, voice=another(scene.person, rng).voice)
    attack = acted(
        rng, path, replace(scene, person=own), scene.challenge.digits, scene.challenge.moves
    )
    return replace(attack, enrolled_face=scene.person, shows=scene.person.name)


def face_swapped(rng: Dice, seed: int, path: Path, size: Size) -> Attack:
    """Half-way, another face goes on where the first one stopped."""
    scene = scene_of(rng, seed, size)
    second = another(scene.person, rng)
    turns_at = float(rng.uniform(0.35, 0.7)) * scene.performance.seconds

    def drawn(times: Sequence[int]) -> Iterator[Picture]:
        before = [time for time in times if time < turns_at * 1000]
        yield from views(scene.person, scene.performance, before, rng)
        yield from views(second, scene.performance, times[len(before) :], rng)

    return Attack(film(path, drawn, scene.performance, scene.camera, rng), scene.challenge)


def person_as_pet(rng: Dice, seed: int, path: Path, size: Size) -> Attack:
    """A pet's clip in which a person is seen too, at the side, large or small; in every third clip
    lying down, to the left, to the right, or on the head."""
    quarters = 1 + seed // 3 % 3 if seed % 3 == 0 else 0
    beside = PEOPLE[seed % len(PEOPLE)]
    clip = film_pet(path, rng, size.camera(rng), beside=beside, quarters=quarters)
    return Attack(clip, None, Claim(subject="pet"))


def looped(rng: Dice, seed: int, path: Path, size: Size) -> Attack:
    """A second of pictures is played twice or more, or one picture stands still."""
    scene = scene_of(rng, seed, size)
    freezes = rng.random() < 0.4
    share = float(rng.uniform(0.1, 0.7))

    def drawn(times: Sequence[int]) -> Iterator[Picture]:
        head = list(views(scene.person, scene.performance, times, rng))
        start = int(share * len(head))
        length = 1 if freezes else int(scene.camera.fps * rng.uniform(0.5, 1.0))
        repeats = int(scene.camera.fps * 1.2) // length + 1
        yield from head[:start]
        for _ in range(repeats):
            yield from head[start : start + length]
        yield from head[start + repeats * length :]

    return Attack(_film_unshaken(path, drawn, scene, rng), scene.challenge)


def _film_unshaken(
    path: Path,
    drawn: Callable[[Sequence[int]], Iterator[Picture]],
    scene: Scene,
    rng: Dice,
) -> Path:
    """What was repeated was repeated in the file: the same shake and grain come again with it."""
    camera = scene.camera
    times = frame_times(scene.performance.seconds, camera.fps, rng)
    seen: dict[bytes, Picture] = {}
    lens = Lens(camera, rng)

    def through_lens() -> Iterator[Picture]:
        for each in drawn(times):
            key = each[::8, ::8].tobytes()
            if key not in seen:
                seen[key] = lens.see(each)
            yield seen[key]

    sound = hissing(scene.performance.sound, camera, rng)
    return record(path.with_suffix(camera.suffix), through_lens(), times, sound, camera)


def edited_times(rng: Dice, seed: int, path: Path, size: Size) -> Attack:
    """Pictures were cut out, slowed or spliced after the recording, and the times rewritten."""
    scene = scene_of(rng, seed, size)
    camera, performance = scene.camera, scene.performance
    times = frame_times(performance.seconds, camera.fps, rng)
    pictures = list(views(scene.person, performance, times, rng))
    way = int(rng.integers(3))
    middle = int(float(rng.uniform(0.3, 0.6)) * len(times))
    if way == 0:  # a cut that leaves its gap
        width = int(camera.fps * rng.uniform(0.5, 1.0))
        del pictures[middle : middle + width]
        del times[middle : middle + width]
    elif way == 1:  # the second part is slowed
        factor = float(rng.uniform(1.4, 1.9))
        times = [
            time if time < times[middle] else round(times[middle] + (time - times[middle]) * factor)
            for time in times
        ]
    else:  # the end of a second take behind the beginning of the first
        pictures[middle:] = [_moved(each) for each in pictures[middle:]]
    lens = Lens(camera, rng)
    sound = hissing(performance.sound, camera, rng)
    clip = record(
        path.with_suffix(camera.suffix), (lens.see(each) for each in pictures), times, sound, camera
    )
    return Attack(clip, scene.challenge)


def _moved(picture: Picture) -> Picture:
    """As another take shows it: the tripod was touched, the light has changed a little."""
    shifted = np.roll(picture, (9, -14), axis=(0, 1))
    return np.asarray(np.clip(shifted * 1.08, 0, 255), np.uint8)


KINDS: Final[dict[str, Kind]] = {
    "photo_held": Kind(photo_held, frozenset({"parallax", "head_moves"})),
    "photo_bent": Kind(photo_bent, frozenset({"parallax", "head_moves"})),
    "replay": Kind(replay, frozenset({"head_moves", "spoken_number"})),
    "wrong_moves": Kind(wrong_moves, frozenset({"head_moves"})),
    "wrong_words": Kind(wrong_words, frozenset({"spoken_number"})),
    "dubbed": Kind(dubbed, frozenset({"voice_moves_with_mouth"})),
    "voice_of_another": Kind(voice_of_another, frozenset({"impostor_voice"})),
    "face_of_another": Kind(face_of_another, frozenset({"impostor_face"})),
    "face_swapped": Kind(face_swapped, frozenset({"same_face"})),
    "person_as_pet": Kind(person_as_pet, frozenset({"human_face_in_pet"})),
    "looped": Kind(looped, frozenset({"frozen_or_looped", "head_moves"})),
    "edited_times": Kind(edited_times, frozenset({"frozen_or_looped"})),
    "two_people": Kind(two_people, frozenset({"one_face"})),
    "upside_down": Kind(upside_down, frozenset({"one_face"})),
    "protected_face": Kind(protected_face, frozenset({"protected"})),
    "declared_minor": Kind(declared_minor, frozenset({"age_signs"})),
    "child_voice": Kind(child_voice, frozenset({"age_signs"})),
}


def film_attack(name: str, seed: int, path: Path, size: Size = FULL) -> Attack:
    """One clip of a class; its file gets the suffix of its container."""
    return KINDS[name].film(chance("attack", name, seed), seed, path, size)
