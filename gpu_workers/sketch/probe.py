"""A judge of clips that is trained apart from the sampler: it sees pictures and hears sound.

It is trained on true clips of the drawn world only, with seeds that the sampler never sees, and
tells the scene, the motion of the first actor, what sounds, and when. What the actor looks like is
judged by another one, from near (``portraits``).
Train it anew with ``python -m gpu_workers.sketch.probe``.
"""

from __future__ import annotations

import argparse
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

from gpu_workers.clip import Pictures
from gpu_workers.sketch import layers, words
from gpu_workers.sketch.clips import draw_clip
from gpu_workers.sketch.film import Scene, cutouts_of, pictures
from gpu_workers.sketch.spec import Spec

PATH: Final = Path(__file__).parent / "probe.safetensors"
FIRST_SEED: Final = 50_000_000
"""Far from the seeds of the sampler's training, which count from 0."""
WIDTH: Final = 96
HEIGHT: Final = 56
CLASSES: Final[dict[str, tuple[str, ...]]] = {
    "scene": tuple(words.SCENES),
    "motion": tuple(words.MOTIONS),
    "sound": tuple(words.SOUNDS),
}
_WHOLE: Final = (12, 24, 48, 64, 96)
_SMALL: Final = (12, 24, 32)
_FEATURES: Final = 64
_MOMENTS: Final = (1, 6, 9, 14)
_BATCH: Final = 16


@dataclass(frozen=True)
class Judgement:
    """For each attribute, logits [n, classes]; onsets [n, moments], in pictures and in sound."""

    attributes: dict[str, torch.Tensor]
    seen_onsets: torch.Tensor
    heard_onsets: torch.Tensor


class _Look(nn.Module):
    """A convolution that halves a picture, or not, normalisation, and what is above zero."""

    def __init__(self, inputs: int, outputs: int, stride: int = 2) -> None:
        super().__init__()
        self.see = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.even = nn.GroupNorm(4, outputs)

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        """[n, inputs, h, w] → [n, outputs, h / stride, w / stride]."""
        evened: torch.Tensor = self.even(self.see(seen))
        return functional.relu(evened)


class Probe(nn.Module):
    """Knows a scene by a few whole pictures, motion and onsets by all of them, small.

    It hears the spectrogram by itself.
    """

    def __init__(self) -> None:
        super().__init__()
        whole, small = (5, *_WHOLE), (6, *_SMALL)
        self.eyes = nn.ModuleList(
            _Look(one, other, stride=2 if depth else 1)
            for depth, (one, other) in enumerate(pairwise(whole))
        )
        self.glances = nn.ModuleList(_Look(one, other) for one, other in pairwise(small))
        self.gather = nn.Linear(_SMALL[-1] * 4 * 6, _FEATURES)
        self.along = nn.ModuleList(nn.Conv1d(_FEATURES, _FEATURES, 5, padding=2) for _ in range(2))
        self.ears = nn.ModuleList((
            nn.Conv1d(layers.BANDS, _FEATURES, 5, padding=2),
            nn.Conv1d(_FEATURES, _FEATURES, 8, stride=8),
            nn.Conv1d(_FEATURES, _FEATURES, 3, padding=1),
        ))  # fmt: skip
        inputs = {"motion": 2 * _FEATURES, "sound": 2 * _FEATURES}
        self.heads = nn.ModuleDict(
            {
                name: nn.Linear(inputs.get(name, 2 * _WHOLE[-1]), len(values))
                for name, values in CLASSES.items()
            }
        )
        self.seen = nn.Linear(_FEATURES, 1)
        self.heard = nn.Linear(_FEATURES, 1)

    def forward(self, shown: torch.Tensor, sound: torch.Tensor) -> Judgement:
        """``shown`` uint8 [n, moments, 56, 96, 3], ``sound`` [n, columns, 64]."""
        plain = shown.float().permute(0, 1, 4, 2, 3) / 127.5 - 1
        known, moved, listened = self._know(plain), self._follow(plain), self._listen(sound)
        kinds = {"motion": _pooled(moved), "sound": _pooled(listened)}
        told = {name: head(kinds.get(name, known)) for name, head in self.heads.items()}
        return Judgement(
            told,
            self.seen(moved.transpose(1, 2))[..., 0],
            self.heard(listened.transpose(1, 2))[..., 0],
        )

    def _know(self, plain: torch.Tensor) -> torch.Tensor:
        """What a few pictures show, wherever in them it is: [n, 2 · features]."""
        few = plain[:, _MOMENTS]
        n, count = few.shape[:2]
        seen = torch.cat([few, _places(few)], 2).flatten(0, 1)
        for layer in self.eyes:
            seen = layer(seen)
        flat = seen.flatten(2)
        pooled = torch.cat([flat.mean(2), flat.amax(2)], 1)
        return pooled.view(n, count, -1).mean(1)

    def _follow(self, plain: torch.Tensor) -> torch.Tensor:
        """What moves and what flashes, along time: [n, features, moments]."""
        n, moments = plain.shape[:2]
        half = functional.avg_pool2d(plain.flatten(0, 1), 2).view(n, moments, 3, 28, 48)
        still = half.mean(1, keepdim=True)
        moved = (half - still).abs().amax(2, keepdim=True)
        seen = torch.cat([half, moved, _places(half)], 2).flatten(0, 1)
        for layer in self.glances:
            seen = layer(seen)
        gathered = functional.relu(self.gather(seen.flatten(1)))
        features = gathered.view(n, moments, -1).transpose(1, 2)
        for layer in self.along:
            features = features + functional.relu(layer(features))
        return features

    def _listen(self, sound: torch.Tensor) -> torch.Tensor:
        features = sound.transpose(1, 2)
        for layer in self.ears:
            features = functional.relu(layer(features))
        return features


def _places(pictures: torch.Tensor) -> torch.Tensor:
    """Two channels that say where in the picture a pixel is, from -1 to 1."""
    n, moments, _, height, width = pictures.shape
    y = torch.linspace(-1, 1, height).view(1, 1, 1, height, 1)
    x = torch.linspace(-1, 1, width).view(1, 1, 1, 1, width)
    shape = (n, moments, 1, height, width)
    return torch.cat([y.expand(shape), x.expand(shape)], 2)


def _pooled(features: torch.Tensor) -> torch.Tensor:
    return torch.cat([features.mean(2), features.amax(2)], 1)


def load(path: Path = PATH) -> Probe:
    """The judge that ships with the project."""
    probe = Probe()
    probe.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    return probe.eval()


def labels(spec: Spec) -> dict[str, int]:
    """What a judge should say of a clip."""
    told = {"scene": spec.scene, "motion": spec.actors[0].motion, "sound": spec.sound}
    return {name: CLASSES[name].index(value) for name, value in told.items()}


@dataclass(frozen=True)
class _Lessons:
    shown: NDArray[np.uint8]
    sound: NDArray[np.float32]
    onsets: NDArray[np.float32]
    labels: dict[str, NDArray[np.int64]]
    alone: NDArray[np.bool_]


def show(scene: Scene) -> Pictures:
    """A scene at the judge's size, one picture a moment."""
    rate = layers.MOMENTS_PER_SECOND
    return np.stack(list(pictures(scene, WIDTH, HEIGHT, rate, layers.MOMENTS)))


def _lesson(seed: int) -> tuple[Pictures, layers.Floats, layers.Floats, dict[str, int], bool]:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    clip = draw_clip(seed)
    made = clip.layers
    scene = Scene(made.backdrop, made.weather, made.plates, made.tracks, cutouts_of(clip.cutouts))
    onset = np.asarray((made.tracks[:, layers.PULSE] + 1) / 2, np.float32)
    return show(scene), made.sound, onset, labels(clip.spec), len(clip.spec.actors) == 1


def _gathered(folder: Path, count: int, processes: int) -> _Lessons:
    """The lessons, drawn where the folder does not keep them yet."""
    path = folder / f"lessons-{count}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        drawn = _drawn(count, processes)
        named = {f"label.{name}": values for name, values in drawn.labels.items()}
        rest = {n: getattr(drawn, n) for n in ("shown", "sound", "onsets", "alone")}
        np.savez(path, allow_pickle=False, **named, **rest)
    with np.load(path) as kept:
        found = {name: kept[f"label.{name}"] for name in CLASSES}
        return _Lessons(kept["shown"], kept["sound"], kept["onsets"], found, kept["alone"])


def _drawn(count: int, processes: int) -> _Lessons:
    with ProcessPoolExecutor(processes) as pool:
        made = list(pool.map(_lesson, range(FIRST_SEED, FIRST_SEED + count), chunksize=50))
    return _Lessons(
        shown=np.stack([each[0] for each in made]),
        sound=np.stack([each[1] for each in made]),
        onsets=np.stack([each[2] for each in made]),
        labels={name: np.asarray([each[3][name] for each in made]) for name in CLASSES},
        alone=np.asarray([each[4] for each in made]),
    )


def train(folder: Path, count: int, steps: int, processes: int, path: Path) -> None:
    """Learn from ``count`` true clips in so many steps; the rate falls in a straight line."""
    lessons = _gathered(folder, count, processes)
    torch.set_num_threads(processes)
    torch.manual_seed(1)
    probe = Probe()
    optimiser = torch.optim.AdamW(probe.parameters(), 1e-3, weight_decay=0.02)
    chance = np.random.default_rng(1)
    for step in range(1, steps + 1):
        optimiser.param_groups[0]["lr"] = 2e-3 * min(1, step / 50) * (1 - step / (steps + 1))
        index = chance.integers(0, count, _BATCH)
        loss = _loss(probe, lessons, index)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if step % 100 == 0:
            print(f"step {step}, loss {float(loss.detach()):.3f}", flush=True)  # noqa: T201
    halves = {name: value.half() for name, value in probe.state_dict().items()}
    save_file(halves, path, metadata={"clips": str(count), "steps": str(steps)})


def _loss(probe: Probe, lessons: _Lessons, index: NDArray[np.int64]) -> torch.Tensor:
    told = probe(torch.from_numpy(lessons.shown[index]), torch.from_numpy(lessons.sound[index]))
    onsets = torch.from_numpy(lessons.onsets[index])
    alone = torch.from_numpy(lessons.alone[index])
    total = functional.binary_cross_entropy_with_logits(told.seen_onsets, onsets)
    total = total + functional.binary_cross_entropy_with_logits(told.heard_onsets, onsets)
    for name, logits in told.attributes.items():
        right = torch.from_numpy(lessons.labels[name][index])
        each = functional.cross_entropy(logits, right, reduction="none")
        counts = torch.ones_like(each) if name in {"scene", "sound"} else alone.float()
        total = total + (each * counts).sum() / counts.sum().clamp(min=1)
    return total


def main() -> None:
    """Train the judge as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=6000)
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--folder", type=Path, default=Path(".callsheet/sketch"))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=PATH)
    given = parser.parse_args()
    train(given.folder, given.clips, given.steps, given.processes, given.out)


if __name__ == "__main__":
    main()
