"""Preparation: which pictures of a clip are wanted, how large, and in which range of numbers."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from activities.clip.facts import ClipFacts
from activities.clip.refusals import ClipTooShort

Triple = tuple[float, float, float]

HALF: Final[Triple] = (127.5, 127.5, 127.5)


@dataclass(frozen=True)
class Preparation:
    """What a model wants to see: ``width`` and ``height`` in pixels, RGB.

    A level of 0 to 255 becomes (level - mean) / std; the default gives [-1, 1]. With ``fps``,
    pictures are taken at that rate by the clip's own clock, else all of them; ``start`` and
    ``seconds`` cut a part, counted from the first picture.
    """

    width: int
    height: int
    mean: Triple = HALF
    std: Triple = HALF
    fps: Fraction | None = None
    start: float = 0.0
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.width <= 0 or self.height <= 0 or min(self.std) <= 0:
            raise ValueError("width, height and std are above zero")
        if self.start < 0 or (self.seconds is not None and self.seconds <= 0):
            raise ValueError("start is not negative, and seconds are above zero")
        if self.fps is not None and self.fps <= 0:
            raise ValueError("fps is above zero")


@dataclass(frozen=True)
class Framing:
    """The part of a stored picture that is used, and what it becomes before it is turned.

    ``left``, ``top``, ``right``, ``bottom`` are stored pixels, and even where something is cut, so
    that colour planes of half the size can be cut too. ``turns`` are quarter turns anticlockwise.
    """

    left: int
    top: int
    right: int
    bottom: int
    width: int
    height: int
    turns: int


def framed(facts: ClipFacts) -> tuple[int, int]:
    """Width and height of a clip as people see it: upright, with square pixels."""
    across = max(1, round(facts.width * Fraction(*facts.pixel_aspect)))
    upright = facts.rotation % 180 == 0
    return (across, facts.height) if upright else (facts.height, across)


def framing(facts: ClipFacts, preparation: Preparation) -> Framing:
    """The largest centred part with the wanted shape: scale to cover, then crop."""
    turns = facts.rotation // 90
    width, height = preparation.width, preparation.height
    if turns % 2:
        width, height = height, width
    wanted = Fraction(width, height) / Fraction(*facts.pixel_aspect)  # in stored pixels
    across, down = facts.width, facts.height
    if Fraction(facts.width, facts.height) > wanted:
        across = _even(facts.height * wanted, facts.width)
    else:
        down = _even(facts.width / wanted, facts.height)
    left, top = _even_half(facts.width - across), _even_half(facts.height - down)
    return Framing(left, top, left + across, top + down, width, height, turns)


def _even(length: Fraction, whole: int) -> int:
    """An even length, unless nothing is cut."""
    near = max(2, 2 * round(length / 2))
    return whole if near >= whole - 1 else near


def _even_half(rest: int) -> int:
    return rest // 4 * 2


def moments(facts: ClipFacts, preparation: Preparation) -> tuple[int, ...]:
    """The times of the pictures to take, in ticks, rising; one is repeated where a clip is slow.

    At each wanted moment it is the picture that is on show then, whatever its number: phones record
    at rates that vary. Raises ClipTooShort where no picture is left.
    """
    begin, end = _part(facts, preparation)
    if preparation.fps is None:
        return _on_show(facts.times, begin, end)
    period = 1 / (preparation.fps * facts.tick)
    count = _count(begin, end, period)
    return tuple(_shown_at(facts.times, begin + index * period) for index in range(count))


def length(facts: ClipFacts, preparation: Preparation) -> float:
    """How long the wanted pictures last, in seconds. Raises ClipTooShort."""
    begin, end = _part(facts, preparation)
    if preparation.fps is None:
        return float((end - begin) * facts.tick)
    period = 1 / (preparation.fps * facts.tick)
    return float(_count(begin, end, period) / preparation.fps)


def _part(facts: ClipFacts, preparation: Preparation) -> tuple[Fraction, Fraction]:
    """From when until when, in ticks."""
    begin = facts.times[0] + _exact(preparation.start) / facts.tick
    end = Fraction(facts.times[-1] + max(1, facts.last_ticks))
    if begin >= end:
        raise ClipTooShort(f"It lasts {facts.seconds:.2f} s.")
    if preparation.seconds is not None:
        end = min(end, begin + _exact(preparation.seconds) / facts.tick)
    return begin, end


def _exact(seconds: float) -> Fraction:
    """The moment that is meant: 0.36 is a little less in binary, and would show the one before."""
    return Fraction(seconds).limit_denominator(1_000_000)


def _count(begin: Fraction, end: Fraction, period: Fraction) -> int:
    """The last moment stands for a whole period, give or take half of one."""
    return max(1, round((end - begin) / period))


def _shown_at(times: tuple[int, ...], moment: Fraction) -> int:
    return times[max(0, bisect_right(times, moment) - 1)]


def _on_show(times: tuple[int, ...], begin: Fraction, end: Fraction) -> tuple[int, ...]:
    since = max(0, bisect_right(times, begin) - 1)
    return tuple(time for time in times[since:] if time < end)
