"""A crashed process comes back and is said so; a stopping one drains first."""

from __future__ import annotations

import asyncio
import signal
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.cli.processes import until_asked_to_stop
from infra.settings import Settings
from infra.supervision.backoff import Backoff
from infra.supervision.events import ProcessEvent
from infra.supervisor import ProcessFailed, Supervisor

# a role in miniature: argv is its manner, its home and its name
_ROLE = textwrap.dedent("""
    import os, pathlib, signal, sys, time
    manner, home, role = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    if manner == "broken":
        sys.exit("the lamp is missing")
    def drain(*_):
        (home / f"{role}.drained").write_text("yes")
        if manner == "polite":
            sys.exit(0)
    signal.signal(signal.SIGTERM, drain)
    if manner != "silent":
        (home / "run" / f"{role}.ready").write_text(str(os.getpid()))
    while True:
        time.sleep(0.05)
""")


def _supervisor(
    home: Path, manners: dict[str, str], events: list[ProcessEvent] | None = None
) -> Supervisor:
    script = home / "role.py"
    script.write_text(_ROLE)
    return Supervisor(
        Settings(home=home, restart_delay_seconds_first=0.05, drain_seconds_max=1.0),
        (events if events is not None else []).append,
        roles=tuple(manners),
        command=lambda role: (sys.executable, str(script), manners[role], str(home), role),
    )


async def _until(seconds_max: float, what: Callable[[], bool]) -> None:
    async with asyncio.timeout(seconds_max):
        while not what():  # another process makes it true
            await asyncio.sleep(0.02)


async def test_a_crashed_process_is_started_again_and_said_so(tmp_path: Path) -> None:
    events: list[ProcessEvent] = []
    async with _supervisor(tmp_path, {"api": "polite", "media": "polite"}, events) as supervisor:
        await supervisor.wait_ready(10)
        before = dict(supervisor.pids)
        supervisor.processes["api"].kill()
        await _until(10, lambda: any(event.kind == "restarted" for event in events))
        await supervisor.wait_ready(10)
        assert supervisor.pids["api"] != before["api"]
        assert supervisor.pids["media"] == before["media"]
    assert [event.kind for event in events] == ["died", "restarting", "restarted"]
    assert "api ended unexpectedly (SIGKILL)" in events[0].sentence


async def test_stopping_drains(tmp_path: Path) -> None:
    events: list[ProcessEvent] = []
    async with _supervisor(tmp_path, {"api": "polite", "media": "polite"}, events) as supervisor:
        await supervisor.wait_ready(10)
    assert (tmp_path / "api.drained").exists()
    assert (tmp_path / "media.drained").exists()
    assert supervisor.pids == {"api": None, "media": None}
    assert events == []


async def test_a_process_that_does_not_drain_in_time_is_killed(tmp_path: Path) -> None:
    async with _supervisor(tmp_path, {"studio": "stubborn"}) as supervisor:
        await supervisor.wait_ready(10)
        process = supervisor.processes["studio"]
    assert (tmp_path / "studio.drained").exists()
    assert process.pid is None
    assert process._running.returncode == -signal.SIGKILL


async def test_a_process_that_cannot_start_shows_why(tmp_path: Path) -> None:
    async with _supervisor(tmp_path, {"api": "broken"}) as supervisor:
        with pytest.raises(ProcessFailed, match="the lamp is missing"):
            await supervisor.wait_ready(20)


async def test_a_process_that_never_says_ready_is_named(tmp_path: Path) -> None:
    async with _supervisor(tmp_path, {"projector": "silent"}) as supervisor:
        with pytest.raises(ProcessFailed, match="projector process was not ready within 0 s"):
            await supervisor.wait_ready(0.3)


async def test_the_ready_file_of_an_earlier_life_means_nothing(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "api.ready").write_text("1")
    async with _supervisor(tmp_path, {"api": "silent"}) as supervisor:
        assert not supervisor.processes["api"].ready


def test_the_delay_doubles_to_its_limit_and_a_calm_life_starts_it_over() -> None:
    backoff = Backoff(first_seconds=0.5, seconds_max=15.0, calm_seconds=30.0)
    assert [backoff.next_seconds(1.0) for _ in range(7)] == [0.5, 1, 2, 4, 8, 15, 15]
    assert backoff.next_seconds(31.0) == 0.5


async def test_a_process_finishes_its_drain_before_it_ends(tmp_path: Path) -> None:
    drained = asyncio.Event()

    async def work(_: Settings, ready: object) -> None:
        assert callable(ready)
        ready()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            drained.set()

    settings = Settings(home=tmp_path)
    running = asyncio.create_task(until_asked_to_stop(work, settings, "api"))
    await _until(5, lambda: (tmp_path / "run" / "api.ready").exists())
    signal.raise_signal(signal.SIGTERM)
    await asyncio.wait_for(running, 5)
    assert drained.is_set()
    for sig in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().remove_signal_handler(sig)
