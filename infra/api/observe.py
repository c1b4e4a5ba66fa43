"""Every request is counted, timed, traced and logged once, by the template of its route.

It is the outermost layer, so an error that nobody foresaw ends here: as a 500 document for the
caller, and as its type and place, never its words, in the log.
"""

from __future__ import annotations

import time
from typing import Final

from opentelemetry import context
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.api.deadlines import is_away
from infra.api.problems import Trouble
from infra.telemetry import logs, traces
from infra.telemetry.metrics import Metrics

UNMATCHED: Final = "unmatched"
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log: Final = logs.logger("callsheet.api")


class Observe:
    """Looks at requests as they pass."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through in a span of its own."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        caller = traces.continued(dict(Headers(scope=scope)))
        span = traces.tracer().start_span(f"{method} request", caller, SpanKind.SERVER)
        token = context.attach(set_span_in_context(span, caller))
        try:
            await self._app(scope, receive, note_status)
        except Exception as error:  # noqa: BLE001 the last place where anything can be answered
            _log.error("a request failed", route=route_of(scope), method=method, exc_info=error)
            if status == 0:
                code = "dependency-unavailable" if is_away(error) else "unexpected"
                await Trouble(code).response()(scope, receive, note_status)
        finally:
            route = route_of(scope)
            span.update_name(f"{method} {route}")
            span.set_attributes({"http.route": route, "http.response.status_code": status})
            if status >= 500:
                span.set_status(Status(StatusCode.ERROR))
            self._note(scope, route, method, status, time.perf_counter() - began)
            span.end()
            context.detach(token)

    def _note(self, scope: Scope, route: str, method: str, status: int, seconds: float) -> None:
        self._metrics.requests.labels(route, method, str(status)).inc()
        self._metrics.request_seconds.labels(route, method).observe(seconds)
        say = _log.debug if route in _QUIET else _log.info
        say(
            "request",
            route=route,
            method=method,
            status=status,
            milliseconds=round(seconds * 1000, 1),
            client=scope.get("state", {}).get("client"),
        )


def route_of(scope: Scope) -> str:
    """The route's template, such as ``/v1/generations/{generation_id}``."""
    return str(getattr(scope.get("route"), "path", UNMATCHED))
