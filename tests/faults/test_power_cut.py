"""`kill -9` of everything, then `up` again: nothing that was accepted is lost."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from infra.settings import Settings
from infra.supervision.stack import running
from infra.supervisor import ROOT
from tests.faults.batch import a_batch, opened

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


@contextmanager
def up_in_another_process(home: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The program as a person starts it; whatever is left of it is killed at the end."""
    environment = {**os.environ, "CALLSHEET_HOME": str(home), "PYTHONPATH": str(ROOT)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.cli", "up"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=120)


async def until_up(home: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, int]:
    """The pids of everything, once ``up`` says that all is ready."""
    run_file = home / "run.json"
    async with asyncio.timeout(300):
        while not run_file.exists():
            assert process.poll() is None, log.read_text(encoding="utf-8")
            await asyncio.sleep(0.1)
    pids: dict[str, int] = json.loads(run_file.read_text(encoding="utf-8"))["processes"]
    return pids


def settings_of(home: Path) -> Settings:
    """What the running program uses, as its own processes received it."""
    run = json.loads((home / "run.json").read_text(encoding="utf-8"))
    environ = psutil.Process(run["processes"]["api"]).environ()
    given = {
        name.removeprefix("CALLSHEET_").lower(): value
        for name, value in environ.items()
        if name.startswith("CALLSHEET_") and name != "CALLSHEET_METRICS_PORTS"
    }
    return Settings.model_validate(given)


async def test_after_a_power_cut_up_goes_on_where_it_was(tmp_path: Path) -> None:
    home, log = tmp_path / "home", tmp_path / "up.log"
    with up_in_another_process(home, log) as process:
        pids = await until_up(home, process, log)
        settings = settings_of(home)
        async with a_batch(settings) as batch:
            await batch.until_in_the_middle()
            accepted = list(batch.ids)
            for pid in (process.pid, *pids.values()):
                os.kill(pid, signal.SIGKILL)
            process.wait(timeout=60)

    async with (
        running(Settings.read().filled(home=home)) as stack,
        opened(stack.settings) as again,
    ):
        again.ids = accepted
        await again.verify()
