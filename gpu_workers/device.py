"""The devices of a process: one job at a time steps on each, and how long it did is measured."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
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


class Devices:
    """The devices of a process, a lock each: jobs on different ones do not wait for each other."""

    def __init__(self) -> None:
        self._known: dict[torch.device, Device] = {}
        self._knowing = threading.Lock()

    def of(self, sampler: object) -> Device:
        """The device that a sampler names as ``device``; one that names none uses the processor."""
        where = _numbered(getattr(sampler, "device", None) or torch.device("cpu"))
        with self._knowing:
            if where not in self._known:
                self._known[where] = _made(where)
            return self._known[where]


def chosen_device(said: str | None) -> torch.device:
    """Where models with weights of their own run: what was said, else CUDA where there is one."""
    return _numbered(torch.device(said or ("cuda" if torch.cuda.is_available() else "cpu")))


def device_name(where: torch.device) -> str:
    """What people call a device: the make of the card, or ``cpu``."""
    return torch.cuda.get_device_name(where) if where.type == "cuda" else where.type


def _numbered(where: torch.device) -> torch.device:
    """``cuda`` alone is the first card: it must not have a lock beside that of ``cuda:0``."""
    is_bare = where.type == "cuda" and where.index is None
    return torch.device("cuda", 0) if is_bare else where


def _made(where: torch.device) -> Device:
    if where.type != "cuda":
        return Device(device_name(where))
    return Device(device_name(where), partial(torch.cuda.synchronize, where))
