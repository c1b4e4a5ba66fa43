"""Train the sketch model: ``python -m gpu_workers.sketch.train --minutes 80``.

One long decay of the learning rate over the steps or the minutes given, whichever ends first.
The transformer learns first; the two small networks follow in courses of their own (``wayfaring``
and ``finishing``).
Training goes on from ``FOLDER/training.pt`` where there is one; else it begins from the weights
that ``--weights FILE`` names, or from nothing.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from gpu_workers.sketch import finishing, wayfaring, weights
from gpu_workers.sketch.averages import follow
from gpu_workers.sketch.clips import DATA_VERSION
from gpu_workers.sketch.dataset import Clips, gather
from gpu_workers.sketch.learning import losses
from gpu_workers.sketch.model import Size, Sketch
from gpu_workers.sketch.tokens import to_tokens

WARM_UP_STEPS: Final = 100
STEADY: Final = 0.35
"""Share of the training before the learning rate begins to fall."""
SAVE_EVERY_SECONDS: Final = 60.0
NOTE_EVERY: Final = 50


@dataclass(frozen=True)
class Course:
    """How to train: ``clips`` drawn from ``seed`` on, ``steps`` of ``batch`` clips each."""

    folder: Path
    clips: int = 20_000
    steps: int = 100_000
    minutes: float = 80.0
    batch: int = 32
    rate: float = 1.5e-3
    seed: int = 0
    processes: int = 2
    device: str = "cpu"
    weights: Path | None = None


class Training:
    """The model, its running average and the optimiser, and how far they have come."""

    def __init__(self, course: Course, size: Size | None = None) -> None:
        torch.manual_seed(course.seed)
        self.course, self.device = course, torch.device(course.device)
        self.model = Sketch(size).to(self.device)
        self.average = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(),
            course.rate,
            betas=(0.9, 0.98),
            weight_decay=0.01,
            fused=self.device.type == "cuda",
        )
        self.step, self.seconds = 0, 0.0
        self.curve: list[dict[str, float]] = []

    def run(self, clips: Clips) -> None:
        """Train until the course is done; save now and then, and at the end."""
        begun, before, saved = time.monotonic(), self.seconds, time.monotonic()
        clips = clips.on(self.device)
        running: dict[str, torch.Tensor] = {}
        while (share := self._share()) < 1:
            for group in self.optimiser.param_groups:
                group["lr"] = self.course.rate * _pace(self.step, share)
            for name, value in self._learn(clips).items():
                running[name] = 0.97 * running.get(name, value) + 0.03 * value
            self.step += 1
            self.seconds = before + time.monotonic() - begun
            if self.step % NOTE_EVERY == 0:
                self._note({name: float(value) for name, value in running.items()})
            if time.monotonic() - saved > SAVE_EVERY_SECONDS:
                self.save()
                saved = time.monotonic()
        self.save()

    def _share(self) -> float:
        return max(self.step / self.course.steps, self.seconds / 60 / self.course.minutes)

    def _learn(self, clips: Clips) -> dict[str, torch.Tensor]:
        chance = np.random.default_rng((self.course.seed, self.step))
        generator = torch.Generator(self.device)
        generator.manual_seed(self.course.seed * 1_000_003 + self.step)
        batch = clips.batch(chance.integers(0, len(clips), self.course.batch))
        on_gpu = self.device.type == "cuda"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=on_gpu):
            loss = losses(self.model, to_tokens(batch), batch, generator)
        self.optimiser.zero_grad(set_to_none=True)
        loss.total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        follow(self.average, self.model, self.step + 1)
        return loss.parts

    def _note(self, running: dict[str, float]) -> None:
        seen = self.step * self.course.batch
        point = {"step": self.step, "minutes": self.seconds / 60, "clips": seen, **running}
        self.curve.append({name: round(value, 5) for name, value in point.items()})
        print(json.dumps(self.curve[-1]), flush=True)  # noqa: T201

    def save(self) -> None:
        """Everything needed to go on, and the averaged weights on their own."""
        folder = self.course.folder
        state: dict[str, Any] = {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "curve": self.curve,
        }
        unfinished = folder / "training.pt.tmp"
        torch.save(state, unfinished)
        unfinished.rename(folder / "training.pt")
        told = {"data": DATA_VERSION, "step": str(self.step), **self.model.size.as_text()}
        weights.write(folder / "sketch.safetensors", self.average, told)
        course = {k: str(v) for k, v in asdict(self.course).items()}
        story = {"course": course, "seconds": self.seconds, "curve": self.curve}
        (folder / "curve.json").write_text(json.dumps(story, indent=1))

    def go_on(self) -> None:
        """Take up the training that the folder holds; else begin from the weights given, if any."""
        path = self.course.folder / "training.pt"
        if not path.exists() and self.course.weights is not None:
            self._begin_with(weights.read(self.course.weights))
        if path.exists():
            state = torch.load(path, map_location=self.device, weights_only=True)
            self._begin_with(state["average"])
            self.model.load_state_dict(state["model"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step, self.seconds, self.curve = state["step"], state["seconds"], state["curve"]

    def _begin_with(self, average: dict[str, torch.Tensor]) -> None:
        self.model.load_state_dict(average)
        self.average = {name: value.to(self.device) for name, value in average.items()}


def _pace(step: int, share: float) -> float:
    falling = max(0.0, (share - STEADY) / (1 - STEADY))
    return min(1.0, (step + 1) / WARM_UP_STEPS) * max(0.01, 1 - falling)


def main() -> None:
    """Read the course from the command line and follow it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(".callsheet/sketch"))
    for name, kind in (("clips", int), ("steps", int), ("batch", int), ("seed", int)):
        parser.add_argument(f"--{name}", type=kind, default=getattr(Course, name))
    parser.add_argument("--minutes", type=float, default=Course.minutes)
    parser.add_argument("--rate", type=float, default=Course.rate)
    parser.add_argument("--processes", type=int, default=Course.processes)
    parser.add_argument("--device", default=Course.device, help="cpu, or cuda for a GPU")
    parser.add_argument("--weights", type=Path)
    for name, of in (("ways", wayfaring.Course), ("finish", finishing.Course)):
        parser.add_argument(f"--{name}-minutes", type=float, default=of.minutes)
        parser.add_argument(f"--{name}-steps", type=int, default=of.steps)
        parser.add_argument(f"--{name}-batch", type=int, default=of.batch)
    parser.add_argument("--captions", type=int, default=wayfaring.Course.captions)
    parser.add_argument("--guesses", type=int, default=finishing.Course.guesses)
    given = parser.parse_args()
    course = Course(**{field.name: getattr(given, field.name) for field in fields(Course)})
    course.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(course.processes)
    clips = gather(course.folder / "clips", course.seed, course.clips, course.processes)
    training = Training(course)
    training.go_on()
    training.run(clips)
    path = course.folder / "sketch.safetensors"
    ways = wayfaring.Course(
        captions=given.captions,
        steps=given.ways_steps,
        minutes=given.ways_minutes,
        batch=given.ways_batch,
        seed=course.seed,
        processes=course.processes,
        device=course.device,
    )
    wayfaring.follow(ways, path)
    finish = finishing.Course(
        guesses=given.guesses,
        steps=given.finish_steps,
        minutes=given.finish_minutes,
        batch=given.finish_batch,
        seed=course.seed,
        device=course.device,
    )
    finishing.follow(finish, clips, path)


if __name__ == "__main__":
    main()
