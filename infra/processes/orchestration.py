"""The process that tells the stories: workflows, and the decisions that they take on the log."""

from __future__ import annotations

from collections.abc import Callable

from activities.generation import GenerationActivities
from infra.bootstrap import open_ledger
from infra.processes.observed import observed
from infra.settings import Settings
from infra.telemetry.metrics import ActivityTimes
from infra.temporal.client import connect
from infra.temporal.deployment import load
from infra.temporal.workers import run_workers
from workflows.staging_sweep import StagingSweep
from workflows.video_generation import VideoGeneration

ROLE = "orchestration"


async def main(settings: Settings, ready: Callable[[], None]) -> None:
    """Serve the queue ``orchestration`` until cancelled."""
    with observed(settings, ROLE) as metrics:
        async with open_ledger(settings) as ledger:
            decisions = GenerationActivities(ledger)
            await run_workers(
                await connect(settings, role=ROLE),
                load(),
                ROLE,
                workflows=[VideoGeneration, StagingSweep],
                activities=decisions.bodies,
                ready=ready,
                interceptors=[ActivityTimes(metrics)],
            )
