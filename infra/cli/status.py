"""``status``: what runs in this home, and where it answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.console import Console
from rich.table import Table

from infra.errors import UserError
from infra.settings import Settings
from infra.supervision.home import RunFile


def status(
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Also write what is shown to this file.")
    ] = None,
) -> None:
    """Show the addresses and processes of a running up; leaves with 1 when a process is down."""
    settings = Settings.read()
    known = RunFile.read(settings.home)
    if known is None:
        raise UserError(f"Nothing runs in {settings.home}. Start it with ./callsheet up.")
    alive = {name: _alive(pid) for name, pid in known.processes.items()}
    if json_file is not None:
        shown = {"addresses": known.addresses, "started_at": known.started_at, "alive": alive}
        json_file.write_text(json.dumps(shown, indent=2), encoding="utf-8")
    console = Console()
    console.print(_table(known, alive))
    if not all(alive.values()):
        raise typer.Exit(1)


def _alive(pid: int | None) -> bool:
    return pid is not None and psutil.pid_exists(pid)


def _table(known: RunFile, alive: dict[str, bool]) -> Table:
    title = f"Up since {known.started_at} as process {known.pid}"
    table = Table(title=title, title_justify="left", show_header=False)
    for name, address in known.addresses.items():
        table.add_row(f"[bold]{name}[/]", address)
    table.add_section()
    for name, runs in alive.items():
        state = f"process {known.processes[name]}" if runs else "[red]down[/]"
        table.add_row(f"[bold]{name}[/]", state)
    return table
