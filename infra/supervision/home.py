"""The folder that holds the state of one installation, and who is using it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from infra.embedded.private_files import write_private
from infra.errors import AlreadyRunning
from infra.supervision.identity import Identity


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Hold the home while the block runs; the kernel lets go when this process dies.

    Raises:
        AlreadyRunning: when another process holds it.
    """
    home.mkdir(parents=True, exist_ok=True)
    path = home / "up.lock"
    with path.open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning(_who_holds(path)) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _who_holds(path: Path) -> str:
    with suppress(OSError, ValueError):
        pid = int(path.read_text(encoding="utf-8"))
        return (
            f"Callsheet already runs on {path.parent} as process {pid}. Use it "
            "(./callsheet status), stop it with Ctrl-C, or set CALLSHEET_HOME to another folder."
        )
    return (
        f"Callsheet already runs on {path.parent}. "
        "Stop it with Ctrl-C or set CALLSHEET_HOME to another folder."
    )


@dataclass
class RunFile:
    """``run.json``: what runs in a home, for ``status`` and for other commands to find."""

    pid: int
    created: float
    started_at: str
    addresses: dict[str, str]
    processes: dict[str, int | None] = field(default_factory=dict)

    @classmethod
    def path(cls, home: Path) -> Path:
        """Where it lies."""
        return home / "run.json"

    @classmethod
    def read(cls, home: Path) -> Self | None:
        """What runs now; None when nothing does, also when a killed ``up`` left its file."""
        try:
            known = cls(**json.loads(cls.path(home).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return known if Identity(known.pid, known.created).process() is not None else None

    def write(self, home: Path) -> None:
        """Write it whole or not at all; for its owner alone."""
        write_private(self.path(home), json.dumps(asdict(self), indent=2))
