"""A window of a shot, ready to be sampled: what is asked, what is given, and where it begins."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch

from gpu_workers.references import References, Screen, standing_free
from gpu_workers.sampler import SEED_MAX, Plan, Reference, SamplingRequest, State
from gpu_workers.sketch import layers, mel, sampling, source, words
from gpu_workers.sketch.clips import reference_of
from gpu_workers.sketch.film import Cutout
from gpu_workers.sketch.schedule import Place, levels_of, windows_for
from gpu_workers.sketch.tokens import GIVEN_MOMENTS, SHAPES, TIMED, Parts, last_first, to_tokens

_SCREEN: Final = Screen(source.WIDTH, source.HEIGHT, layers.MOMENTS_PER_SECOND)


@dataclass(frozen=True)
class Window:
    """``levels`` [STEPS + 1, 4] go from noise to clip. ``shared`` are parts that stay as they are,
    ``first`` the parts whose first moments are given, and ``begin`` is where it all begins."""

    place: Place
    asked: sampling.Asked
    levels: torch.Tensor
    begin: Parts
    shared: Parts
    first: Parts | None

    def with_given(self, parts: Parts) -> Parts:
        """The parts with everything that is given put in."""
        whole = parts | self.shared
        return whole if self.first is None else sampling.with_first(whole, self.first)

    def resumed(self, state: State) -> Parts:
        """The parts as a state holds them."""
        own = {name: state.tensors.get(tensor_name(self.place, name)) for name in SHAPES}
        return self.with_given({name: x for name, x in own.items() if x is not None})

    def named(self, parts: Parts) -> Parts:
        """What of the parts a state must hold, under the names that it has there."""
        return {
            tensor_name(self.place, name): x for name, x in parts.items() if name not in self.shared
        }


def opened(plan: Plan, state: State, place: Place, references: References) -> Window:
    """The window at a place; the state holds the windows before it."""
    cast = cutouts_of(plan, references)
    shared: Parts = {}
    first: Parts | None = None
    kept: float | None = None
    begin = sampling.noise(seed_of(plan, place))
    if place.window:
        opening, last = Place(place.shot, 0, 0), Place(place.shot, place.window - 1, 0)
        shared = {n: state.tensors[tensor_name(opening, n)] for n in SHAPES if n not in TIMED}
        first = {n: state.tensors[tensor_name(last, n)] for n in SHAPES if n in TIMED}
    elif goes_on(plan):
        whole = _source(plan, place, references, cast)
        shared = {name: x for name, x in whole.items() if name not in TIMED}
        first = {name: x for name, x in whole.items() if name in TIMED}
    if first is not None:
        first = {name: last_first(name, x) for name, x in first.items()}
    if remixed := of_use(plan, "remix"):
        kept = remixed[0].keep
    levels = levels_of(bool(shared), kept)
    if kept is not None:
        begin = sampling.mixed(_source(plan, place, references, cast), begin, levels[0])
    asked = _asked(plan, place, cast, first is not None)
    window = Window(place, asked, levels, begin, shared, first)
    return Window(place, asked, levels, window.with_given(begin), shared, first)


def _asked(
    plan: Plan, place: Place, cast: tuple[Cutout | None, ...], goes_on_here: bool
) -> sampling.Asked:
    shot = plan.shots[place.shot]
    shares = [
        None if each is None else np.asarray(each, np.float32) / np.float32(255) for each in cast
    ]
    return sampling.Asked(
        words=torch.from_numpy(words.numbers(words.readable(shot.prompt, shot.cast))),
        references=torch.from_numpy(np.stack([reference_of(each) for each in shares])),
        is_cameo=torch.tensor([float(each is not None) for each in cast]),
        goes_on=goes_on_here,
    )


def cutouts_of(plan: Plan, references: References) -> tuple[Cutout | None, ...]:
    """The pictures of the cast, in its order; None where the model draws somebody itself."""
    given = [each for each in of_use(plan, "likeness") if each.kind == "picture"]
    shown = [standing_free(references.cutout(each)) for each in given[: layers.ACTORS]]
    return (*shown, *[None] * (layers.ACTORS - len(shown)))


def _source(
    plan: Plan, place: Place, references: References, cast: tuple[Cutout | None, ...]
) -> Parts:
    """The source of a remix, or the end of the one that is gone on from, as clean parts."""
    count = layers.MOMENTS
    if goes_on(plan):
        seen = references.ending(of_use(plan, "extend")[0], _SCREEN, count)
        index = np.arange(count) - (count - len(seen))
    else:
        start = place.window * (count - GIVEN_MOMENTS) / layers.MOMENTS_PER_SECOND
        seen = references.clip(of_use(plan, "remix")[0], _SCREEN, start, count)
        index = np.arange(count)
    apart = source.taken_apart(seen[np.clip(index, 0, len(seen) - 1)])
    apart = source.in_order(apart, cast) if goes_on(plan) else apart
    quiet = np.full((count * layers.COLUMNS, layers.BANDS), mel.SILENCE, np.float32)
    named = {**apart.__dict__, "sound": quiet}
    whole = to_tokens({name: torch.from_numpy(value)[None] for name, value in named.items()})
    return {name: x[0] for name, x in whole.items()}


def of_use(plan: Plan | SamplingRequest, use: str) -> list[Reference]:
    """The references that are given for one use."""
    return [each for each in plan.references if each.use == use]


def goes_on(plan: Plan | SamplingRequest) -> bool:
    """Whether the clip goes on from a source."""
    return bool(of_use(plan, "extend"))


def counts(plan: Plan | SamplingRequest) -> tuple[int, ...]:
    """How many windows each shot takes."""
    return tuple(windows_for(shot.seconds, goes_on(plan)) for shot in plan.shots)


def seed_of(plan: Plan, place: Place) -> int:
    """A seed for each window, so that shots and windows of one prompt still differ."""
    told = f"{plan.seed}/{place.shot}/{place.window}"
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:8], "big") & SEED_MAX


def tensor_name(place: Place, name: str) -> str:
    """What a state calls a part of a window."""
    return f"shot.{place.shot:03d}.window.{place.window:03d}.{name}"
