"""The projector as a process runs it, and the commands beside it."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs
from typer.testing import CliRunner

from domain.generation.brief import Brief
from domain.kernel.ports import EventLog
from infra.cli.bench_stories import stories
from infra.cli.projections import app
from infra.processes.projector import main
from infra.settings import Settings
from projections.ending import ended
from projections.feed import FEED
from projections.generations import GENERATIONS
from projections.registry import PROJECTIONS
from projections.watermarks import Watermarks
from tests import words
from tests.projections.given import bytes_of, folded, happened, told, unreadable, written

pytestmark = pytest.mark.servers


@pytest.fixture
def settings(dsn: str, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, postgres_url=SecretStr(dsn))


async def test_it_is_ready_when_all_have_caught_up_and_follows_until_it_is_told_to_stop(
    log: EventLog, dsn: str, settings: Settings
) -> None:
    await told(log, stories(20))
    ready = asyncio.Event()
    process = asyncio.create_task(main(settings, ready.set))
    async with asyncio.timeout(15), Watermarks(dsn, PROJECTIONS) as watermarks:
        await ready.wait()
        assert (await bytes_of(GENERATIONS, dsn)).rows == 20
        await watermarks.wait_until(await happened(log, words.video_requested()), 5.0)
    figures = await metrics_of(settings)
    assert figures["callsheet_projection_position"] == {each.name for each in PROJECTIONS}
    assert figures["callsheet_projection_parked_events"] == {each.name for each in PROJECTIONS}
    assert "callsheet_projection_batch_seconds_count" in figures
    await asyncio.wait_for(ended(process), 5.0)
    assert process.cancelled()


async def test_what_people_wrote_is_in_no_log_line_even_when_it_cannot_be_folded(
    log: EventLog, dsn: str
) -> None:
    canary = "canary7f3a"
    stream = f"generation-{words.GENERATION_ID}"
    data = words.video_requested(Brief(prompt=canary)).model_dump_json()
    broken = data.replace(canary, canary + "\\u0000").encode()
    await written(log, stream, unreadable("video-requested.v1", stream, broken))
    with capture_logs() as lines:
        await folded(GENERATIONS, log, dsn)
    assert [line["event"] for line in lines] == ["projection.parked"]
    assert canary not in repr(lines)


async def test_the_commands_show_rebuild_and_retry(
    log: EventLog, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLSHEET_POSTGRES_URL", dsn)
    monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    events = await told(log, stories(20)) + 1
    await written(log, "video-x", unreadable("video-released.v1", "video-x"))
    await folded(FEED, log, dsn)
    live = await bytes_of(FEED, dsn)

    status = await command("status")
    assert re.search(rf"feed\W+{events}\W+0\W+{FEED.version}\W+1\b", status.output)
    aside = await command("parked", "feed")
    assert "video-x" in aside.output
    assert "KeyError" in aside.output

    figures = tmp_path / "rebuild.json"
    done = await command("rebuild", "feed", "--json", str(figures))
    assert done.exit_code == 0
    shown = json.loads(figures.read_text())
    assert shown["ok"]
    assert shown["checks"]["events"]["value"] == events
    assert await bytes_of(FEED, dsn) == live

    still = await command("retry", "feed")
    assert (still.exit_code, still.output) == (1, "feed: 1 events are still parked.\n")


async def test_a_name_that_is_none_is_refused_in_a_sentence(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLSHEET_POSTGRES_URL", dsn)
    refused = await command("rebuild", "fed")
    assert str(refused.exception) == (
        "There is no projection named 'fed'; there are generations, feed, notices, "
        "cameos, enrolments, asks, appearances, moderation, rules, undos, "
        "provenance_cases."
    )


async def command(*arguments: str) -> Any:
    """A command in a thread of its own: it brings its own event loop."""
    return await asyncio.to_thread(CliRunner().invoke, app, list(arguments))


async def metrics_of(settings: Settings) -> dict[str, set[str]]:
    """The names of the process's metrics, and the projections that each speaks of."""
    address = (settings.home / "run" / "projector.metrics").read_text()
    async with httpx.AsyncClient() as client:
        text = (await client.get(address)).text
    found: dict[str, set[str]] = {}
    for name, projection in re.findall(r'^(\w+)\{projection="(\w+)"', text, re.MULTILINE):
        found.setdefault(name, set()).add(projection)
    return found
