"""A judge of who is shown: it looks closely at the first actor and tells its shape and its colour.

It is trained apart from the sampler, on true clips of described actors whose seeds neither the
sampler nor the evaluation uses. It judges finished pictures; a track only tells it where to look.
Train it anew with ``python -m gpu_workers.sketch.portraits``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from gpu_workers.sketch import words
from gpu_workers.sketch.clips import draw_clip
from gpu_workers.sketch.closeups import SIDE, Closeup, closeups
from gpu_workers.sketch.film import Scene
from gpu_workers.sketch.spec import Actor

PATH: Final = Path(__file__).parent / "portraits.safetensors"
FIRST_SEED: Final = 60_000_000
"""Far from the seeds of the sampler's training, of the other judge's and of the evaluation."""
CLASSES: Final[dict[str, tuple[str, ...]]] = {
    "colour": tuple(words.COLOURS),
    "shape": tuple(words.SUBJECTS),
}
_WIDTHS: Final = (3, 24, 48, 64, 96)
_CELLS: Final = (SIDE // 16) ** 2
_BATCH: Final = 64
_MOVED: Final = 3
"""Pixels by which looks are moved in training: a sampled actor stands a little aside."""
_NOISE: Final = 0.06


class Portraits(nn.Module):
    """Four convolutions, each of which halves what is seen, and a head for each attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.eyes = nn.ModuleList(
            nn.Conv2d(one, other, 3, stride=2, padding=1) for one, other in pairwise(_WIDTHS)
        )
        self.heads = nn.ModuleDict(
            {name: nn.Linear(_WIDTHS[-1] * _CELLS, len(values)) for name, values in CLASSES.items()}
        )

    def forward(self, looks: torch.Tensor) -> dict[str, torch.Tensor]:
        """Float looks [n, 3, 48, 48] in [-1, 1] → logits [n, classes] by attribute."""
        for layer in self.eyes:
            looks = functional.relu(layer(looks))
        features = looks.flatten(1)
        return {name: head(features) for name, head in self.heads.items()}

    def judge(self, seen: Sequence[Closeup]) -> dict[str, str]:
        """What several looks at one actor say together."""
        told = self(_as_floats(np.stack([each.upright() for each in seen])))
        together = {name: logits.log_softmax(1).mean(0) for name, logits in told.items()}
        return {name: CLASSES[name][int(sums.argmax())] for name, sums in together.items()}


def load(path: Path = PATH) -> Portraits:
    """The judge that ships with the project."""
    judge = Portraits()
    judge.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    return judge.eval()


def labels(actor: Actor) -> dict[str, str]:
    """What the judge should say of a described actor."""
    return {"colour": actor.colour, "shape": actor.subject}


def _as_floats(looks: NDArray[np.uint8]) -> torch.Tensor:
    return torch.from_numpy(looks).permute(0, 3, 1, 2).float() / 127.5 - 1


@dataclass(frozen=True)
class _Lessons:
    """``looks`` uint8 [n, 48, 48, 3] and, by attribute, numbers of classes int64 [n]."""

    looks: NDArray[np.uint8]
    labels: dict[str, NDArray[np.int64]]


def _lesson(seed: int) -> tuple[list[NDArray[np.uint8]], dict[str, str]]:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    clip = draw_clip(seed, cameos=0.0)
    made = clip.layers
    scene = Scene(made.backdrop, made.weather, made.plates, made.tracks)
    return [each.upright() for each in closeups(scene)], labels(clip.spec.actors[0])


def _drawn(count: int, processes: int) -> _Lessons:
    with ProcessPoolExecutor(processes) as pool:
        made = list(pool.map(_lesson, range(FIRST_SEED, FIRST_SEED + count), chunksize=25))
    return _Lessons(
        looks=np.stack([look for looks, _ in made for look in looks]),
        labels={
            name: np.asarray([values.index(told[name]) for looks, told in made for _ in looks])
            for name, values in CLASSES.items()
        },
    )


def train(lessons: _Lessons, steps: int, path: Path) -> None:
    """Learn in so many steps of 64 looks; the rate falls in a straight line."""
    torch.manual_seed(1)
    judge = Portraits()
    optimiser = torch.optim.AdamW(judge.parameters(), 1e-3, weight_decay=0.02)
    chance = np.random.default_rng(1)
    for step in range(1, steps + 1):
        optimiser.param_groups[0]["lr"] = 2e-3 * min(1, step / 50) * (1 - step / (steps + 1))
        index = chance.integers(0, len(lessons.looks), _BATCH)
        told = judge(_disturbed(_as_floats(lessons.looks[index])))
        loss = torch.zeros(())
        for name, logits in told.items():
            right = torch.from_numpy(lessons.labels[name][index])
            loss = loss + functional.cross_entropy(logits, right)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if step % 100 == 0:
            print(f"step {step}, loss {float(loss.detach()):.3f}", flush=True)  # noqa: T201
    halves = {name: value.half() for name, value in judge.state_dict().items()}
    save_file(halves, path, metadata={"looks": str(len(lessons.looks)), "steps": str(steps)})


def _disturbed(looks: torch.Tensor) -> torch.Tensor:
    """Looks a little aside, softer and noisier: who judges true clips alone trips over samples."""
    n = len(looks)
    aside = torch.randint(-_MOVED, _MOVED + 1, (n, 2)).tolist()
    moved = torch.stack(
        [look.roll((down, right), (1, 2)) for look, (down, right) in zip(looks, aside, strict=True)]
    )
    soft = functional.avg_pool2d(functional.pad(moved, (1, 1, 1, 1), mode="replicate"), 3, 1)
    moved = torch.lerp(moved, soft, torch.rand(n, 1, 1, 1))
    return moved + torch.randn_like(moved) * _NOISE * torch.rand(n, 1, 1, 1)


def main() -> None:
    """Train the judge as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=2400)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=PATH)
    given = parser.parse_args()
    torch.set_num_threads(given.processes)
    train(_drawn(given.clips, given.processes), given.steps, given.out)


if __name__ == "__main__":
    main()
