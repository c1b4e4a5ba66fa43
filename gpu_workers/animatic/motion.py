"""How actors move: one table of gaits, read by the pictures and by the footsteps alike.

Times are in seconds from the start of the shot, distances in world units (panel heights).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Gait:
    """One way of moving: cycles per second, world units per second, and how far it lifts."""

    cycles: float
    speed: float
    lift: float = 0.0
    steps_per_cycle: int = 0


GAITS: Final[dict[str, Gait]] = {
    "idle": Gait(cycles=0.45, speed=0.0),
    "walk": Gait(cycles=0.95, speed=0.17, lift=0.012, steps_per_cycle=2),
    "run": Gait(cycles=1.7, speed=0.52, lift=0.035, steps_per_cycle=2),
    "jump": Gait(cycles=0.95, speed=0.12, lift=0.15, steps_per_cycle=1),
    "dance": Gait(cycles=1.0, speed=0.0, lift=0.03, steps_per_cycle=2),
    "spin": Gait(cycles=0.7, speed=0.0, lift=0.01, steps_per_cycle=1),
    "fly": Gait(cycles=1.5, speed=0.3),
    "drive": Gait(cycles=1.2, speed=0.75),
    "sail": Gait(cycles=0.4, speed=0.12),
    "drift": Gait(cycles=0.25, speed=0.05),
    "bounce": Gait(cycles=1.1, speed=0.24, lift=0.24, steps_per_cycle=1),
}


@dataclass(frozen=True)
class Pose:
    """One moment of an actor: where it stands, how high it is, and where its cycle is."""

    x: float
    y: float
    lift: float
    phase: float
    facing: int
    gait: str
    time: float


@dataclass(frozen=True)
class Track:
    """An actor's way through the shot; ``speed`` in world units per second."""

    gait: str
    start_x: float
    ground_y: float
    facing: int
    offset: float
    speed: float

    def at(self, time: float) -> Pose:
        """The pose at a moment of the shot."""
        gait = GAITS[self.gait]
        phase = 2 * math.pi * gait.cycles * time + self.offset
        travelled = self.speed * time * self.facing
        return Pose(
            x=self.start_x + travelled,
            y=self.ground_y,
            lift=_lift(self.gait, gait, phase),
            phase=phase,
            facing=self.facing,
            gait=self.gait,
            time=time,
        )

    def contacts(self, seconds: float) -> tuple[float, ...]:
        """When a foot or the body meets the ground: where the phase passes a contact angle."""
        gait = GAITS[self.gait]
        if not gait.steps_per_cycle:
            return ()
        between = 2 * math.pi / gait.steps_per_cycle
        first = math.ceil(self.offset / between)
        rate = 2 * math.pi * gait.cycles
        times = []
        for count in range(first, first + math.ceil(seconds * rate / between) + 1):
            time = (count * between - self.offset) / rate
            if 0 <= time < seconds:
                times.append(time)
        return tuple(times)


def _lift(name: str, gait: Gait, phase: float) -> float:
    """How far the body is above its ground; it is 0 at every contact."""
    if name in {"jump", "bounce"}:
        return gait.lift * math.pow(abs(math.sin(phase / 2)), 1.2)
    if gait.steps_per_cycle == 2:
        return gait.lift * abs(math.sin(phase))
    return gait.lift * 0.5 * (1 - math.cos(phase))


def eased(share: float) -> float:
    """From 0 to 1 with a soft start and a soft end."""
    bounded = min(1.0, max(0.0, share))
    return bounded * bounded * (3 - 2 * bounded)
