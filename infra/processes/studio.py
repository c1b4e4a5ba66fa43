"""The studio: the process that samples, the only one that loads torch."""

from __future__ import annotations

from collections.abc import Callable

from gpu_workers import registry
from gpu_workers.activities import StudioActivities
from infra.bootstrap import object_store, open_ledger
from infra.clock import system_clock
from infra.processes.observed import observed
from infra.settings import Settings
from infra.telemetry.metrics import ActivityTimes
from infra.temporal.client import connect
from infra.temporal.deployment import load
from infra.temporal.workers import run_workers

ROLE = "studio"


async def main(settings: Settings, ready: Callable[[], None]) -> None:
    """Load the default sampler, then serve the queue ``gpu`` until cancelled."""
    registry.loaded(registry.DEFAULT)
    with observed(settings, ROLE) as metrics:
        async with open_ledger(settings) as ledger, object_store(settings) as store:
            studio = StudioActivities(
                registry.loaded, store, ledger, system_clock, settings.home / "scratch"
            )
            await run_workers(
                await connect(settings, role=ROLE),
                load(),
                ROLE,
                activities=[studio.sample_take],
                ready=ready,
                interceptors=[ActivityTimes(metrics)],
            )
