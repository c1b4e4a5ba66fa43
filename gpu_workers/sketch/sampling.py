"""One step of sampling, as plain functions of tensors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch

from gpu_workers.sketch.layers import MOMENTS
from gpu_workers.sketch.model import Prompted
from gpu_workers.sketch.tokens import GIVEN_MOMENTS, LEVELS, SHAPES, TIMED, Parts, first_moments

NOISE_LEFT_MIN: Final = 1e-3
SCENE_SHARE: Final = 1 / 3
"""Of what guidance adds, the share that a scene gets: more would push the noise between patches."""
DECIDED: Final = 0.6
"""Level by which ways are decided upon. Guided further, who stands still would begin to hop."""

Network = Callable[[Parts, torch.Tensor, Prompted], tuple[Parts, torch.Tensor]]
"""A ``Sketch``, or its graph."""


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


def step(
    model: Network,
    noisy: Parts,
    now: torch.Tensor,
    then: torch.Tensor,
    asked: Asked,
    guidance: float,
) -> Parts:
    """One Euler step from levels ``now`` [4] to ``then``, with guidance away from no caption.

    Classifier-free guidance (Ho and Salimans, 2022); the reference stays on both sides.
    """
    clean = guess(model, noisy, now, asked, guidance)
    moved = {}
    for name, x in noisy.items():
        level = LEVELS[name]
        left = float(1 - now[level])
        share = float(then[level] - now[level]) / max(left, NOISE_LEFT_MIN)
        moved[name] = x + share * (clean[name] - x)
    return moved


def guess(
    model: Network, noisy: Parts, levels: torch.Tensor, asked: Asked, guidance: float
) -> Parts:
    """The clean clip as the model sees it now."""
    sides = 1 if guidance == 1 else 2
    given = (torch.arange(MOMENTS) < GIVEN_MOMENTS).float() * float(asked.goes_on)
    prompted = Prompted(
        words=torch.stack([asked.words, torch.zeros_like(asked.words)][:sides]),
        references=asked.references.expand(sides, *asked.references.shape),
        is_cameo=asked.is_cameo.expand(sides, -1),
        given=given.expand(sides, -1),
    )
    batch = {name: x.expand(sides, *x.shape) for name, x in noisy.items()}
    told, _ = model(batch, levels.expand(sides, -1), prompted)
    if sides == 1:
        return {name: x[0] for name, x in told.items()}
    shares = {n: _guidance_of(n, guidance, float(levels[LEVELS[n]])) for n in told}
    return {name: x[1] + shares[name] * (x[0] - x[1]) for name, x in told.items()}


def _guidance_of(name: str, guidance: float, level: float) -> float:
    """Ways are guided while there is much noise (Kynkäänniemi et al., 2024), a scene a little."""
    if name == "tracks" and level >= DECIDED:
        return 1.0
    share = SCENE_SHARE if name in {"backdrop", "weather"} else 1.0
    return 1 + share * (guidance - 1)
