"""The device of a process: one job at a time steps on it, and how long it did is measured."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import torch

LOOK_SECONDS: Final = 0.05
"""How often a job that waits for its turn asks whether it should still wait."""

_COURTESY_SECONDS: Final = 0.001
"""Whoever had the device lets the next one have the interpreter first."""


@dataclass
class Turn:
    """One job's time on the device, readable from other threads while it lasts."""

    begun: float | None = None
    ended: float | None = None

    @property
    def seconds(self) -> float:
        """How long the device was, or has been, this job's own."""
        if self.begun is None:
            return 0.0
        return (time.monotonic() if self.ended is None else self.ended) - self.begun


class Device:
    """A lock between threads: the next job begins without a detour through the event loop.

    ``name`` is what the log calls it; ``settle`` waits until everything begun on it is done.
    """

    def __init__(self, name: str = "cpu", settle: Callable[[], None] = lambda: None) -> None:
        self.name = name
        self._settle = settle
        self._taken = threading.Lock()

    @contextmanager
    def held(self, turn: Turn, heed: Callable[[], None]) -> Iterator[None]:
        """Wait for the device and have it for the block. ``heed`` may raise to give up waiting."""
        while not self._taken.acquire(timeout=LOOK_SECONDS):
            heed()
        turn.begun = time.monotonic()
        try:
            yield
            self._settle()
        finally:
            turn.ended = time.monotonic()
            self._taken.release()
            time.sleep(_COURTESY_SECONDS)


def this_device() -> Device:
    """The accelerator of this process, or its processor where there is none."""
    if torch.cuda.is_available():
        return Device(torch.cuda.get_device_name(), torch.cuda.synchronize)
    return Device()
