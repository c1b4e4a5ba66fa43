"""``temporal diff`` looks, ``temporal apply`` changes, and both say what they found."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from infra.cli.temporal import DIFFERS
from infra.settings import Settings
from infra.supervision.home import RunFile
from tests.infra.temporal_bench import a_temporal_server

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
async def settings() -> AsyncIterator[Settings]:
    async with a_temporal_server() as settings:
        yield settings


async def said(settings: Settings, *arguments: str) -> tuple[int, str]:
    """The exit code and the words of ``callsheet temporal ...``."""
    clean = {name: each for name, each in os.environ.items() if not name.startswith("CALLSHEET_")}
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "infra.cli", "temporal", *arguments),
        cwd=ROOT,
        env={**clean, **settings.as_environment()},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    words, _ = await asyncio.wait_for(running.communicate(), 60)
    assert running.returncode is not None
    return running.returncode, words.decode()


@pytest.mark.servers
async def test_diff_looks_apply_changes_and_then_nothing_is_left(settings: Settings) -> None:
    code, words = await said(settings, "diff")
    assert (code, "search_attributes.Stage" in words) == (0, True)
    code, _ = await said(settings, "diff", "--check")
    assert code == DIFFERS
    code, words = await said(settings, "apply")
    assert (code, words.splitlines()[-1][-8:]) == (0, "Applied.")
    code, words = await said(settings, "diff", "--check")
    assert (code, words) == (0, "The server is as temporal.yaml says.\n")


@pytest.mark.servers
async def test_the_server_of_a_running_up_is_found(settings: Settings) -> None:
    assert settings.temporal_address is not None
    me = psutil.Process()
    addresses = {"Temporal": settings.temporal_address}
    RunFile(me.pid, me.create_time(), "now", addresses).write(settings.home)
    code, _ = await said(settings.filled(temporal_address=None), "diff")
    assert code == 0


async def test_without_a_server_the_next_step_is_named(tmp_path: Path) -> None:
    code, words = await said(Settings(home=tmp_path, temporal_address=None), "diff")
    assert code == 1
    assert "Start one with ./callsheet up" in words


async def test_a_file_with_a_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("namespace: {name: x, retention_days: 0}\n")
    settings = Settings(home=tmp_path, temporal_address="127.0.0.1:1")
    code, words = await said(settings, "diff", "--file", str(wrong))
    assert code == 1
    assert "wrong.yaml, line 1: namespace.retention_days" in words
