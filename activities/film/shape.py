"""The shape of a film: how many pictures, how fast, how large, and how much sound goes with them.

Sizes are in pixels, durations in seconds, rates in hertz.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from domain.generation.brief import FPS_MAX, PIXELS_MAX, SECONDS_MAX, SIDE_MAX

SAMPLE_RATE: Final = 48_000
FRAMES_MAX: Final = round(SECONDS_MAX * FPS_MAX)
SIDE_LIMIT: Final = SIDE_MAX
PIXELS_LIMIT: Final = PIXELS_MAX


@dataclass(frozen=True)
class Timing:
    """What was promised of a take or a film: pictures, and pictures per second."""

    frames: int
    fps: int

    @property
    def seconds(self) -> float:
        """How long the pictures last."""
        return self.frames / self.fps

    @property
    def frame_seconds(self) -> float:
        """How long one picture stands."""
        return 1 / self.fps

    @property
    def samples(self) -> int:
        """How many samples of sound last exactly as long, to the nearest sample."""
        return round(self.frames * SAMPLE_RATE / self.fps)


@dataclass(frozen=True)
class Reel:
    """One of the takes that make a film: its file, and what was promised of it."""

    path: Path
    timing: Timing


def joined(timings: Sequence[Timing]) -> Timing:
    """The timing of a film of these takes, one after the other, all as fast as the first."""
    return Timing(sum(each.frames for each in timings), timings[0].fps)


def sound_cuts(timings: Sequence[Timing]) -> tuple[int, ...]:
    """How many samples of sound each take fills, so that no rounding adds up over the film."""
    ends, shown = [0], 0
    for each in timings:
        shown += each.frames
        ends.append(Timing(shown, timings[0].fps).samples)
    return tuple(after - before for before, after in pairwise(ends))
