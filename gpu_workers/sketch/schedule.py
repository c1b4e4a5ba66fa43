"""How a shot is sampled: in windows of two seconds, each in steps from noise to clip.

A shot longer than one window goes on from the last moments of the window before, with its scene
and its actors; a remix begins from its source with noise; an extension goes on from its source.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import torch

from gpu_workers.sketch.layers import MOMENTS, MOMENTS_PER_SECOND, SECONDS
from gpu_workers.sketch.tokens import GIVEN_MOMENTS, LEVEL_COUNT, LEVELS

STEPS: Final = 24
SHIFT: Final = 1.5
"""Steps lie closer together where there is much noise."""
NEW_MOMENTS: Final = MOMENTS - GIVEN_MOMENTS
GIVEN_SECONDS: Final = GIVEN_MOMENTS / MOMENTS_PER_SECOND
SOUND: Final = LEVELS["sound"]
MOTION: Final = LEVELS["tracks"]


@dataclass(frozen=True)
class Place:
    """Which step of which window of which shot comes next."""

    shot: int
    window: int
    step: int


def windows_for(seconds: float, goes_on: bool) -> int:
    """How many windows a shot takes; one that goes on from a source begins with its moments."""
    wanted = seconds + (GIVEN_SECONDS if goes_on else 0.0)
    more = max(0.0, wanted - SECONDS) / (NEW_MOMENTS / MOMENTS_PER_SECOND)
    return 1 + math.ceil(more - 1e-9)


def place_of(step: int, windows: tuple[int, ...]) -> Place:
    """The place of the step after ``step`` of a plan whose shots have these windows."""
    window, within = divmod(step, STEPS)
    for shot, count in enumerate(windows):
        if window < count:
            return Place(shot, window, within)
        window -= count
    raise ValueError(f"step {step} lies behind the last window; there are {sum(windows)} of them")


def levels_of(scene_is_given: bool, kept: float | None) -> torch.Tensor:
    """Noise levels [STEPS + 1, 4] before each step and after the last.

    What is given stands at 1. Of a remix, ``kept`` is the level at which picture and motion begin;
    its sound begins anew.
    """
    even = torch.linspace(0, 1, STEPS + 1, dtype=torch.float64)
    rising = even / (even + SHIFT * (1 - even))
    levels = rising[:, None].repeat(1, LEVEL_COUNT)
    if kept is not None:
        levels = kept + (1 - kept) * levels
        levels[:, SOUND] = rising
    if scene_is_given:
        levels[:, : min(MOTION, SOUND)] = 1
    return levels.float()
