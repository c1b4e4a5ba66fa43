"""Bring a pipeline into memory from a folder, offline, and make it fit to be stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import diffusers
import torch
import transformers
from safetensors import SafetensorError

from gpu_workers.diffusion.refusals import WeightsUnreadable
from gpu_workers.diffusion.schedule import CutSchedule
from gpu_workers.mishaps import is_shortage

_ADAPTER: Final = "callsheet"


def load_pipeline(kind: str, folder: Path, device: torch.device) -> Any:
    """The pipeline of class ``kind`` on ``device``: bfloat16 on CUDA, float32 on a CPU.

    Raises WeightsUnreadable.
    """
    diffusers.utils.logging.set_verbosity_error()  # their warnings quote prompts
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = False  # it would choose other kernels each time
        torch.backends.cudnn.deterministic = True
    else:
        torch.set_num_threads(1)  # sums depend on how they are divided among threads
    try:
        pipeline = getattr(diffusers, kind).from_pretrained(
            folder,
            dtype=torch.bfloat16 if device.type == "cuda" else torch.float32,
            local_files_only=True,
            use_safetensors=True,
        )
    except (OSError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
        if is_shortage(error):
            raise
        raise WeightsUnreadable(f"{folder.name}: {type(error).__name__}.") from error
    pipeline.scheduler = CutSchedule.like(pipeline.scheduler)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.vae.enable_tiling()
    return pipeline.to(device)


def load_adapter(pipeline: Any, file: Path) -> None:
    """Add an adapter (LoRA) to the pipeline's weights, for as long as it is in memory.

    Raises WeightsUnreadable, also for an adapter of another model, which would change nothing.
    """
    name = f"{file.parent.name}/{file.name}"
    try:
        pipeline.load_lora_weights(
            str(file.parent), weight_name=file.name, adapter_name=_ADAPTER, local_files_only=True
        )
        taken = _ADAPTER in pipeline.get_list_adapters().get("transformer", [])
        if taken:
            pipeline.fuse_lora(components=["transformer"], adapter_names=[_ADAPTER])
            pipeline.unload_lora_weights()
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, SafetensorError) as error:
        if is_shortage(error):
            raise
        raise WeightsUnreadable(f"{name}: {type(error).__name__}.") from error
    if not taken:
        raise WeightsUnreadable(f"{name} holds nothing for this model.")


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer alone, which is enough to count a prompt's tokens. Raises WeightsUnreadable."""
    transformers.utils.logging.set_verbosity_error()
    try:
        return transformers.AutoTokenizer.from_pretrained(
            folder / "tokenizer", local_files_only=True
        )
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise WeightsUnreadable(f"{folder.name}/tokenizer: {type(error).__name__}.") from error
