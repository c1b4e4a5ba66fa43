"""Weights on disk: whether they are all there, which ones they are, and how they are sampled."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from safetensors import SafetensorError, safe_open

from gpu_workers.cards.card import Recipe
from gpu_workers.diffusion.refusals import WeightsMissing, WeightsUnreadable

ADAPTER: Final = "ic-lora.safetensors"
_HASHES: Final = ".hashes.json"
_RECIPE: Final = "recipe.json"
_MODELS: Final = {"transformer", "transformer_2", "text_encoder", "vae", "audio_vae"}
_MODELS_OF_LTX2: Final = {"connectors", "vocoder", "duration_head"}


def require_weights(folder: Path) -> None:
    """Raise WeightsMissing unless every file that the pipeline's index asks for is there."""
    index = _read_json(folder, "model_index.json")
    for part, named in index.items():
        if not isinstance(named, list) or named[0] is None:
            continue
        if not (folder / part).is_dir():
            raise WeightsMissing(f"There is no {folder.name}/{part}.")
        if part in _MODELS | _MODELS_OF_LTX2:
            _require_model(folder, part)


def _require_model(folder: Path, part: str) -> None:
    indexes = sorted((folder / part).glob("*.safetensors.index.json"))
    if not indexes and not any((folder / part).glob("*.safetensors")):
        raise WeightsMissing(f"There is no file of safetensors in {folder.name}/{part}.")
    for index in indexes:
        shards = _read_json(folder, f"{part}/{index.name}").get("weight_map", {})
        for shard in sorted(set(shards.values())):
            if not (folder / part / shard).is_file():
                raise WeightsMissing(f"There is no {folder.name}/{part}/{shard}.")


def adapter_file(folder: Path) -> Path:
    """The adapter in its folder. Raises WeightsMissing."""
    path = folder / ADAPTER
    if not path.is_file():
        raise WeightsMissing(f"There is no {folder.name}/{ADAPTER}.")
    return path


def reference_downscale_of(folder: Path) -> int:
    """How much smaller an adapter wants its references, by its own header.

    Source: the key that LTX-2's training tools write. Raises WeightsMissing, WeightsUnreadable.
    """
    try:
        with safe_open(adapter_file(folder), framework="pt") as file:
            return int((file.metadata() or {}).get("reference_downscale_factor", 1))
    except (OSError, ValueError, SafetensorError) as error:
        raise WeightsUnreadable(f"{folder.name}/{ADAPTER}: {type(error).__name__}.") from error


def combined_sha256(folders: Sequence[Path]) -> str:
    """SHA-256 of several folders' hashes; of one folder it is its own."""
    hashes = [weights_sha256(folder) for folder in folders]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


def weights_sha256(folder: Path) -> str:
    """SHA-256 over the names and hashes of all files, in hex.

    Hashing tens of gigabytes takes a minute, so each file's hash is kept beside the weights for
    as long as its size and time of change stay the same.
    """
    known = _known(folder)
    hashes, whole = {}, hashlib.sha256()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = path.relative_to(folder).as_posix()
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        found = path.stat()
        stamp = f"{found.st_size}/{found.st_mtime_ns}"
        kept = known.get(name)
        hashes[name] = kept if kept and kept[0] == stamp else (stamp, _sha256(path))
        whole.update(f"{name}\0{hashes[name][1]}\n".encode())
    if hashes != known:
        with contextlib.suppress(OSError):  # read-only weights are hashed by each process
            (folder / _HASHES).write_text(json.dumps(hashes))
    return whole.hexdigest()


def recipe_of(folder: Path, usual: Recipe) -> Recipe:
    """The card's recipe, with what the weights' own ``recipe.json`` says otherwise."""
    if not (folder / _RECIPE).is_file():
        return usual
    told = _read_json(folder, _RECIPE)
    try:
        return Recipe.model_validate(usual.model_dump() | told)
    except ValidationError as wrong:
        fields = ", ".join(sorted({str(each["loc"][0]) for each in wrong.errors()}))
        raise WeightsUnreadable(f"{folder.name}/{_RECIPE} is wrong in: {fields}.") from None


def sample_rate_of(folder: Path, usual: int) -> int:
    """How many samples a second the weights' vocoder makes; ``usual`` where there is none."""
    if not (folder / "vocoder" / "config.json").is_file():
        return usual
    return int(_read_json(folder, "vocoder/config.json").get("output_sampling_rate", usual))


def _read_json(folder: Path, name: str) -> dict[str, Any]:
    try:
        content = json.loads((folder / name).read_bytes())
    except FileNotFoundError:
        raise WeightsMissing(f"There is no {folder.name}/{name}.") from None
    except ValueError:
        raise WeightsUnreadable(f"{folder.name}/{name} is not JSON.") from None
    if not isinstance(content, dict):
        raise WeightsUnreadable(f"{folder.name}/{name} is not a JSON object.")
    return content


def _known(folder: Path) -> dict[str, tuple[str, str]]:
    try:
        kept = json.loads((folder / _HASHES).read_bytes())
        return {name: (stamp, sha256) for name, (stamp, sha256) in kept.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
