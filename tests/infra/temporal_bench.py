"""A real Temporal server and small stories for the tests of the wiring."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from infra.embedded.ports import PortBook
from infra.embedded.temporal import TemporalServer
from infra.settings import Settings
from infra.temporal.deployment import Deployment, parse

DEPLOYMENT = """
namespace: {name: callsheet, retention_days: 30}
search_attributes: {Stage: Keyword, RequestedAt: Datetime}
fairness: {enabled: true, key: account}
task_queues:
  orchestration:
    process: orchestration
    machine: a test
    worker: {graceful_shutdown_seconds: 1, workflow_task_pollers: 2}
    workflows: [Rehearsal, Waiting, Queueing]
  gpu:
    process: studio
    machine: a test
    worker: {graceful_shutdown_seconds: 1, activities_max: 1, activity_task_pollers: 1}
    activities:
      rehearse: &quick
        start_to_close_seconds: 30
        schedule_to_close_seconds: 60
        retry: {initial_seconds: 0.01, backoff: 1, interval_seconds_max: 0.05}
schedules:
  nightly:
    workflow: Waiting
    task_queue: orchestration
    every_hours: 24
    offset_minutes: 90
    note: A test of schedules.
"""


def a_deployment(text: str = DEPLOYMENT) -> Deployment:
    return parse(text, "test.yaml")


@asynccontextmanager
async def a_temporal_server() -> AsyncIterator[Settings]:
    """Started as ``up`` starts it; the settings hold its address and an empty home."""
    with tempfile.TemporaryDirectory(prefix="callsheet-temporal-") as folder:
        home = Path(folder)
        settings = Settings(home=home)
        server = TemporalServer(settings, PortBook(home))
        await server.start()
        try:
            yield settings.filled(temporal_address=server.address)
        finally:
            await server.stop()
