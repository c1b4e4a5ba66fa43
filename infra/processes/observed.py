"""What every process offers to those who watch it: traces when configured, and its metrics."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from infra.settings import Settings
from infra.telemetry import logs, traces
from infra.telemetry.metrics import Metrics


@contextmanager
def observed(settings: Settings, role: str) -> Iterator[Metrics]:
    """Metrics on a port of 127.0.0.1, whose address is logged and kept in ``run/ROLE.metrics``."""
    metrics = Metrics()
    stop_tracing = traces.configure(settings, role)
    port, stop_serving = metrics.serve(settings.metrics_ports.get(role, 0))
    address = f"http://127.0.0.1:{port}/metrics"
    note = settings.home / "run" / f"{role}.metrics"
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(address, encoding="utf-8")
    logs.logger(__name__).info("metrics.serving", address=address)
    try:
        yield metrics
    finally:
        note.unlink(missing_ok=True)
        stop_serving()
        stop_tracing()
