"""``cameos``: look at every stored enrolment again, keep the list of the protected, reinstate."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from temporalio.client import WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from infra.cli import protect
from infra.cli.reinstate import reinstate
from infra.clock import system_clock
from infra.errors import UserError
from infra.identity import drawn_by
from infra.settings import Settings
from infra.supervision.home import RunFile
from infra.temporal.client import connect
from workflows.cameo_contracts import (
    CAMEO_RESCORE,
    RESCORE_WORKFLOW_ID,
    RescoreJob,
    RescoreProgress,
)
from workflows.contracts import ORCHESTRATION_QUEUE

app = typer.Typer(
    name="cameos",
    no_args_is_help=True,
    add_completion=False,
    help="Look after every cameo.",
)

app.add_typer(protect.app)
app.command()(reinstate)

_TITLE: Final = "Temporal"  # as ``up`` writes it into its run file
_LOOK_SECONDS: Final = 1.0


@app.callback()
def _cameos() -> None:
    """Look after every cameo."""


@app.command()
def rescore(
    start: Annotated[
        bool, typer.Option("--start", help="Start the job, or follow the one that runs.")
    ] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write what was counted to this file.")
    ] = None,
) -> None:
    """Look at every stored enrolment again with today's detectors; suspend what fails.

    Without --start it shows how far the last job came. Stopping this command does not stop the job.
    """
    progress = asyncio.run(_rescore(Settings.read(), start, Console()))
    if json_file is not None:
        json_file.write_text(progress.model_dump_json(indent=2), encoding="utf-8")


async def _rescore(settings: Settings, start: bool, console: Console) -> RescoreProgress:
    client = await connect(_with_temporal(settings), role="cli")
    if start:
        job = RescoreJob(job_id=drawn_by(system_clock)("job"), requested_by="operator/cli")
        handle: WorkflowHandle[object, RescoreProgress] = await client.start_workflow(
            CAMEO_RESCORE,
            job,
            id=RESCORE_WORKFLOW_ID,
            task_queue=ORCHESTRATION_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            result_type=RescoreProgress,
            static_summary="Look at every stored enrolment again",
        )
        ending = asyncio.create_task(handle.result())
        while not ending.done():
            _show(console, await _progress(handle))
            await asyncio.wait({ending}, timeout=_LOOK_SECONDS)
        progress = await ending
    else:
        found = client.get_workflow_handle(RESCORE_WORKFLOW_ID)
        try:
            progress = await _progress(found)
        except RPCError:
            raise UserError("No rescoring has run here yet. Start one with --start.") from None
    _show(console, progress)
    return progress


async def _progress(handle: WorkflowHandle[object, object]) -> RescoreProgress:
    progress: RescoreProgress = await handle.query("progress", result_type=RescoreProgress)
    return progress


def _show(console: Console, progress: RescoreProgress) -> None:
    console.print(
        f"{progress.cameos} cameo(s), {progress.versions} version(s) looked at, "
        f"{progress.suspended} suspended, {progress.failed} could not be looked at",
        highlight=False,
    )


def _with_temporal(settings: Settings) -> Settings:
    if settings.temporal_address:
        return settings
    known = RunFile.read(settings.home)
    address = known.addresses.get(_TITLE) if known else None
    if address is None:
        raise UserError(f"Nothing runs in {settings.home}. Start it with ./callsheet up.")
    return settings.filled(temporal_address=address)
