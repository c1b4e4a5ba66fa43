"""Training clips drawn once and kept as arrays, so that each can be seen several times."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from gpu_workers.sketch import layers, words
from gpu_workers.sketch.clips import DATA_VERSION, REFERENCE_SIDE, draw_clip

PART: Final = 250
"""Clips in one file of the kept data."""
_SHAPES: Final = {
    "backdrop": (layers.BACKDROP_HEIGHT, layers.BACKDROP_WIDTH, 3),
    "weather": (layers.WEATHER_HEIGHT, layers.WEATHER_WIDTH, 4),
    "plates": (layers.ACTORS, layers.PLATE_SIDE, layers.PLATE_SIDE, 4),
    "references": (layers.ACTORS, REFERENCE_SIDE, REFERENCE_SIDE, 4),
    "tracks": (layers.MOMENTS, layers.TRACKS),
    "sound": (layers.MOMENTS * layers.COLUMNS, layers.BANDS),
}
_AS_BYTES: Final = frozenset({"backdrop", "weather", "plates", "references"})


@dataclass(frozen=True)
class Clips:
    """Many clips: layers as in ``Layers`` with a first axis more, and the captions' numbers."""

    arrays: dict[str, torch.Tensor]
    words: torch.Tensor
    is_cameo: torch.Tensor

    def __len__(self) -> int:
        return len(self.words)

    def on(self, device: torch.device) -> Clips:
        """The same clips in the memory of a device: about 54 kB for each."""
        arrays = {name: values.to(device) for name, values in self.arrays.items()}
        return Clips(arrays, self.words.to(device), self.is_cameo.to(device))

    def batch(self, index: NDArray[np.int64]) -> dict[str, torch.Tensor]:
        """Some of them as float32, by name, with ``words`` int64 and ``is_cameo`` [n, 2]."""
        chosen = torch.from_numpy(index).to(self.words.device)
        batch = {name: _as_floats(values[chosen]) for name, values in self.arrays.items()}
        return batch | {"words": self.words[chosen], "is_cameo": self.is_cameo[chosen].float()}


def _as_floats(values: torch.Tensor) -> torch.Tensor:
    return values.float() / 127.5 - 1 if values.dtype == torch.uint8 else values.float()


def gather(folder: Path, first_seed: int, count: int, processes: int) -> Clips:
    """The clips of ``count`` seeds, drawn where they are not kept in ``folder`` yet."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [(folder, first_seed + at, min(PART, count - at)) for at in range(0, count, PART)]
    missing = [part for part in parts if not _path(*part).exists()]
    if missing:
        with ProcessPoolExecutor(processes) as pool:
            for done, _ in enumerate(pool.map(_draw_part, missing), 1):
                print(f"drawn {done * PART} of {len(missing) * PART} clips", flush=True)  # noqa: T201
    return _joined(_loaded(parts))


def _path(folder: Path, first: int, count: int) -> Path:
    return folder / f"{DATA_VERSION.replace(' ', '-')}-{first}-{count}.npz"


def _draw_part(part: tuple[Path, int, int]) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    _, first, count = part
    arrays: dict[str, NDArray[Any]] = {
        name: np.empty((count, *shape), _kept(name)) for name, shape in _SHAPES.items()
    }
    numbers = np.empty((count, words.WORDS_MAX, words.GRAMS), np.int16)
    cameos = np.zeros((count, layers.ACTORS), np.bool_)
    for i in range(count):
        clip = draw_clip(first + i)
        values = {**clip.layers.__dict__, "references": clip.references}
        for name, value in values.items():
            arrays[name][i] = (value + 1) * 127.5 + 0.5 if name in _AS_BYTES else value
        numbers[i] = words.numbers(clip.spec.caption)
        cameos[i] = [cutout is not None for cutout in clip.cutouts]
    path = _path(*part)
    unfinished = path.with_name(path.name + f".{os.getpid()}.tmp")
    with unfinished.open("wb") as file:
        np.savez(file, allow_pickle=False, words=numbers, is_cameo=cameos, **arrays)
    unfinished.rename(path)


def _kept(name: str) -> type:
    return np.uint8 if name in _AS_BYTES else np.float16


def _loaded(parts: list[tuple[Path, int, int]]) -> Iterator[dict[str, NDArray[np.generic]]]:
    for part in parts:
        with np.load(_path(*part)) as kept:
            yield {name: kept[name] for name in kept.files}


def _joined(parts: Iterator[dict[str, NDArray[np.generic]]]) -> Clips:
    gathered: dict[str, list[torch.Tensor]] = {}
    for part in parts:
        for name, values in part.items():
            gathered.setdefault(name, []).append(torch.from_numpy(values))
    whole = {name: torch.cat(values) for name, values in gathered.items()}
    numbers, cameos = whole.pop("words").long(), whole.pop("is_cameo")
    return Clips(whole, numbers, cameos)
