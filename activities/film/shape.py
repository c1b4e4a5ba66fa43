"""The shape of a film: how many pictures, how fast, how large, and how much sound goes with them.

Sizes are in pixels, durations in seconds, rates in hertz.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.generation.brief import FPS_MAX, PIXELS_MAX, SECONDS_MAX, SIDE_MAX

SAMPLE_RATE: Final = 48_000
FRAMES_MAX: Final = round(SECONDS_MAX * FPS_MAX)
SIDE_LIMIT: Final = SIDE_MAX
PIXELS_LIMIT: Final = PIXELS_MAX


@dataclass(frozen=True)
class Timing:
    """What was promised of a take: pictures, and pictures per second."""

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
