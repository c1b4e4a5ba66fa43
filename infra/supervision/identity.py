"""Which process a pid file means: the pid alone may belong to a stranger by now."""

from __future__ import annotations

import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

import psutil

# the kernel counts start times in ticks of 10 ms since boot, and the boot time is an estimate
_SAME_START_SECONDS: Final = 2.0
_KILLED_SECONDS_MAX: Final = 5.0


@dataclass(frozen=True)
class Identity:
    """One process for ever: its pid, when it was created (Unix seconds), a word it runs.

    ``stop_signal`` is the one it ends on politely.
    """

    pid: int
    created: float
    marker: str = ""
    stop_signal: int = int(signal.SIGTERM)

    @classmethod
    def of(cls, pid: int, marker: str = "", stop_signal: int = int(signal.SIGTERM)) -> Self:
        """The identity of a running process.

        Raises:
            psutil.NoSuchProcess: when it is gone.
        """
        return cls(pid, psutil.Process(pid).create_time(), marker, stop_signal)

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The identity in a pid file; None when there is none or it is not readable as one."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Write the pid file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    def process(self) -> psutil.Process | None:
        """The process while it lives and is the same one; None otherwise."""
        with suppress(psutil.Error):
            found = psutil.Process(self.pid)
            same_start = abs(found.create_time() - self.created) < _SAME_START_SECONDS
            alive = found.status() != psutil.STATUS_ZOMBIE
            if same_start and alive and self.marker in " ".join(found.cmdline()):
                return found
        return None


def end_orphans(folder: Path, patience_seconds: float) -> list[str]:
    """End what an earlier, killed supervisor left running under the pid files of ``folder``.

    Returns the names of the processes that were still there. Blocks.
    """
    orphans: list[tuple[str, psutil.Process, int]] = []
    for path in sorted(folder.glob("*.pid")):
        identity = Identity.read(path)
        process = identity.process() if identity is not None else None
        if identity is not None and process is not None:
            orphans.append((path.stem, process, identity.stop_signal))
    with ThreadPoolExecutor(max_workers=max(1, len(orphans))) as pool:
        for _, process, stop_signal in orphans:
            pool.submit(end_process, process, stop_signal, patience_seconds)
    for path in folder.glob("*.pid"):
        path.unlink(missing_ok=True)
    return [name for name, _, _ in orphans]


def end_process(process: psutil.Process, sig: int, patience_seconds: float) -> None:
    """Ask with ``sig``, wait, then ``SIGKILL`` it and whatever it started. Blocks."""
    family = _family(process)
    with suppress(psutil.Error):
        process.send_signal(sig)
    _wait_until_ended([process], patience_seconds)
    left = [*family, *_family(process), process]
    for one in left:
        with suppress(psutil.Error):
            one.send_signal(signal.SIGKILL)
    _wait_until_ended(left, _KILLED_SECONDS_MAX)


def _wait_until_ended(processes: list[psutil.Process], seconds_max: float) -> None:
    """A zombie has ended too: the parent that would reap an orphan may take its time."""
    give_up_at = time.monotonic() + seconds_max
    while any(_lives(process) for process in processes) and time.monotonic() < give_up_at:
        time.sleep(0.02)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _family(process: psutil.Process) -> list[psutil.Process]:
    family: list[psutil.Process] = []
    with suppress(psutil.Error):
        family = process.children(recursive=True)
    return family
