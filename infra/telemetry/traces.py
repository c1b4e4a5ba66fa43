"""Traces: from a request through its workflow and activities into the metadata of the events.

Spans are sent by OTLP over HTTP when an endpoint is configured. Without one nothing is recorded,
but a caller's own ``traceparent`` (https://www.w3.org/TR/trace-context/) still reaches the events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from opentelemetry import context, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue
from temporalio.contrib.opentelemetry import OpenTelemetryPlugin, create_tracer_provider
from temporalio.plugin import SimplePlugin

from infra.telemetry.discretion import is_personal

if TYPE_CHECKING:
    from infra.settings import Settings

_PROPAGATOR: Final = TraceContextTextMapPropagator()
_UNSAID: Final = frozenset(
    (
        *("exception.message", "exception.stacktrace"),
        *("url.path", "url.full", "url.query", "http.target", "http.url"),
    )
)
"""Words of exceptions, and addresses: a handle may be in one. The route is told instead."""
_FLUSH_SECONDS: Final = 3


def configure(settings: Settings, role: str) -> Callable[[], None]:
    """Start tracing when an endpoint is set; call what comes back to send the rest and stop."""
    if not settings.otlp_endpoint:
        return lambda: None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    exporter = OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint.rstrip('/')}/v1/traces")
    provider = create_tracer_provider(
        resource=Resource.create({"service.name": f"callsheet-{role}"})
    )
    provider.add_span_processor(BatchSpanProcessor(DiscreetExporter(exporter)))
    trace.set_tracer_provider(provider)

    def stop() -> None:
        provider.force_flush(_FLUSH_SECONDS * 1000)
        provider.shutdown()

    return stop


def temporal_plugins(settings: Settings) -> list[SimplePlugin]:
    """What a Temporal client needs so that its calls, workflows and activities join the trace."""
    return [OpenTelemetryPlugin(add_temporal_spans=True)] if settings.otlp_endpoint else []


def tracer() -> trace.Tracer:
    """The tracer of our own spans."""
    return trace.get_tracer("callsheet")


def continued(headers: Mapping[str, str]) -> context.Context:
    """The context that a caller's headers belong to, or a fresh one."""
    return _PROPAGATOR.extract(headers)


def current_traceparent() -> str | None:
    """Where we are, as W3C Trace Context writes it; ``None`` when nobody traces."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")


def current_trace_id() -> str | None:
    """The trace that we are in, in hex; ``None`` when nobody traces."""
    span = trace.get_current_span().get_span_context()
    return trace.format_trace_id(span.trace_id) if span.is_valid else None


class DiscreetExporter(SpanExporter):
    """Sends spans on without the words of exceptions and without personal attributes."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send cleaned copies; the spans themselves stay as they are."""
        return self._exporter.export([_cleaned(span) for span in spans])

    def shutdown(self) -> None:
        """Stop the exporter behind."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have the exporter behind send what it holds."""
        return self._exporter.force_flush(timeout_millis)


def _cleaned(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_harmless(span.attributes),
        events=[Event(e.name, _harmless(e.attributes), e.timestamp) for e in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _harmless(attributes: Mapping[str, AttributeValue] | None) -> dict[str, AttributeValue]:
    return {
        key: value
        for key, value in (attributes or {}).items()
        if key not in _UNSAID and not is_personal(key.rsplit(".", 1)[-1])
    }
