"""The model's weights: which file, which bytes, and the network that they fill.

Matrices are kept as 8-bit numbers with one scale a row (as in Dettmers et al., LLM.int8(), 2022),
all else as 16-bit numbers; a network always computes in float32.
"""

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
_SCALE: Final = "/scale"
_LEVELS: Final = 127
_MATRIX_MIN: Final = 4096
"""Numbers in the smallest matrix that is kept in 8 bits."""


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
        model.load_state_dict(read(path))
    except (OSError, SafetensorError, KeyError, RuntimeError) as error:
        raise SketchWeightsUnusable(f"{path.name} is damaged or of another version.") from error
    if told["data"] != DATA_VERSION:
        raise SketchWeightsUnusable(
            f"{path.name} was trained on {told['data']}, not {DATA_VERSION}."
        )
    model.requires_grad_(False)
    return model.eval()


def read(path: Path) -> dict[str, torch.Tensor]:
    """All weights in a file by name, float32."""
    held = load_file(path)
    scales = {name: held.pop(name) for name in list(held) if name.endswith(_SCALE)}
    whole = {name: value.float() for name, value in held.items()}
    for name, scale in scales.items():
        whole[name.removesuffix(_SCALE)] *= scale
    return whole


def write(path: Path, values: dict[str, torch.Tensor], told: dict[str, str]) -> None:
    """Keep weights by name in a file, and what is ``told`` of them."""
    _save(path, _packed(values), told)


def _save(path: Path, packed: dict[str, torch.Tensor], told: dict[str, str]) -> None:
    unfinished = path.with_name(path.name + ".tmp")
    save_file(packed, unfinished, metadata=told)
    unfinished.rename(path)


def _packed(values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    packed = {}
    for name, value in values.items():
        value = value.detach().float().cpu()
        if value.dim() < 2 or value.numel() < _MATRIX_MIN:
            packed[name] = value.half().contiguous()
            continue
        largest = value.abs().amax(tuple(range(1, value.dim())), keepdim=True)
        scale = largest.clamp(min=torch.finfo(torch.float32).tiny) / _LEVELS
        packed[name] = (value / scale).round().to(torch.int8).contiguous()
        packed[name + _SCALE] = scale
    return packed


def part_of(path: Path, prefix: str) -> dict[str, torch.Tensor]:
    """The weights of one network in the file, named as that network names them, float32."""
    held = read(path).items()
    return {name.removeprefix(prefix): value for name, value in held if name.startswith(prefix)}


def put_into(path: Path, prefix: str, network: dict[str, torch.Tensor]) -> None:
    """Write one network's weights into the file, beside those of the others."""
    with safe_open(path, "pt") as file:
        told = file.metadata()
    rest = {name: x for name, x in load_file(path).items() if not name.startswith(prefix)}
    own = _packed({prefix + name: x for name, x in network.items()})
    _save(path, rest | own, told)
