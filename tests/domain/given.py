"""Sentences about deciders: given these events, when this command, then these events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from domain.kernel.decider import Decider
from domain.kernel.errors import Refusal
from domain.kernel.model import Command, Event


@dataclass(frozen=True)
class Outcome:
    """What a decision came to."""

    events: Sequence[Event]
    refusal: Refusal | None

    def then(self, *expected: Event) -> None:
        assert self.refusal is None, f"refused: {self.refusal}"
        assert list(self.events) == list(expected)

    def then_nothing(self) -> None:
        self.then()

    def then_refused(self, refusal: type[Refusal]) -> None:
        if self.refusal is None:
            pytest.fail(f"{refusal.__name__} was expected; it decided {list(self.events)}")
        assert type(self.refusal) is refusal


@dataclass(frozen=True)
class Story:
    """A decider with a past."""

    decider: Decider[Any, Any, Any]
    past: tuple[Event, ...] = ()

    def given(self, *events: Event) -> Story:
        return Story(self.decider, (*self.past, *events))

    @property
    def state(self) -> Any:
        """The situation that the past led to."""
        return self.decider.fold(self.past)

    def when(self, command: Command) -> Outcome:
        try:
            return Outcome(self.decider.decide(command, self.decider.fold(self.past)), None)
        except Refusal as refusal:
            return Outcome((), refusal)
