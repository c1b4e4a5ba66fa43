"""What happens in a training clip, drawn by lot: the truth that its caption tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gpu_workers.sketch import words

SHARE_OF_PAIRS: Final = 0.4
SHARE_OF_CAMEOS: Final = 0.45
FLYING: Final = frozenset({"bird", "rocket", "balloon", "star"})


@dataclass(frozen=True)
class Actor:
    """Somebody in the clip: described in words, or a cameo whose reference is given."""

    subject: str
    colour: str
    motion: str
    is_cameo: bool
    across: bool
    """The caption says that it moves to a side, but not to which."""


@dataclass(frozen=True)
class Spec:
    """One clip; an actor's place is its slot.

    ``events`` sounds happen in its two seconds, the first at ``phase`` of a beat.
    """

    actors: tuple[Actor, ...]
    scene: str
    light: str
    weather: str
    sound: str
    events: int
    phase: float
    caption: str


def draw_spec(rng: np.random.Generator, cameos: float = SHARE_OF_CAMEOS) -> Spec:
    """A clip by lot, and the caption that tells of it."""
    count = 2 if rng.random() < SHARE_OF_PAIRS else 1
    drawn = [_actor(rng, cameos) for _ in range(count)]
    actors = tuple(sorted(drawn, key=lambda actor: not actor.is_cameo))  # slots: cameos first
    scene = _one(rng, tuple(words.SCENES))
    light = str(rng.choice(("day", "sunset", "night"), p=(0.5, 0.25, 0.25)))
    weather = str(rng.choice(tuple(words.WEATHERS), p=(0.6, 0.2, 0.2)))
    sound = _one(rng, tuple(words.SOUNDS))
    spec = Spec(
        actors=actors,
        scene=scene,
        light="day" if scene in {"space", "underwater", "room"} else light,
        weather=weather if scene != "room" else "clear",
        sound=sound,
        events=int(rng.integers(2, 5)),
        phase=float(rng.random()),
        caption="",
    )
    return Spec(**{**spec.__dict__, "caption": _caption(rng, spec)})


def _actor(rng: np.random.Generator, cameos: float) -> Actor:
    motion = _one(rng, tuple(words.MOTIONS))
    return Actor(
        subject=_one(rng, tuple(words.SUBJECTS)),
        colour=_one(rng, tuple(words.COLOURS)),
        motion=motion,
        is_cameo=bool(rng.random() < cameos),
        across=motion in {"right", "left"} and bool(rng.random() < 0.15),
    )


def _one(rng: np.random.Generator, values: tuple[str, ...]) -> str:
    return values[int(rng.integers(len(values)))]


def _caption(rng: np.random.Generator, spec: Spec) -> str:
    parts = []
    for name, actor in zip(words.NAMES, spec.actors, strict=False):
        said = words.ACROSS if actor.across else words.MOTIONS[actor.motion]
        parts.append(f"{name if actor.is_cameo else _described(rng, actor)} {_one(rng, said)}")
    if spec.actors[0].is_cameo and rng.random() < 0.5:
        parts.reverse()  # a cameo keeps its slot wherever it is named
    tail = [_one(rng, words.SCENES[spec.scene]), _one(rng, words.SOUNDS[spec.sound])]
    if spec.light != "day" or rng.random() < 0.2:
        tail.append(_one(rng, words.LIGHTS[spec.light]))
    if spec.weather != "clear" or rng.random() < 0.1:
        tail.append(_one(rng, words.WEATHERS[spec.weather]))
    order = rng.permutation(len(tail))
    text = " ".join([" and ".join(parts), *(tail[i] for i in order)])
    return _filled(rng, text)


def _described(rng: np.random.Generator, actor: Actor) -> str:
    return f"a {_one(rng, words.COLOURS[actor.colour])} {_one(rng, words.SUBJECTS[actor.subject])}"


def _filled(rng: np.random.Generator, text: str) -> str:
    """People write more words than are needed: let some stand between."""
    given = text.split()
    for _ in range(int(rng.integers(0, 3)) if rng.random() < 0.4 else 0):
        given.insert(int(rng.integers(len(given))), _one(rng, words.FILLERS))
    return " ".join(given)
