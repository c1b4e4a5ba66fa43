"""The studio: the process that samples, the only one that loads torch."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from gpu_workers import registry
from gpu_workers.activities import StudioActivities
from gpu_workers.fence import Fence
from gpu_workers.sampler import Sampler
from infra.bootstrap import ledger_on, object_store, office_on, open_log, open_vault
from infra.clock import system_clock
from infra.processes.observed import observed
from infra.settings import Settings
from infra.telemetry.metrics import ActivityTimes
from infra.temporal.client import connect
from infra.temporal.deployment import Deployment, load
from infra.temporal.workers import run_workers

ROLE = "studio"

_SWITCH_SECONDS: Final = 0.00005
"""A thread with a device waits no longer than this for one that writes a file. Python: 5 ms."""


async def main(settings: Settings, ready: Callable[[], None]) -> None:
    """Load the default sampler, then serve the queue ``gpu`` until cancelled."""
    registry.loaded(registry.DEFAULT)
    await serve(settings, ready, registry.loaded, load())


async def serve(
    settings: Settings,
    ready: Callable[[], None],
    samplers: Callable[[str], Sampler],
    deployment: Deployment,
) -> None:
    """Serve the studio's queue with these samplers until cancelled, behind the fence of the log."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    fence = Fence()
    with observed(settings, ROLE) as metrics:
        async with (
            open_log(settings) as log,
            object_store(settings) as store,
            fence.following(log),
        ):
            studio = StudioActivities(
                samplers,
                store,
                ledger_on(log),
                system_clock,
                settings.home / "scratch",
                fence,
                preview_seconds=settings.preview_seconds or None,
                kept_days=settings.takes_kept_days,
                office=office_on(log),
                vault=open_vault(settings),
            )
            studio.sweep()
            await run_workers(
                await connect(settings, role=ROLE),
                deployment,
                ROLE,
                activities=[studio.sample_take],
                ready=ready,
                interceptors=[ActivityTimes(metrics)],
            )
