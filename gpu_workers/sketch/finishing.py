"""Train the finisher by itself: ``python -m gpu_workers.sketch.finishing --into WEIGHTS``.

The rest of the model guesses clean backdrops from noisy ones, once; the finisher then learns from
these guesses to make better ones. What it has learnt is put into the same file of weights.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
import torch

from gpu_workers.sketch import weights
from gpu_workers.sketch.averages import follow as follow_weights
from gpu_workers.sketch.dataset import Clips, gather
from gpu_workers.sketch.finisher import Finisher
from gpu_workers.sketch.learning import LEVEL_MEAN, LEVEL_SPREAD, NOISE_LEFT_MIN
from gpu_workers.sketch.model import Prompted, Sketch
from gpu_workers.sketch.tokens import SIGNAL, backdrop_picture, backdrop_tokens, to_tokens

PREFIX: Final = "finisher."
NOTE_EVERY: Final = 100
KEEP_MAX: Final = 0.997
STEADY: Final = 0.3
_GUESSED_AT_ONCE: Final = 16


@dataclass(frozen=True)
class Course:
    """How to train: so many ``guesses`` of the model, then ``steps`` or ``minutes`` with them."""

    guesses: int = 8000
    steps: int = 4000
    minutes: float = 20.0
    batch: int = 16
    rate: float = 2e-3
    seed: int = 0
    device: str = "cpu"


@dataclass(frozen=True)
class Guesses:
    """Backdrops as tokens [n, count, numbers], float16: noisy, guessed, clean; ``level`` [n]."""

    noisy: torch.Tensor
    guess: torch.Tensor
    clean: torch.Tensor
    level: torch.Tensor


@torch.inference_mode()
def guessed(model: Sketch, clips: Clips, course: Course) -> Guesses:
    """What the model makes of backdrops under noise, before they are finished.

    The model and the clips are on the device that the course names.
    """
    device = torch.device(course.device)
    generator = torch.Generator(device).manual_seed(course.seed)
    chosen = np.random.default_rng(course.seed).permutation(len(clips))[: course.guesses]
    made: list[tuple[torch.Tensor, ...]] = []
    for at in range(0, len(chosen), _GUESSED_AT_ONCE):
        batch = clips.batch(chosen[at : at + _GUESSED_AT_ONCE])
        clean, n = to_tokens(batch), len(batch["words"])
        drawn = torch.randn(n, generator=generator, device=device) * LEVEL_SPREAD + LEVEL_MEAN
        level = torch.sigmoid(drawn)[:, None, None]
        noisy = {
            name: level * x + (1 - level) * torch.randn(x.shape, generator=generator, device=device)
            for name, x in clean.items()
        }
        asked = Prompted(
            batch["words"],
            batch["references"],
            batch["is_cameo"],
            torch.zeros_like(clean["beats"][..., 0]),
        )
        told, _ = model.transformed(noisy, level[:, 0].expand(-1, 4), asked)
        parts = (noisy["backdrop"], told["backdrop"], clean["backdrop"])
        made.append((*(x.half() for x in parts), level[:, 0, 0]))
    return Guesses(*(torch.cat(each) for each in zip(*made, strict=True)))


def loss(network: Finisher, batch: Guesses, mirrored: bool) -> torch.Tensor:
    """The error of the finished guess, weighed as an error of velocity; a mirror teaches too."""
    noisy, guess, clean = (
        _mirrored(x.float()) if mirrored else x.float()
        for x in (batch.noisy, batch.guess, batch.clean)
    )
    better = network(noisy, guess, batch.level)
    left = (1 - batch.level).clamp(min=NOISE_LEFT_MIN)[:, None, None]
    return torch.as_tensor((((better - clean) / (SIGNAL["backdrop"] * left)) ** 2).mean())


def _mirrored(tokens: torch.Tensor) -> torch.Tensor:
    return backdrop_tokens(backdrop_picture(tokens).flip(3))


def train(network: Finisher, guesses: Guesses, course: Course) -> dict[str, torch.Tensor]:
    """Learn until the steps or the minutes are over; the averaged weights."""
    begun, running, step = time.monotonic(), torch.zeros(()), 0
    average = {name: value.clone() for name, value in network.state_dict().items()}
    optimiser = torch.optim.AdamW(network.parameters(), course.rate, weight_decay=0.01)
    chance = np.random.default_rng(course.seed)
    while (share := max(step / course.steps, (time.monotonic() - begun) / 60 / course.minutes)) < 1:
        falling = max(0.0, (share - STEADY) / (1 - STEADY))
        optimiser.param_groups[0]["lr"] = course.rate * max(0.01, 1 - falling)
        chosen = chance.integers(0, len(guesses.level), course.batch)
        index = torch.from_numpy(chosen).to(guesses.level.device)
        batch = Guesses(*(getattr(guesses, field.name)[index] for field in fields(Guesses)))
        error = loss(network, batch, mirrored=bool(chance.random() < 0.5))
        optimiser.zero_grad(set_to_none=True)
        error.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        step += 1
        running = running + max(0.02, 1 / step) * (error.detach() - running)
        follow_weights(average, network, step, KEEP_MAX)
        if step % NOTE_EVERY == 0:
            print(f"step {step}, error {float(running):.4f}", flush=True)  # noqa: T201
    return average


def follow(course: Course, clips: Clips, path: Path) -> None:
    """Let the model of a file of weights guess, learn from that, and put it into the file."""
    torch.manual_seed(course.seed)
    device = torch.device(course.device)
    model, clips = weights.load(path).to(device), clips.on(device)
    network = model.finisher.requires_grad_(True)
    weights.put_into(path, PREFIX, train(network, guessed(model, clips, course), course))


def main() -> None:
    """Read the course from the command line and follow it."""
    parser = argparse.ArgumentParser(description=__doc__)
    for field in fields(Course):
        parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default)
    parser.add_argument("--folder", type=Path, default=Path(".callsheet/sketch"))
    parser.add_argument("--clips", type=int, default=16_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--into", type=Path, default=weights.PATH)
    given = vars(parser.parse_args())
    folder, count, processes, path = (
        given.pop(n) for n in ("folder", "clips", "processes", "into")
    )
    torch.set_num_threads(processes)
    clips = gather(folder / "clips", 0, count, processes)
    follow(Course(**given), clips, path)


if __name__ == "__main__":
    main()
