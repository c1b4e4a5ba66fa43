"""The process that makes films of takes and keeps the object store in order."""

from __future__ import annotations

import os
from collections.abc import Callable

from activities.film.formats import FORMATS
from activities.media import MediaActivities
from infra.bootstrap import object_store, open_ledger
from infra.clock import system_clock
from infra.processes.observed import observed
from infra.settings import Settings
from infra.telemetry.metrics import ActivityTimes
from infra.temporal.client import connect
from infra.temporal.deployment import load
from infra.temporal.workers import run_workers

ROLE = "media"


async def main(settings: Settings, ready: Callable[[], None]) -> None:
    """Serve the queues ``media`` and ``io`` until cancelled."""
    os.environ.setdefault("SVT_LOG", "1")  # the encoder of AV1 tells stderr of each film
    with observed(settings, ROLE) as metrics:
        async with open_ledger(settings) as ledger, object_store(settings) as store:
            films = MediaActivities(
                store,
                ledger,
                system_clock,
                settings.home / "scratch",
                settings.takes_kept_days,
                FORMATS[settings.film_format],
            )
            await run_workers(
                await connect(settings, role=ROLE),
                load(),
                ROLE,
                activities=films.bodies,
                ready=ready,
                interceptors=[ActivityTimes(metrics)],
            )
