"""Start an examiner: a process of its own whose report is bounded, and not trusted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from activities.clip.container import REPORT_BYTES_MAX

_ROOT: Final = Path(__file__).parents[2]
_BYTECODE: Final = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")
"""Where Python keeps what it compiled is all that an examiner learns of our surroundings. Without
it every clip would wait until whatever its examiner imports is compiled once more."""


class TookTooLong(Exception):
    """The examiner reached its limit on the clock of the wall or of the processor."""

    def __init__(self, *, waited: bool) -> None:
        super().__init__("waiting" if waited else "computing")
        self.waited = waited


class ExaminerDied(Exception):
    """The bytes ended the examiner."""


class ExaminerUnfit(Exception):
    """The examiner cannot start on this machine: a package is missing."""


def report_of(
    module: str, arguments: Sequence[str], wall_seconds: float, given: bytes = b""
) -> bytes:
    """What an examiner wrote; ``given`` is what it reads. Raises TookTooLong, ExaminerDied."""
    with tempfile.TemporaryFile() as report:
        done = _ended(
            module, arguments, wall_seconds, input=given, stdout=report, stderr=subprocess.DEVNULL
        )
        if done.returncode < 0:
            raise ExaminerDied
        report.seek(0)
        return report.read(REPORT_BYTES_MAX)


def run(module: str, arguments: Sequence[str], wall_seconds: float, threads: int = 1) -> None:
    """Let an examiner write into a folder that it is told, and end.

    Raises TookTooLong, ExaminerDied, ExaminerUnfit.
    """
    done = _ended(
        module,
        arguments,
        wall_seconds,
        threads,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    if b"WeightsMissing" in done.stderr or b"ModuleNotFoundError" in done.stderr:
        raise ExaminerUnfit(done.stderr.decode(errors="replace").strip().splitlines()[-1][:200])
    if done.returncode != 0:
        raise ExaminerDied


def _ended(
    module: str, arguments: Sequence[str], wall_seconds: float, threads: int = 1, **streams: Any
) -> subprocess.CompletedProcess[bytes]:
    """An examiner that has ended, however that was. Raises TookTooLong."""
    try:
        done = subprocess.run(
            [sys.executable, "-s", "-m", module, *arguments],
            cwd=_ROOT,
            env={
                "MALLOC_ARENA_MAX": "2",
                "OPENBLAS_NUM_THREADS": "1",
                "OMP_NUM_THREADS": str(threads),
                **{name: os.environ[name] for name in _BYTECODE if name in os.environ},
            },
            timeout=wall_seconds,
            start_new_session=True,
            check=False,
            **streams,
        )
    except subprocess.TimeoutExpired:
        raise TookTooLong(waited=True) from None
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise TookTooLong(waited=False)
    return done
