"""``policy detectors``: who looks, in which version and licence, and what that is worth."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table

from activities.moderation.cards import NAMES, Card, cards
from activities.moderation.words import VERSION as DRAWN_VERSION
from domain.moderation.finding import Detector
from infra.bootstrap import open_screener
from infra.settings import Settings

_NOT_MEASURED = "not in this version"


def show(
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Also write the cards to this file.")
    ] = None,
) -> None:
    """Every detector that runs here: version, licence, and its measured precision and recall."""
    found = asyncio.run(running(Settings.read()))
    if json_path is not None:
        written = TypeAdapter(tuple[Card, ...]).dump_json(found, indent=2)
        json_path.write_bytes(written + b"\n")
    Console().print(table_of(found))


async def running(settings: Settings) -> tuple[Card, ...]:
    """The cards of the detectors that these settings run."""
    async with open_screener(settings) as screener:
        versions = {"drawn": DRAWN_VERSION, **screener.versions}
    known = (each for each in NAMES if each in versions)
    return cards(Detector(name=each, version=versions[each]) for each in known)


def table_of(found: tuple[Card, ...]) -> Table:
    """The cards for a reader at a terminal; what was not measured says so."""
    table = Table(title="Detectors", title_justify="left")
    for heading in ("detector", "version", "looks for", "licence", "precision", "recall", "of"):
        table.add_column(heading, overflow="fold")
    for each in found:
        told = each.measured
        shares = (told.precision, told.recall) if told else (None, None)
        figures = ("none" if share is None else f"{share:.3f}" for share in shares)
        of = f"{told.tried}: {told.of}" if told else _NOT_MEASURED
        table.add_row(each.name, each.version, each.looks_for, each.licence, *figures, of)
    return table
