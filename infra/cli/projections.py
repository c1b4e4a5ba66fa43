"""``projections``: look at the read models, build one anew, try again what was put aside."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from domain.catalog import EVENTS
from infra.cli.figures import Figures
from infra.cli.running import postgres_dsn
from infra.errors import UserError
from infra.eventlog.postgres import PostgresEventLog
from infra.settings import Settings
from projections.connection import writing
from projections.faults import PASSING, kind_of
from projections.projection import Projection
from projections.rebuild import Progress as Step
from projections.rebuild import RebuildRefused, Rebuilt
from projections.rebuild import rebuild as build_anew
from projections.registry import PROJECTIONS, NoSuchProjection, named
from projections.retry import retry as try_again
from projections.tables import Parked, Standing, Tables

app = typer.Typer(
    name="projections",
    no_args_is_help=True,
    add_completion=False,
    help="Look at the read models, build one anew, try again what was put aside.",
)

T = TypeVar("T")
Name = Annotated[str, typer.Argument(help=" | ".join(each.name for each in PROJECTIONS))]
SomeName = Annotated[str | None, typer.Argument(help="Only this projection.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Also write the figures here.")]


@app.command()
def rebuild(name: Name, json_file: JsonFile = None) -> None:
    """Build a read model anew beside the live one, and exchange them; reads go on meanwhile."""
    projection = _named(name)
    columns = (TextColumn(name), BarColumn(), TextColumn("{task.fields[events]:,} events of"))
    with Progress(*columns, TextColumn("position {task.total:,}"), TimeElapsedColumn()) as shown:
        task = shown.add_task(name, total=0, events=0)

        def show(step: Step) -> None:
            shown.update(task, completed=step.position, total=step.head, events=step.events)

        def building(log: PostgresEventLog, dsn: str) -> Awaitable[Rebuilt]:
            return build_anew(projection, log, EVENTS, dsn, show)

        done = _with_log(building)
    figures = _figures(done)
    figures.write(json_file)
    Console().print(figures.table())


@app.command()
def status() -> None:
    """Show how far each projection has come, and what it put aside."""

    async def look(log: PostgresEventLog, dsn: str) -> tuple[int, list[Standing]]:
        async with writing(dsn, "status") as connection:
            tables = [Tables(each, EVENTS, connection) for each in PROJECTIONS]
            return await log.head(), [await each.standing() for each in tables]

    head, standings = _with_log(look)
    table = Table(title=f"The log's head is at position {head:,}", title_justify="left")
    for heading in ("projection", "position", "behind", "version", "parked"):
        table.add_column(heading, justify="left" if heading == "projection" else "right")
    for projection, standing in zip(PROJECTIONS, standings, strict=True):
        behind = max(0, head - standing.position)
        table.add_row(
            projection.name,
            f"{standing.position:,}",
            f"{behind:,}",
            _version(projection, standing),
            f"{standing.parked:,}",
        )
    Console().print(table)


@app.command()
def parked(name: SomeName = None) -> None:
    """List events that could not be folded: where they stand and the kind of error."""
    wanted = [_named(name)] if name else list(PROJECTIONS)

    async def look(log: PostgresEventLog, dsn: str) -> list[list[Parked]]:
        async with writing(dsn, "status") as connection:
            return [await Tables(each, EVENTS, connection).parked() for each in wanted]

    table = Table()
    for heading in ("projection", "position", "stream", "event", "id", "error"):
        table.add_column(heading, overflow="fold")
    for projection, events in zip(wanted, _with_log(look), strict=True):
        for each in events:
            event_id = str(each.event_id)
            table.add_row(
                projection.name,
                str(each.position),
                each.stream,
                each.event_type,
                event_id,
                each.error,
            )
    Console().print(table if table.row_count else "Nothing is parked.")


@app.command()
def retry(name: Name) -> None:
    """Fold again what was put aside; what fails again stays put aside."""
    projection = _named(name)
    still = _with_log(lambda log, dsn: try_again(projection, log, EVENTS, dsn))
    typer.echo(f"{name}: {still:,} events are still parked." if still else f"{name}: none parked.")
    if still:
        raise typer.Exit(1)


def _version(projection: Projection[Any], standing: Standing) -> str:
    if standing.version == projection.version:
        return str(standing.version)
    return f"{standing.version}, this program makes {projection.version}"


def _figures(done: Rebuilt) -> Figures:
    figures = Figures(f"Rebuild of {done.projection}", ("events", "parked"))
    figures.measured("events", done.events, "events")
    figures.measured("seconds", done.seconds, "s")
    figures.measured("events per second", done.events / done.seconds, "events/s")
    figures.measured("exchange", done.exchange_seconds * 1000, "ms")
    figures.measured("parked", done.parked, "events")
    figures.add(projection=done.projection, position=done.position)
    return figures


def _named(name: str) -> Projection[Any]:
    try:
        return named(name)
    except NoSuchProjection as unknown:
        raise UserError(str(unknown)) from None


def _with_log(ask: Callable[[PostgresEventLog, str], Awaitable[T]]) -> T:
    dsn = postgres_dsn(Settings.read())

    async def run() -> T:
        async with PostgresEventLog(dsn) as log:
            return await ask(log, dsn)

    try:
        return asyncio.run(run())
    except RebuildRefused as refused:
        raise UserError(str(refused)) from None
    except PASSING as error:
        raise UserError(
            f"PostgreSQL did not do its part ({kind_of(error)}). Look at ./callsheet status, "
            "then try again."
        ) from None
