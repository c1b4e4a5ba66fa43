"""What can go wrong on a device, in words, and whether trying again can help."""

from __future__ import annotations

import gc
import json
import traceback
from datetime import timedelta
from typing import Final

import numpy as np
import torch
from safetensors import SafetensorError
from temporalio.exceptions import ApplicationError

from domain.kernel.errors import Refusal
from gpu_workers.clip import Clip
from gpu_workers.sampler import State

SHORTAGES_MAX: Final = 2
"""Another job may have had the memory the first time; the second time it is this one's size."""
_AFTER_A_SHORTAGE: Final = timedelta(seconds=5)
_ALLOCATOR_WORDS: Final = ("can't allocate memory", "CUDA out of memory")

UNREADABLE: Final = (FileNotFoundError, SafetensorError, json.JSONDecodeError)
"""What a model's files answer when they are missing or damaged: none of it heals by waiting."""


class StudioKeepsDying(Refusal):
    """Every worker that took this order died with it."""

    code = "studio-keeps-dying"
    stage = "sampling"
    next_step = "Ask for something smaller; the operator finds the cause in the studio's log."


class OutOfMemory(Refusal):
    """The studio's memory is too small for this order."""

    code = "out-of-memory"
    stage = "sampling"
    next_step = "Ask for fewer seconds or a smaller picture, or give the studio a larger device."


class NumbersLost(Refusal):
    """The model's result is not made of finite numbers."""

    code = "numbers-lost"
    stage = "sampling"
    next_step = "Ask with another seed or size; the same order gives the same result again."


class SamplerUnusable(Refusal):
    """The files of this model are missing or damaged in the studio."""

    code = "sampler-unusable"
    stage = "planning"
    next_step = "Choose another sampler; the operator restores the files of this one."


def is_shortage(error: BaseException) -> bool:
    """Whether memory ran out, on the device or beside it."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(
        words in str(error) for words in _ALLOCATOR_WORDS
    )


def after_a_shortage(error: BaseException, shortages: int) -> Exception:
    """Let go of what the failed work held, and say whether it is tried again."""
    traceback.clear_frames(error.__traceback__)
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    final = OutOfMemory(f"It ran out {shortages} time{'s' if shortages > 1 else ''}.")
    if shortages >= SHORTAGES_MAX:
        return final
    return ApplicationError(
        str(final),
        final.stage,
        "Wait; it is tried once more by itself.",
        type=final.code,
        next_retry_delay=_AFTER_A_SHORTAGE,
    )


def require_finite(state: State, before: State | None) -> None:
    """Raise NumbersLost unless every number that the last step made is finite.

    Reading them also waits for the device: a step counts when it is done, not when it is asked for.
    """
    known = before.tensors if before is not None else {}
    for name, tensor in state.tensors.items():
        if tensor is known.get(name) or not tensor.is_floating_point():
            continue
        if not bool(torch.isfinite(tensor).all()):
            raise NumbersLost(f"That is so since step {state.step}.")


def require_audible(clip: Clip) -> Clip:
    """The clip, unless its sound is not made of finite numbers. Raises NumbersLost."""
    if not np.isfinite(clip.audio).all():
        raise NumbersLost("That is so in the sound after decoding.")
    return clip
