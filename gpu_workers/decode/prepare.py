"""Prepare: a stranger's clip becomes numbers for a model, or a refusal that says why not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from activities.clip.facts import ClipFacts
from activities.clip.limits import DEFAULT_LIMITS, Limits
from activities.clip.probe import probe
from gpu_workers.clip import Sound
from gpu_workers.decode.fast import prepare_fast
from gpu_workers.decode.preparation import Preparation, length
from gpu_workers.decode.sound import prepare_sound


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
) -> PreparedClip:
    """Probe, then decode, scale, crop and normalise the wanted part. Raises ClipRefused.

    On a GPU the pictures are decoded and stay there (DALI); on a CPU the fast path is taken. No
    device is touched before the probe has accepted the clip.
    """
    facts = probe(path, limits)
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
