"""The servers of the laptop start together, die alone, and come back with what they held."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import psutil
import pytest
from minio import Minio
from temporalio.client import Client, WorkflowExecutionStatus

from infra.embedded.ports import PortBook
from infra.embedded.servers import EmbeddedServers
from infra.errors import AlreadyRunning, PortTaken, ServerFailed
from infra.settings import Settings
from infra.supervision.events import ProcessEvent
from infra.supervision.home import RunFile, held
from infra.supervision.identity import Identity, end_orphans
from infra.supervisor import ROOT

pytestmark = pytest.mark.servers

_LAUNCH = ROOT / "infra" / "supervision" / "launch.py"


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="callsheet-") as folder:
        yield Path(folder) / "home"


@asynccontextmanager
async def _started(home: Path, **more: object) -> AsyncIterator[EmbeddedServers]:
    async with EmbeddedServers(Settings(home=home).filled(**more)) as servers:
        yield servers


def _minio(settings: Settings) -> Minio:
    assert settings.s3_endpoint
    assert settings.s3_access_key
    assert settings.s3_secret_key
    return Minio(
        settings.s3_endpoint,
        settings.s3_access_key.get_secret_value(),
        settings.s3_secret_key.get_secret_value(),
        secure=False,
        region=settings.s3_region,
    )


async def _leave_something_everywhere(settings: Settings) -> None:
    assert settings.temporal_address
    client = await Client.connect(settings.temporal_address, namespace="callsheet")
    await client.start_workflow("Waiting", id="kept", task_queue="nobody-listens")
    database = await asyncpg.connect(settings.postgres_dsn)
    await database.execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('here')")
    await database.close()
    body = b"k" * 300_000
    await asyncio.to_thread(
        _minio(settings).put_object, settings.s3_bucket, "kept", io.BytesIO(body), len(body)
    )


async def _everything_is_there(settings: Settings) -> bool:
    assert settings.temporal_address
    client = await Client.connect(settings.temporal_address, namespace="callsheet")
    described = await client.get_workflow_handle("kept").describe()
    database = await asyncpg.connect(settings.postgres_dsn)
    word = await database.fetchval("SELECT word FROM kept")
    await database.close()
    answer = await asyncio.to_thread(_minio(settings).get_object, settings.s3_bucket, "kept")
    return (
        described.status is WorkflowExecutionStatus.RUNNING
        and word == "here"
        and answer.data == b"k" * 300_000
    )


async def test_a_killed_server_is_reported_and_comes_back_with_its_data(home: Path) -> None:
    async with _started(home) as servers:
        await _leave_something_everywhere(servers.settings)
        before = {name: server.pid for name, server in servers.all.items()}
        for server in servers.all.values():
            server.kill()
        back: set[str] = set()
        reports: list[ProcessEvent] = []
        async with asyncio.timeout(30):
            async for event in servers.watch():
                reports.append(event)
                if event.kind == "restarted":
                    back.add(event.name)
                if back == {"temporal", "postgres", "s3"}:
                    break
        deaths = [event for event in reports if event.kind == "died"]
        assert {event.name for event in deaths} == {"temporal", "postgres", "s3"}
        assert all("SIGKILL" in event.sentence and event.log_tail for event in deaths)
        assert all(servers.all[name].pid != pid for name, pid in before.items())
        assert await _everything_is_there(servers.settings)


async def test_the_next_start_goes_on_with_the_same_addresses_and_keys(home: Path) -> None:
    async with _started(home) as servers:
        first = servers.settings
        await _leave_something_everywhere(first)
    async with _started(home) as servers:
        assert servers.settings == first
        assert await _everything_is_there(first)


async def test_kill_dash_nine_of_everything_loses_nothing(home: Path) -> None:
    # a supervisor in a process of its own, killed together with all its servers
    alone = (
        "import asyncio, sys\n"
        "from infra.embedded.servers import EmbeddedServers\n"
        "from infra.settings import Settings\n"
        "async def main():\n"
        "    async with EmbeddedServers(Settings()) as servers:\n"
        "        print(*(s.pid for s in servers.all.values()), flush=True)\n"
        "        await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    environment = {**os.environ, "CALLSHEET_HOME": str(home), "PYTHONPATH": str(ROOT)}
    supervisor = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", alone), env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert supervisor.stdout is not None
    line = (await supervisor.stdout.readline()).decode()
    leaders = [psutil.Process(int(pid)) for pid in line.split()]
    assert len(leaders) == 3
    ports = PortBook(home)._known
    settings = _settings_of(home, ports)
    await _leave_something_everywhere(settings)

    with pytest.raises(AlreadyRunning, match=str(supervisor.pid)), held(home):
        pass
    family = [one for leader in leaders for one in (leader, *leader.children(recursive=True))]
    for process in [psutil.Process(supervisor.pid), *family]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    await supervisor.wait()

    async with _started(home) as servers:
        assert await _everything_is_there(servers.settings)
        assert servers.settings.temporal_address == settings.temporal_address


def _settings_of(home: Path, ports: dict[str, int]) -> Settings:
    """The addresses of a running home, put together from what it keeps."""
    keys = json.loads((home / "s3" / "keys.json").read_text())
    password = (home / "postgres.password").read_text()
    return Settings(
        home=home,
        temporal_address=f"127.0.0.1:{ports['temporal']}",
        postgres_url=f"postgresql://callsheet:{password}@127.0.0.1:{ports['postgres']}/callsheet",
        s3_endpoint=f"127.0.0.1:{ports['s3']}",
        s3_access_key=keys["access"],
        s3_secret_key=keys["secret"],
    )


def test_what_a_killed_supervisor_left_running_is_ended_and_no_stranger(home: Path) -> None:
    sleeper = subprocess.Popen(["sleep", "60"])
    stranger = subprocess.Popen(["sleep", "61"])
    try:
        Identity.of(sleeper.pid, "sleep").write(home / "run" / "left.pid")
        now = Identity.of(stranger.pid, "sleep")
        Identity(now.pid, now.created - 3600, "sleep").write(home / "run" / "reused.pid")
        assert end_orphans(home / "run", 5.0) == ["left"]
        assert sleeper.wait(1) == -signal.SIGTERM
        assert stranger.poll() is None
    finally:
        sleeper.kill()
        stranger.kill()
        sleeper.wait()
        stranger.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal")
def test_a_program_ends_with_its_supervisor() -> None:
    parent = (
        "import subprocess, sys, os\n"
        f"p = subprocess.Popen([sys.executable, {str(_LAUNCH)!r}, '--parent', str(os.getpid()),"
        " '--', 'sleep', '60'])\n"
        "import time; time.sleep(0.3)\n"
        "print(p.pid, flush=True); time.sleep(60)\n"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    child = psutil.Process(int(supervisor.stdout.readline()))
    supervisor.kill()
    supervisor.wait()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and child.is_running():
        if child.status() == psutil.STATUS_ZOMBIE:
            break
        time.sleep(0.05)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


async def test_a_server_whose_address_is_given_is_not_started(home: Path) -> None:
    given = {
        "temporal_address": "temporal.example:7233",
        "postgres_url": "postgresql://me:word@db.example/callsheet",
        "s3_endpoint": "s3.example",
    }
    async with _started(home, **given) as servers:
        assert servers.all == {}
        assert servers.settings.temporal_address == "temporal.example:7233"
        assert servers.settings.s3_endpoint == "s3.example"
        assert servers.settings.api_port


async def test_a_server_that_cannot_start_shows_the_end_of_its_log(home: Path) -> None:
    elsewhere = {"temporal_address": "temporal.example:7233", "s3_endpoint": "s3.example"}
    async with _started(home, **elsewhere):
        pass
    (home / "postgres" / "data" / "PG_VERSION").write_text("7\n")
    with pytest.raises(ServerFailed, match="incompatible with server"):
        async with _started(home, **elsewhere):
            pass
    with held(home):
        pass  # the failed start let go of the home


async def test_a_broken_pid_file_does_not_keep_postgres_down(home: Path) -> None:
    elsewhere = {"temporal_address": "temporal.example:7233", "s3_endpoint": "s3.example"}
    async with _started(home, **elsewhere) as servers:
        assert servers.postgres is not None
        port = servers.settings.postgres_dsn
    # a process of ours that lives, as a reused pid would
    (home / "postgres" / "data" / "postmaster.pid").write_text(f"{os.getppid()}\n/nowhere\n0\n")
    async with _started(home, **elsewhere) as servers:
        assert servers.settings.postgres_dsn == port


def test_a_port_that_was_asked_for_must_be_free(home: Path) -> None:
    home.mkdir()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"Port {port} for s3 is in use"):
            PortBook(home).port("s3", port)


def test_a_remembered_port_is_given_again_unless_somebody_took_it(home: Path) -> None:
    home.mkdir()
    port = PortBook(home).port("s3")
    assert PortBook(home).port("s3") == port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert PortBook(home).port("s3") != port


def test_the_keys_of_a_home_are_for_its_owner_alone(home: Path) -> None:
    RunFile(os.getpid(), psutil.Process().create_time(), "", {"API": "x"}).write(home)
    assert RunFile.path(home).stat().st_mode & 0o077 == 0
    assert RunFile.read(home) is not None
    RunFile(os.getpid(), 1.0, "", {}).write(home)
    assert RunFile.read(home) is None
