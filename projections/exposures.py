"""How far the shots of a generation are, together: shares by length, and when it should end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

_SHARE_DIGITS: Final = 9
ShotStatus = Literal["waiting", "sampling", "sampled", "found"]


@dataclass(frozen=True)
class ShotExposure:
    """One shot: its number from 1 (0: all of them in one take), its length, and how far it is."""

    number: int
    seconds: float
    status: ShotStatus = "waiting"
    attempt: int = 0
    step: int = 0
    steps: int = 0

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1."""
        if self.status in ("sampled", "found"):
            return 1.0
        return self.step / self.steps if self.steps else 0.0


def written(shots: Sequence[ShotExposure]) -> str:
    """The shots as a column keeps them."""
    return json.dumps([asdict(each) for each in shots], separators=(",", ":"))


def read(column: str) -> tuple[ShotExposure, ...]:
    """The shots of a column."""
    return tuple(ShotExposure(**each) for each in json.loads(column))


def unexposed(seconds: Iterable[float]) -> tuple[ShotExposure, ...]:
    """Shots of these lengths, all waiting."""
    return tuple(ShotExposure(number, each) for number, each in enumerate(seconds, 1))


def shot(shots: Sequence[ShotExposure], number: int) -> ShotExposure:
    """One of them. 0 is all of them in one take, which then stands alone."""
    for each in shots:
        if each.number == number:
            return each
    if number == 0:
        return ShotExposure(0, sum(each.seconds for each in shots))
    raise LookupError(f"there is no shot {number} among {len(shots)}")


def with_shot(shots: Sequence[ShotExposure], now: ShotExposure) -> tuple[ShotExposure, ...]:
    """The same shots, one of them as it stands now."""
    if now.number == 0:
        return (now,)
    return tuple(now if each.number == now.number else each for each in shots)


def advanced(
    shots: Sequence[ShotExposure], number: int, attempt: int, step: int, steps: int
) -> tuple[ShotExposure, ...]:
    """The same shots after news of one, where that is further than what was known."""
    known = shot(shots, number)
    if known.share == 1.0 or (attempt, step) <= (known.attempt, known.step) or not steps:
        return tuple(shots)
    now = replace(known, status="sampling", attempt=attempt, step=step, steps=steps)
    return with_shot(shots, now)


def share_of(shots: Sequence[ShotExposure]) -> float:
    """How much is done of all, from 0 to 1: each counts by its length."""
    whole = sum(each.seconds for each in shots)
    if not whole:
        return 0.0
    return round(sum(each.seconds * each.share for each in shots) / whole, _SHARE_DIGITS)


def end_of(
    began_at: datetime | None, began_share: float, at: datetime, share: float
) -> datetime | None:
    """When it should end, if it goes on as it went since ``began_at``, when a share was done.

    What was restored or found took no time and does not count. Clocks of two machines may
    disagree: no past.
    """
    gained = share - began_share
    if began_at is None or gained <= 0:
        return None
    return began_at + max(at - began_at, timedelta()) / gained * (1 - began_share)
