"""Telemetry says what happened and where, and never what people said."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import httpx
import pytest
import structlog
from opentelemetry import context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families
from pydantic import ValidationError
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from domain.generation.brief import Brief
from domain.generation.refusals import AlreadySettled
from infra.settings import Settings
from infra.telemetry import logs, traces
from infra.telemetry.metrics import ActivityTimes, Metrics

CANARY = "kanarienvogel-7Q"
SECRET = Brief(prompt=f"a boat named {CANARY}")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a process in JSON writes; logging is as before afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    logs.configure(Settings(log_format="json", log_level="debug"), "test", stream)
    yield stream
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_says_when_who_and_what(written: io.StringIO) -> None:
    logs.logger("callsheet.test").info("take sampled", step=3, steps=4)
    [line] = lines(written)
    assert line["event"] == "take sampled"
    assert (line["role"], line["level"], line["logger"]) == ("test", "info", "callsheet.test")
    assert (line["step"], line["steps"]) == (3, 4)
    assert line["timestamp"].endswith("Z")


def test_the_standard_library_writes_the_same_lines(written: io.StringIO) -> None:
    logging.getLogger("temporalio.worker").warning("polling %s failed", "gpu")
    logging.getLogger("uvicorn.error").info("started")
    first, second = lines(written)
    assert (first["event"], first["role"], first["level"]) == (
        "polling gpu failed",
        "test",
        "warning",
    )
    assert second["logger"] == "uvicorn.error"


def _validation_error() -> Exception:
    try:
        Brief.model_validate({"prompt": CANARY, "shots": CANARY})
    except ValidationError as error:
        return error
    raise AssertionError("that was valid")


def _deep_error() -> Exception:
    try:
        try:
            raise ValueError(CANARY)
        except ValueError as cause:
            raise RuntimeError(CANARY) from cause
    except RuntimeError as error:
        return error


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": CANARY},
        {"Prompt": CANARY},
        {"brief": SECRET},
        {"anything": SECRET},
        {"order": {"prompt": CANARY}},
        {"order": [{"shots": [CANARY]}]},
        {"order": {"a": {"brief": {"prompt": CANARY}}}},
        {"caption": CANARY, "body": CANARY.encode()},
        {"blob": CANARY.encode()},
        {"exc_info": _validation_error()},
        {"exc_info": _deep_error()},
        {"error": _deep_error()},
    ],
    ids=str,
)
def test_what_people_said_is_not_in_a_log(written: io.StringIO, fields: Mapping[str, Any]) -> None:
    logs.logger("callsheet.test").error("something went wrong", **fields)
    assert lines(written)[0]["event"] == "something went wrong"
    assert CANARY not in written.getvalue()


def test_foreign_errors_lose_their_words_and_keep_their_place(written: io.StringIO) -> None:
    try:
        raise KeyError(CANARY)
    except KeyError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    [line] = lines(written)
    assert line["error"] == "KeyError"
    assert "test_telemetry.py" in line["where"][-1]
    assert CANARY not in written.getvalue()


def test_our_own_refusals_keep_their_sentence(written: io.StringIO) -> None:
    logs.logger("callsheet.test").warning("refused", exc_info=AlreadySettled("It is completed."))
    assert "already been completed" in lines(written)[0]["error"]


def test_long_text_is_cut(written: io.StringIO) -> None:
    logs.logger("callsheet.test").info("long", reason="x" * 100_000)
    assert len(written.getvalue()) < 2000


def test_a_terminal_gets_pretty_lines_and_everything_else_json() -> None:
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        logs.configure(Settings(log_format="pretty"), "test", stream)
        logs.logger("callsheet.test").info("hello", step=1)
        assert "hello" in stream.getvalue()
        assert not stream.getvalue().startswith("{")
    finally:
        root.handlers = handlers
        root.setLevel(level)
        structlog.reset_defaults()


def test_without_an_endpoint_nothing_is_traced_and_a_callers_trace_goes_on() -> None:
    settings = Settings(otlp_endpoint=None)
    traces.configure(settings, "test")()
    assert traces.temporal_plugins(settings) == []
    assert traces.current_traceparent() is None

    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    token = context.attach(traces.continued({"traceparent": parent}))
    try:
        assert traces.current_traceparent() == parent
        assert traces.current_trace_id() == "0af7651916cd43dd8448eb211c80319c"
    finally:
        context.detach(token)


def test_exported_spans_keep_types_and_times_and_lose_words() -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(traces.DiscreetExporter(kept)))
    with (
        suppress(ValueError),
        provider.get_tracer("test").start_as_current_span("sample") as span,
    ):
        span.set_attributes({"http.route": "/v1/feed", "order.prompt": CANARY})
        raise ValueError(CANARY)
    [exported] = kept.get_finished_spans()
    assert exported.name == "sample"
    assert dict(exported.attributes or {}) == {"http.route": "/v1/feed"}
    assert [dict(each.attributes or {})["exception.type"] for each in exported.events] == [
        "ValueError"
    ]
    assert not exported.status.is_ok
    assert CANARY not in exported.to_json()


def samples(metrics: Metrics) -> dict[tuple[str, tuple[str, ...]], float]:
    text = metrics.exposition().decode()
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_projections_say_where_they_stand() -> None:
    metrics = Metrics()
    metrics.folded("feed", 20, 0.01)
    metrics.standing("feed", 800, 16, 1)
    found = samples(metrics)
    assert found["callsheet_projection_events_total", ("feed",)] == 20
    assert found["callsheet_projection_position", ("feed",)] == 800
    assert found["callsheet_projection_lag_positions", ("feed",)] == 16
    assert found["callsheet_projection_parked_events", ("feed",)] == 1


class _Body(ActivityInboundInterceptor):
    def __init__(self, raising: Sequence[BaseException]) -> None:
        self._raising = list(raising)

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        if self._raising:
            raise self._raising.pop()
        return None


async def test_activities_are_timed_by_name_and_outcome() -> None:
    metrics = Metrics()
    body = _Body([asyncio.CancelledError(), ApplicationError("no")])
    watched = ActivityTimes(metrics).intercept_activity(body)

    async def once() -> None:
        await watched.execute_activity(None)  # type: ignore[arg-type]  # the body reads nothing

    for error in (ApplicationError, asyncio.CancelledError):
        with pytest.raises(error):
            await ActivityEnvironment().run(once)
    await ActivityEnvironment().run(once)
    name = ActivityEnvironment().info.activity_type
    found = samples(metrics)
    for outcome in ("failed", "cancelled", "done"):
        assert found["callsheet_activity_seconds_count", (name, outcome)] == 1
    assert activity.in_activity() is False


async def test_a_process_serves_its_metrics_and_stops_when_told() -> None:
    port, stop = Metrics().serve(0)
    async with httpx.AsyncClient() as prometheus:
        answer = await prometheus.get(f"http://127.0.0.1:{port}/metrics")
        assert "callsheet_api_requests" in answer.text
        stop()
        with pytest.raises(httpx.TransportError):
            await prometheus.get(f"http://127.0.0.1:{port}/metrics", timeout=2)
