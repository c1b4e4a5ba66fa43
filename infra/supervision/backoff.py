"""How long to wait before starting a crashed process again."""

from __future__ import annotations

from dataclasses import dataclass, field

from infra.settings import Settings


@dataclass
class Backoff:
    """Doubles from ``first_seconds`` to ``seconds_max``; a calm life starts it over."""

    first_seconds: float
    seconds_max: float
    calm_seconds: float
    _failures: int = field(default=0, init=False)

    @classmethod
    def of(cls, settings: Settings) -> Backoff:
        """The patience that the settings name."""
        return cls(
            first_seconds=settings.restart_delay_seconds_first,
            seconds_max=settings.restart_delay_seconds_max,
            calm_seconds=settings.restart_calm_seconds,
        )

    def next_seconds(self, lived_seconds: float) -> float:
        """The delay after a death that followed ``lived_seconds`` of life."""
        if lived_seconds >= self.calm_seconds:
            self._failures = 0
        delay = min(self.first_seconds * 2.0 ** min(self._failures, 30), self.seconds_max)
        self._failures += 1
        return delay
