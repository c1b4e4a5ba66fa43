"""Where everybody goes: a small network of its own inside the sketch model.

Ways are few numbers and many cases: a circle has to be told from a hop through much noise. The
large network sees too few clips to learn that, since each costs it a scene; this one reads only
ways, beats and words, and learns from thousands of them a second. What it guesses stands in the
place of the large network's own guess, and that network sees the ways that come of it.

Inputs and outputs are scaled by noise level as in Karras et al., Elucidating the Design Space of
Diffusion-Based Generative Models, 2022.
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import nn
from torch.nn import functional

from gpu_workers.sketch.layers import ACTORS
from gpu_workers.sketch.tokens import SHAPES, SIGNAL
from gpu_workers.sketch.words import VOCABULARY, WORDS_MAX

_WORD: Final = 96
_HEADS: Final = 4
_READINGS: Final = 2
_WIDTH: Final = 256
_INNER: Final = 384
_THOUGHTS: Final = 2
_WAVES: Final = 16
_SPREAD: Final = 0.45 * SIGNAL["tracks"]
"""Spread of a clean way's numbers, as tokens hold them."""
_WAYS: Final = math.prod(SHAPES["tracks"])
_BEATS: Final = math.prod(SHAPES["beats"])


class _Thought(nn.Module):
    """A gated layer whose input is tuned by caption and noise level; it adds to its input."""

    def __init__(self) -> None:
        super().__init__()
        self.up = nn.Linear(_WIDTH, 2 * _INNER, bias=False)
        self.down = nn.Linear(_INNER, _WIDTH, bias=False)
        self.table = nn.Parameter(torch.zeros(2, _WIDTH))

    def forward(self, x: torch.Tensor, tuned: torch.Tensor) -> torch.Tensor:
        """``x`` [n, width], ``tuned`` [n, 2, width]: shift and scale."""
        shift, scale = (tuned + self.table).unbind(1)
        left, right = self.up(functional.rms_norm(x, (_WIDTH,)) * (1 + scale) + shift).chunk(2, 1)
        return x + torch.as_tensor(self.down(functional.silu(left) * right))


class Wayfinder(nn.Module):
    """Noisy ways and beats, a noise level and a caption → clean ways."""

    def __init__(self) -> None:
        super().__init__()
        self.gram = nn.EmbeddingBag(VOCABULARY, _WORD, mode="mean", padding_idx=0)
        self.places = nn.Parameter(torch.randn(WORDS_MAX + ACTORS, _WORD) * 0.3)
        self.readings = nn.ModuleList(
            nn.TransformerEncoderLayer(
                _WORD, _HEADS, 2 * _WORD, 0.0, "gelu", batch_first=True, norm_first=True
            )
            for _ in range(_READINGS)
        )
        self.tune = nn.Linear(ACTORS * _WORD + 2 * _WAVES, 2 * _WIDTH)
        self.read = nn.Linear(_WAYS + _BEATS + 1, _WIDTH)
        self.thoughts = nn.ModuleList(_Thought() for _ in range(_THOUGHTS))
        self.write = nn.Linear(_WIDTH, _WAYS)
        self.register_buffer("waves", torch.exp(torch.linspace(0, math.log(100.0), _WAVES)))
        nn.init.normal_(self.gram.weight, std=1.0)
        nn.init.zeros_(self.write.weight)

    def told(self, words: torch.Tensor) -> torch.Tensor:
        """What a caption int64 [n, WORDS_MAX, GRAMS] says of each actor, [n, actors · width]."""
        n, count, grams = words.shape
        read = torch.as_tensor(self.gram(words.reshape(-1, grams))).view(n, count, _WORD)
        asking = read.new_zeros(n, ACTORS, _WORD)
        x = torch.cat([read, asking], 1) + self.places
        for reading in self.readings:
            x = reading(x)
        return x[:, count:].flatten(1)

    def forward(
        self,
        ways: torch.Tensor,
        beats: torch.Tensor,
        level: torch.Tensor,
        goes_on: torch.Tensor,
        told: torch.Tensor,
    ) -> torch.Tensor:
        """Clean ways [n, actors, numbers] from noisy tokens; ``told`` is what ``self.told`` says.

        ``level`` [n] lies in [0, 1]; ``goes_on`` [n] is 1 where the first moments are given.
        """
        kept = level[:, None]
        scale = (kept * _SPREAD).square().add((1 - kept).square()).sqrt()
        noisy = ways.flatten(1)
        x: torch.Tensor = self.read(
            torch.cat([noisy / scale, beats.flatten(1), goes_on[:, None]], 1)
        )
        turns = kept * torch.as_tensor(self.waves)
        tuned = self.tune(torch.cat([told, turns.sin(), turns.cos()], 1)).view(-1, 2, _WIDTH)
        for thought in self.thoughts:
            x = thought(x, tuned)
        guess: torch.Tensor = self.write(functional.rms_norm(x, (_WIDTH,)))
        skip = kept * _SPREAD**2 / scale.square()
        clean = skip * noisy + _SPREAD * (1 - kept) / scale * guess
        return clean.view_as(ways)
