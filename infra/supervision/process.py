"""A program of ours that runs beside us: started, watched, asked to stop, killed if it must be."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from infra.supervision.identity import Identity

_LAUNCH: Final = Path(__file__).with_name("launch.py")
_LOG_BYTES_MAX: Final = 16 * 1024 * 1024
_TAIL_BYTES: Final = 16 * 1024


@dataclass(frozen=True)
class Program:
    """What to run and how to end it. ``marker`` is a word of its command line."""

    name: str
    argv: tuple[str, ...]
    marker: str
    log_path: Path
    pid_path: Path
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    directory: Path | None = None
    user: str | None = None
    stop_signal: int = int(signal.SIGTERM)
    stop_seconds_max: float = 10.0


class RunningProgram:
    """One program over several lives; knows whether its end was wanted.

    The parent death that ends it is that of the thread which called ``start``: start programs from
    a thread that lives as long as they should.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._process: asyncio.subprocess.Process | None = None
        self._wanted = False
        self._started_at = 0.0
        self._watcher: asyncio.Task[None] | None = None
        self._died = asyncio.Event()
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The process id while it lives."""
        return self._process.pid if self._process is not None and self.alive else None

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.returncode is None

    @property
    def returncode(self) -> int | None:
        """How the last life ended; negative for a signal."""
        return self._process.returncode if self._process is not None else None

    @property
    def lived_seconds(self) -> float:
        """Since the last start."""
        return time.monotonic() - self._started_at

    async def start(self) -> None:
        """Start unless alive."""
        async with self._turn:
            if not self.alive:
                await self._spawn()

    async def stop(self) -> None:
        """Ask it to end, wait, kill what is left. Safe to repeat."""
        async with self._turn:
            self._wanted = False
            process = self._process
            if process is not None and process.returncode is None:
                with suppress(ProcessLookupError):
                    process.send_signal(self.program.stop_signal)
                try:
                    await asyncio.wait_for(process.wait(), self.program.stop_seconds_max)
                except TimeoutError:
                    self.kill()
                    await process.wait()
            if self._watcher is not None:
                await self._watcher
                self._watcher = None
            self.program.pid_path.unlink(missing_ok=True)

    def kill(self) -> None:
        """``SIGKILL`` to it and its children, as a fault would; its keeper starts it again."""
        if self._process is None or self._process.returncode is not None:
            return
        family: list[psutil.Process] = []
        with suppress(psutil.Error):
            leader = psutil.Process(self._process.pid)
            family = [leader, *leader.children(recursive=True)]
        for process in family:
            with suppress(psutil.Error):
                process.kill()

    async def wait(self) -> int:
        """How this life ends, wanted or not."""
        if self._process is None:
            return 0
        return await self._process.wait()

    async def died(self) -> int:
        """Return when it ended without being asked to; the exit code of that life."""
        await self._died.wait()
        self._died.clear()
        return self.returncode or 0

    def tail(self, lines: int = 12) -> str:
        """The last lines of its log."""
        try:
            with self.program.log_path.open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - _TAIL_BYTES))
                text = log.read().decode("utf-8", "replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    async def _spawn(self) -> None:
        program = self.program
        program.log_path.parent.mkdir(parents=True, exist_ok=True)
        _rotate(program.log_path)
        with program.log_path.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *_launch(program),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=program.directory,
                env={**os.environ, **program.environment},
                # a Ctrl-C of the terminal reaches us alone, and we drain the others
                start_new_session=True,
            )
        self._started_at = time.monotonic()
        self._wanted = True
        self._died.clear()
        with suppress(psutil.Error):
            identity = Identity.of(self._process.pid, program.marker, program.stop_signal)
            identity.write(program.pid_path)
        self._watcher = asyncio.create_task(self._watch(self._process))

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        await process.wait()
        if self._wanted:
            self._died.set()


def _launch(program: Program) -> list[str]:
    launch = [sys.executable, "-I", "-S", str(_LAUNCH), "--parent", str(os.getpid())]
    launch += ["--signal", str(program.stop_signal)]
    if program.user:
        launch += ["--user", program.user]
    return [*launch, "--", *program.argv]


def _rotate(log: Path) -> None:
    with suppress(OSError):
        if log.stat().st_size > _LOG_BYTES_MAX:
            log.replace(log.with_suffix(".1.log"))
