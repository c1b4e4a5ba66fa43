"""The command that lists provenance cases reads them as the projection has them."""

from __future__ import annotations

import asyncio

import pytest
from typer.testing import CliRunner

from domain.kernel.ports import EventLog
from infra.cli.provenance import app
from projections.provenance_cases import PROVENANCE_CASES
from tests.domain.test_provenance_case import CASE_ID, EXPORT_ID, closed, opened
from tests.projections.given import folded, happened

pytestmark = pytest.mark.servers


async def listed(*options: str) -> str:
    """In a thread of its own: it brings its own event loop."""
    told = await asyncio.to_thread(CliRunner().invoke, app, ["cases", *options])
    assert told.exit_code == 0, told.exception
    return told.output


async def test_open_cases_are_listed_and_closed_ones_where_they_are_asked_for(
    log: EventLog, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLSHEET_POSTGRES_URL", dsn)
    await happened(log, opened())
    await folded(PROVENANCE_CASES, log, dsn)
    shown = await listed()
    assert CASE_ID in shown
    assert EXPORT_ID in shown
    assert "provenance-broken: The picture mark is not found." in shown
    assert await listed("--closed") == "No case was closed.\n"

    await happened(log, closed())
    await folded(PROVENANCE_CASES, log, dsn)
    assert await listed() == "No case is open.\n"
    assert "by staff-desk/anne: bytes-restored" in await listed("--closed")

    await happened(log, opened(99))
    await folded(PROVENANCE_CASES, log, dsn)
    assert "and opened again since" in await listed()
