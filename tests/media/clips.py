"""Enrolment clips: a person answers a challenge before a camera."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from activities.likeness.contract import Challenge, Move
from domain.cameo.challenge import DIGITS, MOVES, MOVES_COUNT
from tests.media.camera import Camera, Lens, hissing, record
from tests.media.head import Picture
from tests.media.people import PEOPLE, Person
from tests.media.performance import Performance, perform

SAID_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_AT_ONCE: Final = 0.05
"""How many turn while they speak, although told to speak first: half of these are unsure."""
_PLAIN: Final = Camera(width=400, height=400, fps=15)
_SIZES: Final = ((480, 480), (360, 640), (640, 480), (480, 640), (400, 400), (640, 360))


def chance(*words: object) -> np.random.Generator:
    """The same dice for the same words."""
    return np.random.default_rng(zlib.crc32("/".join(map(str, words)).encode()))


def draw_challenge(
    rng: np.random.Generator, digits: int = DIGITS, moves: int = MOVES_COUNT
) -> Challenge:
    """A number and moves, both without equal neighbours."""
    number: list[int] = [int(rng.integers(10))]
    while len(number) < digits:
        number.append((number[-1] + 1 + int(rng.integers(9))) % 10)
    turns: list[int] = [int(rng.integers(len(MOVES)))]
    while len(turns) < moves:
        turns.append((turns[-1] + 1 + int(rng.integers(len(MOVES) - 1))) % len(MOVES))
    chosen: tuple[Move, ...] = tuple(MOVES[each] for each in turns)
    return Challenge(digits="".join(map(str, number)), moves=chosen, issued_at=SAID_AT)


def any_camera(rng: np.random.Generator) -> Camera:
    """A phone or a laptop, in the light that there happens to be."""
    width, height = _SIZES[int(rng.integers(len(_SIZES)))]
    if rng.random() < 0.05:
        width, height = 720, 1280
    return Camera(
        width=width,
        height=height,
        fps=int(rng.choice([12, 15, 15, 20, 24, 25, 30])),
        gain=float(rng.uniform(0.6, 1.15)),
        gamma=float(rng.uniform(0.75, 1.35)),
        slope=float(rng.uniform(-0.3, 0.3)),
        warmth=float(rng.uniform(-0.08, 0.12)),
        noise=float(rng.uniform(0.5, 6)),
        shake=float(rng.uniform(0.2, 1.2)),
        blur=float(rng.choice([0.0, 0.0, 0.6, 0.9])),
        crf=int(rng.integers(20, 29)),
        hiss=float(rng.uniform(22, 40)),
        codec="libvpx" if rng.random() < 0.1 else "libx264",
    )


@dataclass(frozen=True)
class Size:
    """How much is asked for, and whether any camera may see it or a small plain one."""

    digits: int
    moves: int
    plain: bool

    def challenge(self, rng: np.random.Generator) -> Challenge:
        """One of this length."""
        return draw_challenge(rng, self.digits, self.moves)

    def camera(self, rng: np.random.Generator) -> Camera:
        """One of this kind."""
        return _PLAIN if self.plain else any_camera(rng)


FULL: Final = Size(DIGITS, MOVES_COUNT, plain=False)
"""As an account is asked."""
BRIEF: Final = Size(6, 2, plain=True)
"""As little as the tests can do with."""


def frame_times(seconds: float, fps: int, rng: np.random.Generator) -> list[int]:
    """Milliseconds, as a phone writes them: regular, give or take a little."""
    steps = np.arange(int(seconds * fps)) * 1000 / fps
    jittered = steps + rng.uniform(-0.08, 0.08, len(steps)) * 1000 / fps
    rising = np.maximum.accumulate(np.round(np.maximum(jittered, 0)).astype(int))
    return [int(each) for each in rising + np.cumsum(np.diff(rising, prepend=-1) <= 0)]


def views(
    person: Person, performance: Performance, times_ms: Sequence[int], rng: np.random.Generator
) -> Iterator[Picture]:
    """The head at each moment, with the small motion of somebody alive."""
    head = person.head
    sway = np.zeros(2)
    for time in times_ms:
        sway = 0.9 * sway + rng.normal(0, 0.3, 2)
        yaw, pitch = performance.pose(time / 1000)
        yield head.draw(yaw + sway[0], pitch + sway[1], performance.mouth(time / 1000))


def film(
    path: Path,
    drawn: Callable[[Sequence[int]], Iterator[Picture]],
    performance: Performance,
    camera: Camera,
    rng: np.random.Generator,
) -> Path:
    """Put what is drawn at given times before a camera; returns the file, with its suffix."""
    times = frame_times(performance.seconds, camera.fps, rng)
    lens = Lens(camera, rng)
    seen = (lens.see(each) for each in drawn(times))
    sound = hissing(performance.sound, camera, rng)
    return record(path.with_suffix(camera.suffix), seen, times, sound, camera)


def answer(
    path: Path,
    person: Person,
    challenge: Challenge,
    rng: np.random.Generator,
    camera: Camera | None = None,
) -> Path:
    """A person does as the challenge says; returns the file, with its suffix."""
    performance = perform(
        challenge.digits,
        challenge.moves,
        person.voice,
        rng,
        amplitude=float(rng.uniform(0.9, 1.15)),
        at_once=rng.random() < _AT_ONCE,
    )

    def drawn(times: Sequence[int]) -> Iterator[Picture]:
        return views(person, performance, times, rng)

    return film(path, drawn, performance, camera or any_camera(rng), rng)


def honest(
    path: Path, seed: int, person: Person | None = None, size: Size = FULL
) -> tuple[Path, Challenge]:
    """Somebody does as told. Which person, camera and challenge follows from the seed."""
    rng = chance("honest", seed)
    person = person or PEOPLE[seed % len(PEOPLE)]
    challenge = size.challenge(rng)
    return answer(path, person, challenge, rng, size.camera(rng)), challenge
