"""The sound of a shot: air, music, steps and voice, mixed so that the voice is understood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gpu_workers.animatic.ambience import ambience
from gpu_workers.animatic.foley import cut, steps
from gpu_workers.animatic.music import bed
from gpu_workers.animatic.narration import Narrator
from gpu_workers.animatic.script import Scene, story_seed
from gpu_workers.animatic.synth import RATE, Wave, faded
from gpu_workers.clip import Sound
from gpu_workers.sampler import Plan

SAMPLE_RATE: Final = RATE
_PEAK_MAX: Final = 0.84
_RAISED_MAX: Final = 1.6
_HEADROOM: Final = 2.0
_FULL_SCALE: Final = 32767
_VOICE_PEAK: Final = 0.5
_VOICE_DELAY_SECONDS: Final = 0.22
_BREATH_SECONDS: Final = 0.12
_DUCKED: Final = 0.6
_SMOOTH_SECONDS: Final = 0.18


def shot_sound(
    scenes: tuple[Scene, ...], shot: int, plan: Plan, start: int, samples: int, narrator: Narrator
) -> NDArray[np.int16]:
    """One shot as int16 [2, samples], 6 dB down; ``start`` is its first sample in the clip."""
    scene = scenes[shot]
    voice = _voice(scene, samples, narrator)
    around = ambience(scene, samples)
    heard = steps(scene, samples, plan.width / plan.height / 2)
    if scene.index:
        heard = heard + cut(samples)
    heard = np.stack([faded(side, 0.0, 0.03) for side in heard])
    mood = "dusky" if scenes[0].time == "night" or scenes[0].weather else "bright"
    music = bed(story_seed(plan), mood, start, samples)
    ducking = 1 - _DUCKED * _presence(voice)
    mixed = (around + music) * ducking + heard * (1 - 0.4 * (1 - ducking)) + voice * 0.9
    quiet = np.clip(mixed / _HEADROOM, -1, 1)
    return np.rint(quiet * _FULL_SCALE).astype(np.int16)


def master(shots: Sequence[NDArray[np.int16]], fade_seconds: float = 0.35) -> Sound:
    """Join the shots and set the level: float32 [2, samples], peak below -1.5 dBFS.

    ``fade_seconds`` is how long the end takes to fade out.
    """
    joined = np.concatenate(shots, axis=1).astype(np.float64) * (_HEADROOM / _FULL_SCALE)
    peak = float(np.abs(joined).max(initial=0.0))
    joined *= min(_RAISED_MAX, _PEAK_MAX / max(peak, 1e-9))
    ends = [faded(side, 0.01, fade_seconds) for side in joined]
    return np.stack(ends).astype(np.float32)


def _voice(scene: Scene, samples: int, narrator: Narrator) -> Wave:
    """What is said from shortly after the cut, mono, padded to the shot: lines, else the caption.

    A line without a time of its own follows the one before it.
    """
    heard = np.zeros(samples)
    if not scene.lines:
        _say(heard, narrator, scene.prompt, _VOICE_DELAY_SECONDS, scene.seed)
        return heard
    ends = 0.0
    for number, line in enumerate(scene.lines):
        start = max(ends, _VOICE_DELAY_SECONDS if number == 0 else ends + _BREATH_SECONDS)
        start = start if line.at is None else line.at
        ends = _say(heard, narrator, line.text, start, scene.seed + number)
    return heard


def _say(heard: Wave, narrator: Narrator, text: str, start: float, seed: int) -> float:
    """Mix a line in from ``start`` seconds on; when it ends, in seconds."""
    at, room = int(start * RATE), len(heard) / RATE - start - 0.08
    spoken = narrator.speak(text, room, seed)
    if not len(spoken):
        return start
    peak = float(np.abs(spoken).max())
    kept = spoken[: len(heard) - at]
    heard[at : at + len(kept)] += kept * (_VOICE_PEAK / max(peak, 1e-6))
    return start + len(kept) / RATE


def _presence(voice: Wave) -> Wave:
    """How much the voice is there, 0 to 1, smooth and 0 at both ends of the shot."""
    loud = np.minimum(1.0, np.abs(voice) * 12)
    width = int(_SMOOTH_SECONDS * RATE)
    if len(voice) <= width or not loud.any():
        return np.zeros_like(voice)
    total = np.concatenate([np.zeros(1), np.cumsum(np.pad(loud, (width // 2, width - width // 2)))])
    smooth = (total[width:] - total[:-width])[: len(voice)] / width
    return faded(np.minimum(1.0, 1.8 * smooth), _SMOOTH_SECONDS, _SMOOTH_SECONDS)
