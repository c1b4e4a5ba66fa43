"""What a runner tells whoever measures it."""

from __future__ import annotations

from typing import Protocol


class Gauges(Protocol):
    """Receives figures of a projection; it must return at once and never raise."""

    def folded(self, projection: str, events: int, seconds: float) -> None:
        """A batch was folded and committed."""
        ...

    def standing(self, projection: str, position: int, lag: int, parked: int) -> None:
        """Where the projection stands, how many positions the log is ahead, what it put aside."""
        ...


class NoGauges:
    """Measures nothing."""

    def folded(self, projection: str, events: int, seconds: float) -> None:
        """Forget it."""

    def standing(self, projection: str, position: int, lag: int, parked: int) -> None:
        """Forget it."""
