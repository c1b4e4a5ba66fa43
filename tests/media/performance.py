"""A performance: what a head and a voice do from second to second in answer to a challenge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.likeness.contract import Move
from tests.media.voices import RATE, Sound, Voice, envelope, say

YAW, PITCH = 28.0, 22.0
"""How far one turns when told to turn clearly, in degrees."""
_TOWARDS: Final[dict[Move, tuple[float, float]]] = {
    "left": (YAW, 0.0),  # a person's left is the picture's right
    "right": (-YAW, 0.0),
    "up": (0.0, -PITCH),
    "down": (0.0, PITCH),
}


@dataclass(frozen=True)
class Performance:
    """``yaw``, ``pitch`` in degrees at ``knots`` in seconds, eased between; the sound at 48 kHz."""

    seconds: float
    knots: NDArray[np.float64]
    angles: NDArray[np.float64]
    sound: Sound
    loud: Sound

    def pose(self, second: float) -> tuple[float, float]:
        """Yaw and pitch at a moment."""
        at = int(np.clip(np.searchsorted(self.knots, second) - 1, 0, len(self.knots) - 2))
        begin, end = self.knots[at], self.knots[at + 1]
        share = float(np.clip((second - begin) / max(end - begin, 1e-6), 0, 1))
        eased = share * share * (3 - 2 * share)
        yaw, pitch = self.angles[at] * (1 - eased) + self.angles[at + 1] * eased
        return float(yaw), float(pitch)

    def mouth(self, second: float) -> float:
        """How wide it is open, 0 to 1."""
        at = int(second * RATE)
        return float(self.loud[at]) if 0 <= at < len(self.loud) else 0.0


def perform(
    digits: str,
    moves: Sequence[Move],
    voice: Voice,
    rng: np.random.Generator,
    *,
    amplitude: float = 1.0,
    at_once: bool = False,
) -> Performance:
    """Say the number, then make the moves; or both at once."""
    spoken = say(digits, voice)
    speaks_at = float(rng.uniform(0.5, 0.9))
    speech_ends = speaks_at + len(spoken) / RATE
    now = float(rng.uniform(1.0, 1.4)) if at_once else speech_ends + float(rng.uniform(0.3, 0.6))
    knots, angles = [0.0, now], [(0.0, 0.0), (0.0, 0.0)]
    for move in moves:
        far = amplitude * float(rng.uniform(0.85, 1.15))
        there = (_TOWARDS[move][0] * far, _TOWARDS[move][1] * far)
        for turn, target in ((0.40, there), (0.25, there), (0.40, (0.0, 0.0)), (0.30, (0.0, 0.0))):
            now += turn * float(rng.uniform(0.85, 1.25))
            knots.append(now)
            angles.append(target)
    seconds = max(now, speech_ends) + 0.4
    sound = np.zeros(int(seconds * RATE), np.float32)
    start = int(speaks_at * RATE)
    sound[start : start + len(spoken)] = spoken
    return Performance(seconds, np.array(knots), np.array(angles), sound, envelope(sound))
