"""One step of sampling, as plain functions of tensors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import nn

from gpu_workers.sketch.layers import MOMENTS
from gpu_workers.sketch.model import Prompted, Sketch
from gpu_workers.sketch.tokens import GIVEN_MOMENTS, LEVELS, SHAPES, TIMED, Parts, first_moments

NOISE_LEFT_MIN: Final = 1e-3
SCENE_SHARE: Final = 1 / 3
"""Of what guidance adds, the share that a scene gets: more would push the noise between patches."""
DECIDED: Final = 0.6
"""Level by which ways are decided upon. Guided further, who stands still would begin to hop."""


@dataclass(frozen=True)
class Asked:
    """What a window is asked to be, for one clip: a batch of one without its axis.

    With ``goes_on`` its first moments are given.
    """

    words: torch.Tensor
    references: torch.Tensor
    is_cameo: torch.Tensor
    goes_on: bool = False


def noise(seed: int) -> Parts:
    """Where a window begins: each part from its own place in one generator, float32 on the CPU."""
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(shape, generator=generator) for name, shape in SHAPES.items()}


def mixed(clean: Parts, begin: Parts, levels: torch.Tensor) -> Parts:
    """A clean clip under as much noise as its levels [4] say."""
    shares = {name: levels[LEVELS[name]] for name in clean}
    return {name: shares[name] * x + (1 - shares[name]) * begin[name] for name, x in clean.items()}


def with_first(parts: Parts, first: Parts) -> Parts:
    """The parts with their first moments replaced by those of ``first``."""
    put = {
        name: torch.where(first_moments(name), first[name], parts[name])
        for name in parts
        if name in TIMED
    }
    return parts | put


class Stepper(nn.Module):
    """One Euler step as a function of tensors, with guidance away from no caption.

    Classifier-free guidance (Ho and Salimans, 2022); the reference stays on both sides.
    """

    def __init__(self, network: Sketch) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        levels: torch.Tensor,
        shares: torch.Tensor,
        guides: torch.Tensor,
        words: torch.Tensor,
        references: torch.Tensor,
        is_cameo: torch.Tensor,
        given: torch.Tensor,
        *noisy: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        """The parts after the step, in the order of ``SHAPES``, as ``noisy`` has them.

        The first three are one row of those of a course, the next four what it asks.
        """
        sides = len(words)
        batch = {n: x.expand(sides, *x.shape) for n, x in zip(SHAPES, noisy, strict=True)}
        told = Prompted(words, references, is_cameo, given)
        guessed, _ = self.network(batch, levels.expand(sides, -1), told)
        moved = []
        for number, (name, x) in enumerate(zip(SHAPES, noisy, strict=True)):
            clean = guessed[name][0]
            if sides == 2:
                unasked = guessed[name][1]
                clean = unasked + guides[number] * (clean - unasked)
            moved.append(x + shares[number] * (clean - x))
        return tuple(moved)


Network = Callable[..., tuple[torch.Tensor, ...]]
"""A ``Stepper``, or its graph."""


@dataclass(frozen=True)
class Course:
    """What is known of every step of a window before the first.

    ``levels`` [steps, 4] before each step, ``shares`` [steps, parts] of the way to the clean parts
    that it goes, ``guides`` [steps, parts], and what is asked, once for each side of the guidance.
    """

    levels: torch.Tensor
    shares: torch.Tensor
    guides: torch.Tensor
    asked: Prompted

    def step(self, network: Network, noisy: Parts, number: int) -> Parts:
        """The parts after this step."""
        at = (self.levels[number], self.shares[number], self.guides[number])
        told = (self.asked.words, self.asked.references, self.asked.is_cameo, self.asked.given)
        return dict(
            zip(SHAPES, network(*at, *told, *(noisy[name] for name in SHAPES)), strict=True)
        )


def course(levels: torch.Tensor, asked: Asked, guidance: float) -> Course:
    """The course through levels [steps + 1, 4]."""
    left = (1 - levels[:-1]).double().clamp(min=NOISE_LEFT_MIN)
    shares = (levels.diff(dim=0).double() / left).float()
    guides = [
        [_guidance_of(name, guidance, float(row[LEVELS[name]])) for name in SHAPES]
        for row in levels[:-1]
    ]
    sides = 1 if guidance == 1 else 2
    given = (torch.arange(MOMENTS) < GIVEN_MOMENTS).float() * float(asked.goes_on)
    prompted = Prompted(
        words=torch.stack([asked.words, torch.zeros_like(asked.words)][:sides]),
        references=asked.references.expand(sides, *asked.references.shape),
        is_cameo=asked.is_cameo.expand(sides, -1),
        given=given.expand(sides, -1),
    )
    of_parts = [LEVELS[name] for name in SHAPES]
    return Course(levels[:-1], shares[:, of_parts], torch.tensor(guides), prompted)


def _guidance_of(name: str, guidance: float, level: float) -> float:
    """Ways are guided while there is much noise (Kynkäänniemi et al., 2024), a scene a little."""
    if name == "tracks" and level >= DECIDED:
        return 1.0
    share = SCENE_SHARE if name in {"backdrop", "weather"} else 1.0
    return 1 + share * (guidance - 1)
