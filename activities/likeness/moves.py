"""Moves: a head's track read as a sequence of turns away from rest and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.likeness.contract import Move

YAW_DEGREES, UP_DEGREES, DOWN_DEGREES = 9.0, 8.5, 5.2
"""What counts as a turn, in the landmarks' degrees: about 13 of the head's own. A face that looks
down shows the landmarks little of it."""
_SMOOTH_SECONDS: Final = 0.16
_SIDEWAYS: Final = 0.5
"""A turn that goes so far sideways, as a share of how far it goes up or down, is one to the side:
landmarks see a turned head raised as well (up to 1.4 times), a raised one hardly turned (0.25)."""
_BACK: Final = 0.5
"""A move is over when the head is half-way back from what counts as a turn."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Turn:
    """One turn: where to, from when to when in seconds, and how many times what counts."""

    move: Move
    since: float
    until: float
    reach: float


def turns_of(
    times: Floats,
    poses: Floats,
    scale: float = 1.0,
    down_degrees: float | Floats = DOWN_DEGREES,
) -> list[Turn]:
    """All turns of at least ``scale`` times what counts; poses [j, 2] are against rest.

    What counts as down may differ from picture to picture [j].
    """
    if len(times) < 3:
        return []
    smooth = _smoothed(times, poses)
    smooth[:, 0] /= YAW_DEGREES
    smooth[:, 1] /= np.where(smooth[:, 1] > 0, down_degrees, UP_DEGREES)
    reach = np.abs(smooth).max(1)
    turns: list[Turn] = []
    begin: int | None = None
    for index, value in enumerate(reach):
        if begin is None and value >= scale:
            begin = index
        elif begin is not None and value < scale * _BACK:
            turns.append(_turn(times, smooth, begin, index))
            begin = None
    if begin is not None:
        turns.append(_turn(times, smooth, begin, len(times) - 1))
    return turns


def _turn(times: Floats, smooth: Floats, begin: int, end: int) -> Turn:
    part = smooth[begin : end + 1]
    yaw, pitch = (float(each[np.abs(each).argmax()]) for each in part.T)
    sideways = abs(yaw) >= _SIDEWAYS * abs(pitch)
    peak = yaw if sideways else pitch
    names: tuple[Move, Move] = ("right", "left") if sideways else ("up", "down")
    # a person's left is the picture's right
    return Turn(names[int(peak > 0)], float(times[begin]), float(times[end]), abs(peak))


def _smoothed(times: Floats, poses: Floats) -> Floats:
    """Each pose as the median of its neighbours in time: one wild picture moves nothing."""
    half = _SMOOTH_SECONDS / 2 + 1e-3
    starts = np.searchsorted(times, times - half)
    ends = np.searchsorted(times, times + half, side="right")
    medians = [np.median(poses[a:b], axis=0) for a, b in zip(starts, ends, strict=True)]
    return np.asarray(medians, np.float32)
