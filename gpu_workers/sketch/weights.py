"""The model's weights: which file, which bytes, and the network that they fill."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from domain.kernel.errors import Refusal
from gpu_workers.sketch.clips import DATA_VERSION
from gpu_workers.sketch.model import Size, Sketch

PATH: Final = Path(__file__).parent / "sketch.safetensors"


class SketchWeightsUnusable(Refusal):
    """The weights of the sketch model are missing or cannot be read."""

    code = "sketch-weights-unusable"
    stage = "planning"
    next_step = "Check out gpu_workers/sketch/sketch.safetensors again, or train it anew."


@cache
def sha256(path: Path = PATH) -> str:
    """SHA-256 of the file, in hex. Raises SketchWeightsUnusable."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SketchWeightsUnusable(f"There is no {path.name}.") from error


def load(path: Path = PATH) -> Sketch:
    """The network, ready to sample on the CPU in float32. Raises SketchWeightsUnusable."""
    try:
        with safe_open(path, "pt") as file:
            told = file.metadata()
            model = Sketch(Size(*(int(told[name]) for name in ("width", "depth", "heads"))))
            model.load_state_dict({name: file.get_tensor(name).float() for name in file.keys()})  # noqa: SIM118 no mapping
    except (OSError, SafetensorError, KeyError, RuntimeError) as error:
        raise SketchWeightsUnusable(f"{path.name} is damaged or of another version.") from error
    if told["data"] != DATA_VERSION:
        raise SketchWeightsUnusable(
            f"{path.name} was trained on {told['data']}, not {DATA_VERSION}."
        )
    model.requires_grad_(False)
    return model.eval()


def part_of(path: Path, prefix: str) -> dict[str, torch.Tensor]:
    """The weights of one network in the file, named as that network names them, float32."""
    held = load_file(path)
    own = {name: value for name, value in held.items() if name.startswith(prefix)}
    return {name.removeprefix(prefix): value.float() for name, value in own.items()}


def put_into(path: Path, prefix: str, network: dict[str, torch.Tensor]) -> None:
    """Write one network's weights into the file, beside those of the others."""
    with safe_open(path, "pt") as file:
        told = file.metadata()
    rest = {name: x for name, x in load_file(path).items() if not name.startswith(prefix)}
    own = {prefix + name: x.half().contiguous() for name, x in network.items()}
    unfinished = path.with_name(path.name + ".tmp")
    save_file(rest | own, unfinished, metadata=told)
    unfinished.rename(path)
