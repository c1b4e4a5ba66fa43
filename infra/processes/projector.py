"""The process that keeps every read model up with the event log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from domain.catalog import EVENTS
from domain.kernel.ports import EventLog, LogUnavailable
from infra.eventlog.postgres import PostgresEventLog
from infra.processes.observed import observed
from infra.settings import Settings
from infra.telemetry.metrics import Metrics
from projections.collector import rare_collections
from projections.projection import Projection
from projections.rebuild import bring_up_to_date
from projections.registry import PROJECTIONS
from projections.runner import Runner

ROLE: Final = "projector"
_MEASURE_EVERY_SECONDS: Final = 2.0


async def main(settings: Settings, ready: Callable[[], None]) -> None:
    """Fold until cancelled. Ready once every projection has reached the head of the log."""
    with observed(settings, ROLE) as metrics, rare_collections():
        async with PostgresEventLog(settings.postgres_dsn) as log, asyncio.TaskGroup() as group:
            gauges = ProjectionGauges(metrics)
            behind = {projection.name for projection in PROJECTIONS}
            for projection in PROJECTIONS:
                runner = Runner(projection, log, EVENTS, settings.postgres_dsn, gauges=gauges)
                caught_up = _once_all_are(behind, projection.name, ready)
                group.create_task(_keep_up(projection, runner, log, settings, caught_up))
                group.create_task(_measure(projection, runner, log, gauges))


class ProjectionGauges:
    """A runner's figures as Prometheus metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def folded(self, projection: str, events: int, seconds: float) -> None:
        """A batch was folded and committed."""
        self._metrics.projection_batch_seconds.labels(projection).observe(seconds)

    def standing(self, projection: str, position: int, lag: int, parked: int) -> None:
        """Where the projection stands, how many positions the log is ahead, what it put aside."""
        self._metrics.projection_position.labels(projection).set(position)
        self._metrics.projection_lag.labels(projection).set(lag)
        self._metrics.projection_parked.labels(projection).set(parked)


def _once_all_are(behind: set[str], name: str, ready: Callable[[], None]) -> Callable[[], None]:
    """Say ready when the last name has left the set."""

    def caught_up() -> None:
        if name in behind:
            behind.remove(name)
            if not behind:
                ready()

    return caught_up


async def _keep_up(
    projection: Projection[Any],
    runner: Runner,
    log: EventLog,
    settings: Settings,
    caught_up: Callable[[], None],
) -> None:
    await bring_up_to_date(projection, log, EVENTS, settings.postgres_dsn)
    await runner.run(caught_up)


async def _measure(
    projection: Projection[Any], runner: Runner, log: EventLog, gauges: ProjectionGauges
) -> None:
    while True:
        with suppress(LogUnavailable):  # the last figures stand meanwhile
            lag = max(0, await log.head() - runner.position)
            gauges.standing(projection.name, runner.position, lag, runner.parked)
        await asyncio.sleep(_MEASURE_EVERY_SECONDS)
