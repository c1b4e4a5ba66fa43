"""The sketch model: one transformer over scene, actors, moments and words, trained as a flow.

Every token attends to every other; each kind of token has weights of its own (as in Esser et al.,
Scaling Rectified Flow Transformers, 2024). An actor's whole way is one token, so that it is one
motion; a small network of its own guesses it (``wayfinder``). Another one makes one backdrop of the
patches that the transformer guesses (``finisher``). All of them take part in each step.
A moment's token holds how hard somebody sounds and what is heard, and one onset, predicted under
supervision, feeds both: so picture and sound agree in time.
The network predicts the clean clip (Li and He, Back to Basics, 2025); the flow runs from noise at
level 0 to the clip at level 1 in a straight line (Liu et al., Flow Straight and Fast, 2022).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Final

import torch
from torch import nn
from torch.nn import functional

from gpu_workers.sketch.clips import REFERENCE_SIDE
from gpu_workers.sketch.finisher import Finisher
from gpu_workers.sketch.layers import ACTORS, MOMENTS
from gpu_workers.sketch.tokens import LEVEL_COUNT, LEVELS, SHAPES, SIGNAL, Parts
from gpu_workers.sketch.wayfinder import Wayfinder
from gpu_workers.sketch.words import VOCABULARY, WORDS_MAX

KINDS: Final = ("scene", "actor", "moment", "word")
WRITTEN: Final = tuple(name for name in SHAPES if name != "tracks")
"""The parts that the transformer itself guesses."""
_COUNTS: Final = (
    SHAPES["backdrop"][0] + SHAPES["weather"][0],
    SHAPES["plates"][0] + SHAPES["tracks"][0],
    MOMENTS,
    WORDS_MAX + ACTORS,
)
_SCENE: Final = LEVELS["backdrop"]
_MOTION: Final = LEVELS["tracks"]
_WAVES: Final = 16
"""Frequencies that tell a noise level."""


@dataclass(frozen=True)
class Size:
    """How large the network is."""

    width: int = 160
    depth: int = 5
    heads: int = 5

    def as_text(self) -> dict[str, str]:
        """For the header of the weights' file."""
        return {name: str(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Prompted:
    """What a clip is asked to be.

    ``words`` int64 [n, WORDS_MAX, GRAMS]; ``references`` [n, 2, 12, 12, 4] and ``is_cameo`` [n, 2]
    say who is cast; ``given`` [n, MOMENTS] marks moments that are handed over clean.
    """

    words: torch.Tensor
    references: torch.Tensor
    is_cameo: torch.Tensor
    given: torch.Tensor


class _Expert(nn.Module):
    """The weights of one kind of token in one block."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        inner = width * 8 // 3 // 32 * 32
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 2 * inner, bias=False)
        self.down = nn.Linear(inner, width, bias=False)
        self.table = nn.Parameter(torch.zeros(6, width))
        self.sharp = nn.Parameter(torch.ones(heads, 1, 1))

    def calm(self) -> None:
        """Let the block change little at first."""
        with torch.no_grad():
            self.out.weight.mul_(0.3)
            self.down.weight.mul_(0.3)

    def attended(self, x: torch.Tensor, tuned: torch.Tensor) -> torch.Tensor:
        """Queries, keys and values [3, n, heads, tokens, width / heads]."""
        shift, scale = tuned[:, 0:1], tuned[:, 1:2]
        n, count, width = x.shape
        made = self.qkv(functional.rms_norm(x, (width,)) * (1 + scale) + shift)
        made = made.view(n, count, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        queries, keys, values = made.unbind(0)
        side = (width // self.heads,)
        queries = functional.rms_norm(queries, side) * self.sharp
        return torch.stack((queries, functional.rms_norm(keys, side), values))

    def moved(self, x: torch.Tensor, heard: torch.Tensor, tuned: torch.Tensor) -> torch.Tensor:
        """The tokens after they have attended and thought."""
        x = x + (1 + tuned[:, 2:3]) * self.out(heard)
        shift, scale, gate = tuned[:, 3:4], tuned[:, 4:5], tuned[:, 5:6]
        inner = self.up(functional.rms_norm(x, (x.shape[-1],)) * (1 + scale) + shift)
        left, right = inner.chunk(2, -1)
        thought: torch.Tensor = self.down(functional.silu(left) * right)
        return x + (1 + gate) * thought


class _Block(nn.Module):
    def __init__(self, size: Size) -> None:
        super().__init__()
        self.experts = nn.ModuleList(_Expert(size.width, size.heads) for _ in KINDS)

    def forward(self, xs: list[torch.Tensor], tuning: torch.Tensor) -> list[torch.Tensor]:
        """Let all tokens hear each other, then think, each kind with its own weights."""
        experts = [each for each in self.experts if isinstance(each, _Expert)]
        tuned = [tuning[:, i] + e.table for i, e in enumerate(experts)]
        made = [e.attended(x, t) for e, x, t in zip(experts, xs, tuned, strict=True)]
        queries, keys, values = torch.cat(made, 3).unbind(0)
        heard = (
            functional.scaled_dot_product_attention(queries, keys, values)
            .transpose(1, 2)
            .flatten(2)
        )
        ends = list(accumulate(_COUNTS))
        parts = [heard[:, end - count : end] for end, count in zip(ends, _COUNTS, strict=True)]
        return [e.moved(x, h, t) for e, x, h, t in zip(experts, xs, parts, tuned, strict=True)]


class Sketch(nn.Module):
    """Noisy parts and what is asked → clean parts, and when something sounds."""

    def __init__(self, size: Size | None = None) -> None:
        super().__init__()
        self.size = size or Size()
        width = self.size.width
        self.read = nn.ModuleDict({k: nn.Linear(n, width) for k, (_, n) in SHAPES.items()})
        self.write = nn.ModuleDict({k: nn.Linear(width, SHAPES[k][1]) for k in WRITTEN})
        self.gram = nn.EmbeddingBag(VOCABULARY, width, mode="mean", padding_idx=0)
        self.reference = nn.Linear(REFERENCE_SIDE * REFERENCE_SIDE * 4, width)
        self.places = nn.ParameterList(torch.randn(count, width) * 0.3 for count in _COUNTS)
        self.given = nn.Parameter(torch.zeros(width))
        self.onset = nn.Linear(width, 1)
        self.on_onset = nn.Parameter(torch.zeros(width))
        self.condition = nn.Sequential(
            nn.Linear(LEVEL_COUNT * 2 * _WAVES + width, 256),
            nn.SiLU(),
            nn.Linear(256, 4 * 6 * width),
        )
        self.blocks = nn.ModuleList(_Block(self.size) for _ in range(self.size.depth))
        self.register_buffer("waves", torch.exp(torch.linspace(0, math.log(300.0), _WAVES)))
        self._begin()
        self.wayfinder, self.finisher = Wayfinder(), Finisher()

    def _begin(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        for block in self.blocks:
            for expert in block.modules():
                if isinstance(expert, _Expert):
                    expert.calm()
        for head in (*self.write.values(), self.condition[2], self.onset):
            if isinstance(head, nn.Linear):
                nn.init.zeros_(head.weight)
        nn.init.normal_(self.gram.weight, std=1.2)

    def forward(
        self, noisy: Parts, levels: torch.Tensor, asked: Prompted
    ) -> tuple[Parts, torch.Tensor]:
        """The clean parts, and the logit [n, MOMENTS] that something sounds.

        ``noisy`` holds tokens by the names of ``SHAPES``; ``levels`` [n, 4] lie in [0, 1].
        """
        clean, sounds = self.transformed(noisy, levels, asked)
        backdrop = self.finisher(noisy["backdrop"], clean["backdrop"], levels[:, _SCENE])
        ways = self._ways(noisy, levels, asked)
        return clean | {"backdrop": backdrop, "tracks": ways}, sounds

    def transformed(
        self, noisy: Parts, levels: torch.Tensor, asked: Prompted
    ) -> tuple[Parts, torch.Tensor]:
        """What the transformer itself guesses: all but ways, and a backdrop still in patches."""
        xs = self._tokens(noisy, asked)
        tuning = self._tuning(levels, asked.words)
        for block in self.blocks:
            xs = block(xs, tuning)
        scene, actor, moment, _ = (functional.rms_norm(x, (x.shape[-1],)) for x in xs)
        sounds = self.onset(moment)
        moment = moment + torch.sigmoid(sounds) * self.on_onset
        patches = SHAPES["backdrop"][0]
        kept = {
            "backdrop": scene[:, :patches],
            "weather": scene[:, patches:],
            "plates": actor[:, : SHAPES["plates"][0]],
            "beats": moment,
            "sound": moment,
        }
        clean = {name: self.write[name](x) * SIGNAL[name] for name, x in kept.items()}
        return clean, sounds[..., 0]

    def _ways(self, noisy: Parts, levels: torch.Tensor, asked: Prompted) -> torch.Tensor:
        told, goes_on = self.wayfinder.told(asked.words), asked.given.amax(1)
        ways, beats = noisy["tracks"], noisy["beats"]
        return torch.as_tensor(self.wayfinder(ways, beats, levels[:, _MOTION], goes_on, told))

    def _tokens(self, noisy: Parts, asked: Prompted) -> list[torch.Tensor]:
        read = {name: layer(noisy[name]) for name, layer in self.read.items()}
        cast = self.reference(asked.references.flatten(2)) * asked.is_cameo[..., None]
        words = self._words(asked.words)
        moments = read["beats"] + read["sound"] + asked.given[..., None] * self.given
        goes_on = asked.given.amax(1)[:, None, None] * self.given
        kinds = (
            torch.cat([read["backdrop"], read["weather"]], 1),
            torch.cat([read["plates"], read["tracks"] + goes_on], 1),
            moments,
            torch.cat([words, cast], 1),
        )
        return [x + place for x, place in zip(kinds, self.places, strict=True)]

    def _words(self, numbers: torch.Tensor) -> torch.Tensor:
        n, count, grams = numbers.shape
        return torch.as_tensor(self.gram(numbers.reshape(-1, grams))).view(n, count, -1)

    def _tuning(self, levels: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
        turns = levels[..., None] * torch.as_tensor(self.waves)
        words = self._words(numbers)
        said = (numbers[..., 0] > 0).sum(1, keepdim=True).clamp(min=1)
        told = [turns.sin().flatten(1), turns.cos().flatten(1), 3 * words.sum(1) / said]
        return torch.as_tensor(self.condition(torch.cat(told, 1))).view(
            len(levels), len(KINDS), 6, self.size.width
        )
