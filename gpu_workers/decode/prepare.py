"""Prepare: a stranger's clip becomes numbers for a model, or a refusal that says why not."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, Literal

import numpy as np
import torch

from activities.clip.facts import ClipFacts
from activities.clip.limits import DEFAULT_LIMITS, Limits
from activities.clip.probe import probe
from gpu_workers.clip import Pictures, Sound
from gpu_workers.decode.fast import prepare_fast, shown_fast
from gpu_workers.decode.preparation import Preparation, Triple, length
from gpu_workers.decode.sound import prepare_sound

_BLOCK_BYTES: Final = 256 << 20
"""How much of a clip is on a device at once as numbers."""
_BLACK: Final[Triple] = (0.0, 0.0, 0.0)
_AS_LEVELS: Final[Triple] = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class SoundPreparation:
    """What a model wants to hear: ``sample_rate`` in hertz, 1 or 2 ``channels``."""

    sample_rate: int
    channels: int = 1


@dataclass(frozen=True)
class PreparedClip:
    """``pictures`` float32 [T, 3, H, W], RGB and normalised; ``sound`` float32 [channels, n]."""

    facts: ClipFacts
    pictures: torch.Tensor
    sound: Sound | None


def prepare_clip(
    path: Path,
    preparation: Preparation,
    sound: SoundPreparation | None = None,
    *,
    limits: Limits = DEFAULT_LIMITS,
    on_gpu: bool = False,
    facts: ClipFacts | None = None,
) -> PreparedClip:
    """Probe, then decode, scale, crop and normalise the wanted part. Raises ClipRefused.

    A clip whose ``facts`` are known is not probed again. On a GPU the pictures are decoded and
    stay there (DALI); on a CPU the fast path is taken. No device is touched before the probe has
    accepted the clip. A device with too little memory for it raises MemoryError.
    """
    facts = facts or probe(path, limits)
    heard = None
    if sound is not None:
        heard = prepare_sound(
            path,
            facts,
            sound.sample_rate,
            sound.channels,
            preparation.start,
            length(facts, preparation),
        )
    return PreparedClip(facts, _pictures(path, facts, preparation, on_gpu), heard)


def _pictures(path: Path, facts: ClipFacts, preparation: Preparation, on_gpu: bool) -> torch.Tensor:
    if not on_gpu:
        return prepare_fast(path, facts, preparation)
    # a Linux wheel of 200 MB, so only a GPU host needs to have it
    from gpu_workers.decode.dali import prepare_dali

    return prepare_dali(path, facts, preparation, "gpu")


def prepare_pictures(
    path: Path,
    facts: ClipFacts,
    width: int,
    height: int,
    fps: float,
    start: float,
    count: int,
    dali: Literal["cpu", "gpu"] | None = None,
) -> Pictures:
    """At most ``count`` pictures from ``start`` seconds on: uint8 [n, height, width, 3], n > 0.

    They are what pipelines take that normalise by themselves. Raises ClipTooShort, ClipDamaged.
    """
    rate = Fraction(fps).limit_denominator(1001)

    def wanted(first: int, pictures: int) -> Preparation:
        begin, seconds = start + float(first / rate), float(pictures / rate)
        return Preparation(width, height, _BLACK, _AS_LEVELS, rate, begin, seconds)

    if dali is None:
        return shown_fast(path, facts, wanted(0, count))[:count]
    from gpu_workers.decode.dali import prepare_dali

    most = max(1, _BLOCK_BYTES // (width * height * 12))
    shown: list[Pictures] = []
    for first in range(0, count, most):
        if first and start + float(first / rate) >= facts.seconds:
            break
        block = prepare_dali(path, facts, wanted(first, min(most, count - first)), dali)
        levels = block.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)
        shown.append(levels.cpu().numpy())
    return np.concatenate(shown)[:count]
