"""Metrics: what the API, the workers and the projections count, for Prometheus to collect.

Labels are routes, activity and projection names and outcomes; never ids, never people's words.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    start_http_server,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector
from temporalio import activity
from temporalio.exceptions import is_cancelled_exception
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_REQUEST_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_ACTIVITY_BUCKETS: Final = (0.005, 0.02, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
_BATCH_BUCKETS: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30)


class Metrics:
    """One process's metrics, in a registry of its own so that several can live side by side."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.requests = Counter(
            "callsheet_api_requests",
            "Requests answered, by route template, method and status.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "callsheet_api_request_seconds",
            "Seconds from a request's first byte to the end of its answer.",
            ("route", "method"),
            buckets=_REQUEST_BUCKETS,
            registry=self.registry,
        )
        self.watchers = Gauge(
            "callsheet_api_watchers",
            "Event streams that are open.",
            registry=self.registry,
        )
        self.activity_seconds = Histogram(
            "callsheet_activity_seconds",
            "Seconds that an activity ran, by its name and outcome.",
            ("activity", "outcome"),
            buckets=_ACTIVITY_BUCKETS,
            registry=self.registry,
        )
        self.projection_position = Gauge(
            "callsheet_projection_position",
            "Position in the log up to which a projection has read.",
            ("projection",),
            registry=self.registry,
        )
        self.projection_lag = Gauge(
            "callsheet_projection_lag_positions",
            "Positions of the log between a projection and the head.",
            ("projection",),
            registry=self.registry,
        )
        self.projection_parked = Gauge(
            "callsheet_projection_parked_events",
            "Events that a projection could not apply and set aside.",
            ("projection",),
            registry=self.registry,
        )
        self.projection_events = Counter(
            "callsheet_projection_events",
            "Events that a projection has folded.",
            ("projection",),
            registry=self.registry,
        )
        self.projection_batch_seconds = Histogram(
            "callsheet_projection_batch_seconds",
            "Seconds that a projection needs for one batch.",
            ("projection",),
            buckets=_BATCH_BUCKETS,
            registry=self.registry,
        )

    def folded(self, projection: str, events: int, seconds: float) -> None:
        """A projection folded a batch and committed it."""
        self.projection_events.labels(projection).inc(events)
        self.projection_batch_seconds.labels(projection).observe(seconds)

    def standing(self, projection: str, position: int, lag: int, parked: int) -> None:
        """Where a projection stands, how far the log is ahead, how many events it put aside."""
        self.projection_position.labels(projection).set(position)
        self.projection_lag.labels(projection).set(lag)
        self.projection_parked.labels(projection).set(parked)

    def exposition(self) -> bytes:
        """Everything, in Prometheus's text format."""
        return generate_latest(self.registry)

    def serve(self, port: int, host: str = "127.0.0.1") -> tuple[int, Callable[[], None]]:
        """Answer Prometheus on a port (0: a free one): its number, and what to call to stop."""
        server, thread = start_http_server(port, addr=host, registry=self.registry)

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join(timeout=2)

        return server.server_port, stop


class ActivityTimes(Interceptor):
    """A worker's interceptor that measures each activity, local ones included."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Put the stopwatch in front of the activity."""
        return _Stopwatch(next, self._metrics)


class _Stopwatch(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, metrics: Metrics) -> None:
        super().__init__(next)
        self._metrics = metrics

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        began, outcome = time.perf_counter(), "done"
        try:
            return await self.next.execute_activity(input)
        except BaseException as error:
            outcome = "cancelled" if is_cancelled_exception(error) else "failed"
            raise
        finally:
            self._metrics.activity_seconds.labels(activity.info().activity_type, outcome).observe(
                time.perf_counter() - began
            )
