"""What one step of training asks of the model: noise, how much of it where, and the loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch.nn import functional

from gpu_workers.sketch.layers import ACTORS
from gpu_workers.sketch.model import Prompted, Sketch
from gpu_workers.sketch.tokens import (
    LEVEL_COUNT,
    LEVELS,
    SHAPES,
    SIGNAL,
    TIMED,
    Parts,
    first_moments,
)

WEIGHTS: Final = {  # by part; ways are learnt apart (``wayfaring``), as is the finish of backdrops
    "backdrop": 1.0,
    "weather": 0.3,
    "plates": 1.0,
    "beats": 1.0,
    "sound": 0.5,
}
ONSET_WEIGHT: Final = 0.1
SILENCE: Final = 0.1
"""Share of clips whose caption is left out, for guidance."""
SPLIT_LEVELS: Final = 0.2
"""Share of clips whose parts have noise levels of their own: so one part can be given."""
CLEAN: Final = 0.3
"""Of those, the share of parts that are given clean."""
CONTINUED: Final = 0.15
"""Share of clips whose first moments are given: so a clip can go on from another."""
LEVEL_MEAN: Final = -0.5
LEVEL_SPREAD: Final = 1.4
"""Of the noise levels' logits: more are early, where a clip is decided upon."""
NOISE_LEFT_MIN: Final = 0.1


@dataclass(frozen=True)
class Losses:
    """Weighted sum, and the mean error of every part, detached."""

    total: torch.Tensor
    parts: dict[str, torch.Tensor]


def losses(model: Sketch, clean: Parts, batch: Parts, generator: torch.Generator) -> Losses:
    """The error of the clean clip that the model guesses from a noisy one.

    Weighted as an error of velocity: divided by the square of what noise is left. Chance is drawn
    on the generator's device, which all tensors are on.
    """
    n, device = len(batch["words"]), generator.device
    goes_on = _chance(n, generator) < CONTINUED
    given = {
        name: first_moments(name).to(device) & goes_on[:, None, None]
        if name in TIMED
        else torch.zeros(n, *SHAPES[name], dtype=torch.bool, device=device)
        for name in SHAPES
    }
    levels, is_clean = _levels(n, generator)
    noisy = {
        name: _noisy(clean[name], levels[:, LEVELS[name]], given[name], generator)
        for name in SHAPES
    }
    kept = (_chance(n, generator) >= SILENCE).long()[:, None, None]
    asked = Prompted(
        batch["words"] * kept,
        batch["references"],
        batch["is_cameo"],
        given["beats"][..., 0].float(),
    )
    guessed, sounds = model.transformed(noisy, levels, asked)
    total, parts = torch.zeros((), device=device), {}
    for name, guess in guessed.items():
        left = (1 - levels[:, LEVELS[name]]).clamp(min=NOISE_LEFT_MIN)[:, None, None]
        error = ((guess.float() - clean[name]) / (SIGNAL[name] * left)) ** 2
        counts = (1 - is_clean[:, LEVELS[name]])[:, None, None] * (~given[name])
        if name == "plates":
            drawn = (1 - batch["is_cameo"]).repeat_interleave(error.shape[1] // ACTORS, 1)
            counts = counts * drawn[..., None]
        mean = (error * counts).sum() / counts.sum().clamp(min=1)
        total = total + WEIGHTS[name] * mean
        parts[name] = mean.detach()
    heard = (clean["beats"][..., 0] + 1) / 2  # the first actor's, who makes the sounds
    onset = functional.binary_cross_entropy_with_logits(sounds.float(), heard)
    parts["onset"] = onset.detach()
    return Losses(total + ONSET_WEIGHT * onset, parts)


def _chance(n: int, generator: torch.Generator) -> torch.Tensor:
    return torch.rand(n, generator=generator, device=generator.device)


def _levels(n: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise levels [n, 4], and which parts are given clean."""
    drawn = torch.randn(n, LEVEL_COUNT, generator=generator, device=generator.device)
    split = (_chance(n, generator) < SPLIT_LEVELS).float()[:, None]
    same = drawn[:, :1].expand_as(drawn)
    levels = torch.sigmoid((drawn * split + same * (1 - split)) * LEVEL_SPREAD + LEVEL_MEAN)
    given = torch.rand(n, LEVEL_COUNT, generator=generator, device=generator.device) < CLEAN
    is_clean = given.float() * split
    return levels * (1 - is_clean) + is_clean, is_clean


def _noisy(
    clean: torch.Tensor, level: torch.Tensor, given: torch.Tensor, g: torch.Generator
) -> torch.Tensor:
    share = level[:, None, None]
    noise = torch.randn(clean.shape, generator=g, device=g.device)
    mixed = share * clean + (1 - share) * noise
    return torch.where(given, clean, mixed)
