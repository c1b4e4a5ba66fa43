"""The decider: a starting situation and two functions, after Jérémie Chassaing's pattern.

``decide`` says what happens, or refuses; ``evolve`` says what is then true.
Source: https://thinkbeforecoding.com/post/2021/12/17/functional-event-sourcing-decider
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Generic, TypeVar

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True)
class Decider(Generic[C, S, E]):
    """One aggregate: the category of its streams, its blank situation, and its two functions."""

    category: str
    initial: S
    decide: Callable[[C, S], Sequence[E]]
    evolve: Callable[[S, E], S]

    def fold(self, events: Iterable[E]) -> S:
        """The situation after these events."""
        return reduce(self.evolve, events, self.initial)

    def stream(self, identifier: str) -> str:
        """The name of one aggregate's stream: category, hyphen, id."""
        return f"{self.category}-{identifier}"
