"""The program's own processes under one supervisor: started, kept alive, drained."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from infra.errors import UserError
from infra.settings import Settings
from infra.supervision.backoff import Backoff
from infra.supervision.events import Listener, ProcessEvent
from infra.supervision.keeper import keep_alive
from infra.supervision.process import Program, RunningProgram

ROLES: Final = ("api", "orchestration", "media", "studio", "projector")
ROOT: Final = Path(__file__).resolve().parent.parent

_READY_PAUSE_SECONDS: Final = 0.05
# a process that dies this often before it was ever ready will not become ready by patience
_DEATHS_BEFORE_READY_MAX: Final = 3


class ProcessFailed(UserError):
    """A process of ours did not become ready; the end of its log is in the text."""


def run_role(role: str) -> tuple[str, ...]:
    """The command line of a role."""
    return (sys.executable, "-m", "infra.cli", "run", role)


def ready_path(home: Path, role: str) -> Path:
    """The file in which a ready process writes its pid."""
    return home / "run" / f"{role}.ready"


class RoleProcess:
    """One of our processes; ready once it has written its own pid into its ready file."""

    def __init__(self, role: str, settings: Settings, argv: tuple[str, ...]) -> None:
        self.name = role
        self._ready_path = ready_path(settings.home, role)
        self._running = RunningProgram(
            Program(
                name=role,
                argv=argv,
                marker=role,
                log_path=settings.home / "logs" / f"{role}.log",
                pid_path=settings.home / "run" / f"{role}.pid",
                environment={**settings.as_environment(), "PYTHONPATH": str(ROOT)},
                directory=ROOT,
                stop_seconds_max=settings.drain_seconds_max,
            )
        )

    @property
    def pid(self) -> int | None:
        """The process id while it lives, for fault tests."""
        return self._running.pid

    @property
    def lived_seconds(self) -> float:
        """Since its last start."""
        return self._running.lived_seconds

    @property
    def ready(self) -> bool:
        """Whether this life of the process said that it is ready."""
        try:
            written = self._ready_path.read_text(encoding="utf-8")
        except OSError:
            return False
        return self.pid is not None and written == str(self.pid)

    async def start(self) -> None:
        """Start it; it says by itself when it is ready."""
        self._ready_path.parent.mkdir(parents=True, exist_ok=True)
        self._ready_path.unlink(missing_ok=True)
        await self._running.start()

    async def stop(self) -> None:
        """``SIGTERM``, wait until it has drained, ``SIGKILL`` when it takes too long."""
        await self._running.stop()
        self._ready_path.unlink(missing_ok=True)

    async def restart(self) -> None:
        """Drain and start again."""
        await self.stop()
        await self.start()

    def kill(self) -> None:
        """``kill -9``, as a fault would; the supervisor starts it again."""
        self._running.kill()

    async def died(self) -> int:
        """Return the exit code once it ended unasked."""
        return await self._running.died()

    def tail(self, lines: int = 12) -> str:
        """The end of its log."""
        return self._running.tail(lines)


class Supervisor:
    """``async with Supervisor(settings) as supervisor``; ``supervisor.processes[role]`` for one.

    ``settings`` must hold the addresses of the servers. Deaths and restarts go to ``on_event``.
    """

    def __init__(
        self,
        settings: Settings,
        on_event: Listener | None = None,
        roles: tuple[str, ...] = ROLES,
        command: Callable[[str], tuple[str, ...]] = run_role,
    ) -> None:
        self.settings = settings
        self.processes = {role: RoleProcess(role, settings, command(role)) for role in roles}
        self._on_event = on_event
        self._deaths: Counter[str] = Counter()
        self._keepers: list[asyncio.Task[None]] = []

    @property
    def pids(self) -> dict[str, int | None]:
        """The process of each role; None while it is down."""
        return {role: process.pid for role, process in self.processes.items()}

    async def start(self) -> None:
        """Start every role and keep each alive."""
        for process in self.processes.values():
            await process.start()
            keeper = keep_alive(process, Backoff.of(self.settings), self._tell)
            self._keepers.append(asyncio.create_task(keeper))

    async def wait_ready(self, seconds_max: float | None = None) -> None:
        """Return when every role said that it is ready.

        Raises:
            ProcessFailed: when one is silent for too long or dies again and again.
        """
        patience = seconds_max or self.settings.processes_start_seconds_max
        deadline = time.monotonic() + patience
        seen = self._deaths.copy()
        while waiting := [one for one in self.processes.values() if not one.ready]:
            for process in waiting:
                died = self._deaths[process.name] - seen[process.name]
                if died >= _DEATHS_BEFORE_READY_MAX:
                    raise ProcessFailed(_epitaph(process, f"died {died} times while starting"))
            if time.monotonic() > deadline:
                reason = f"was not ready within {patience:.0f} s"
                raise ProcessFailed(_epitaph(waiting[0], reason))
            await asyncio.sleep(_READY_PAUSE_SECONDS)

    async def stop(self) -> None:
        """Drain every role, all at once. Safe to repeat."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._keepers.clear()
        await asyncio.gather(*(process.stop() for process in self.processes.values()))

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def _tell(self, event: ProcessEvent) -> None:
        if event.kind == "died":
            self._deaths[event.name] += 1
        if self._on_event is not None:
            self._on_event(event)


def _epitaph(process: RoleProcess, what: str) -> str:
    lines = process.tail() or "(its log is empty)"
    return f"The {process.name} process {what}. The end of its log:\n{lines}"
