"""What the supervision says: who died, when it comes back, that it is back."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["died", "restarting", "restarted", "failed"]


@dataclass(frozen=True)
class ProcessEvent:
    """One happening. ``log_tail`` holds the last lines of the log after a death."""

    kind: Kind
    name: str
    exit_code: int | None = None
    delay_seconds: float | None = None
    log_tail: str = ""

    @property
    def sentence(self) -> str:
        """The event in words, without the log."""
        match self.kind:
            case "died":
                return f"{self.name} ended unexpectedly ({ending(self.exit_code)})."
            case "restarting":
                return f"{self.name} starts again in {self.delay_seconds:.1f} s."
            case "restarted":
                return f"{self.name} is up again."
            case "failed":
                return f"{self.name} did not come up again; another try follows."


Listener = Callable[[ProcessEvent], None]


def ending(exit_code: int | None) -> str:
    """An exit code in words."""
    if exit_code is None:
        return "exit code unknown"
    if exit_code < 0:
        try:
            return signal.Signals(-exit_code).name
        except ValueError:
            return f"signal {-exit_code}"
    return f"exit code {exit_code}"
