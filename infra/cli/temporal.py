"""``temporal diff`` and ``temporal apply``: a server against ``temporal.yaml``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from infra.errors import UserError
from infra.settings import Settings
from infra.supervision.home import RunFile
from infra.temporal import apply as deploying
from infra.temporal.apply import Difference
from infra.temporal.client import connect
from infra.temporal.deployment import PATH, Deployment, load

CONNECT_SECONDS_MAX: Final = 10.0
_TITLE: Final = "Temporal"  # as ``up`` writes it into its run file
DIFFERS: Final = 3
"""What ``diff --check`` leaves with when the server is not as the file says."""

app = typer.Typer(
    name="temporal",
    no_args_is_help=True,
    add_completion=False,
    help="Compare a Temporal server with temporal.yaml, and make it agree.",
)

File = Annotated[
    Path, typer.Option("--file", help="The deployment to compare with.", show_default=False)
]


@app.command()
def diff(
    file: File = PATH,
    check: Annotated[
        bool, typer.Option("--check", help=f"Leave with {DIFFERS} when there is a difference.")
    ] = False,
) -> None:
    """Show what the server lacks. Changes nothing."""
    differences = _against_server(file, deploying.diff)
    _say(
        differences, "The server is as temporal.yaml says.", "Apply them: callsheet temporal apply"
    )
    if check and differences:
        raise typer.Exit(DIFFERS)


@app.command()
def apply(file: File = PATH) -> None:
    """Make the server agree with temporal.yaml. Doing it twice changes nothing."""
    applied = _against_server(file, deploying.apply)
    _say(applied, "Nothing to change: the server is as temporal.yaml says.", "Applied.")


def _against_server(
    file: Path, ask: Callable[[Client, Deployment], Awaitable[list[Difference]]]
) -> list[Difference]:
    settings = _located(Settings.read())
    deployment = deploying.for_settings(load(file), settings)

    async def run() -> list[Difference]:
        client = await connect(settings, role="cli", seconds_max=CONNECT_SECONDS_MAX)
        try:
            return await ask(client, deployment)
        except RPCError as error:
            raise UserError(_explained(error, settings)) from error

    return asyncio.run(run())


def _located(settings: Settings) -> Settings:
    """The server of the settings, else the one of an ``up`` that runs in this home."""
    known = RunFile.read(settings.home)
    if settings.temporal_address or known is None:
        return settings
    return settings.filled(temporal_address=known.addresses.get(_TITLE))


def _explained(error: RPCError, settings: Settings) -> str:
    where = f"Temporal at {settings.temporal_address}"
    if error.status in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED):
        return f"{where} does not let this key administer {settings.temporal_namespace}."
    return f"{where} refused: {error.message}. Check the server's log and try again."


def _say(differences: Sequence[Difference], none: str, some: str) -> None:
    if not differences:
        typer.echo(none)
        return
    for difference in differences:
        typer.echo(f"  {difference.place}")
        typer.echo(f"    - {difference.found}")
        typer.echo(f"    + {difference.wanted}")
    typer.echo(f"{len(differences)} difference(s). {some}")
