"""Logs: one structured line per happening, pretty on a terminal, JSON elsewhere, never personal.

The standard library's loggers (uvicorn's, Temporal's) run through the same processors as ours.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, Final, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from infra.telemetry import traces
from infra.telemetry.discretion import WITHHELD, account_of, discreet, is_personal, shortened

if TYPE_CHECKING:
    from infra.settings import Settings

_MESSAGE_CHARACTERS_MAX: Final = 2000
_CHATTY: Final = ("httpx", "httpcore", "urllib3", "asyncio", "opentelemetry")
_OURS: Final = frozenset({"event", "level", "timestamp", "role", "logger", "_record"})


def configure(settings: Settings, role: str, stream: TextIO | None = None) -> None:
    """Set up logging for a process; ``role`` is on every line. Calling it again starts anew."""
    out = stream or sys.stderr
    pretty = settings.log_format == "pretty" or (settings.log_format == "auto" and out.isatty())
    before = _before_rendering(role)
    structlog.configure(
        processors=[*before, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=stream is None,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(_formatter(before, pretty))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    _route_the_others()


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger with a name, such as ``callsheet.api``."""
    return structlog.stdlib.get_logger(name)


def refuse_personal_content(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Withhold what belongs to people, cut what is long, and keep errors to type and place."""
    kept: EventDict = {}
    for field, value in line.items():
        if field == "_record" or field in _OURS:
            kept[field] = value
        elif is_personal(field):
            kept[field] = WITHHELD
        else:
            kept[field] = discreet(value)
    kept["event"] = shortened(str(line.get("event", "")), _MESSAGE_CHARACTERS_MAX)
    return kept


def tell_errors_without_words(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Replace an exception by its type, its causes and its places in the code."""
    told = line.pop("exc_info", None)
    if told is True:
        told = sys.exc_info()
    error = told[1] if isinstance(told, tuple) else told
    if isinstance(error, BaseException):
        line.update(account_of(error))
    return line


def _before_rendering(role: str) -> list[Processor]:
    def with_role(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
        return {"role": role, **line}

    def with_trace(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
        trace_id = traces.current_trace_id()
        return {**line, "trace_id": trace_id} if trace_id else line

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        with_role,
        with_trace,
        tell_errors_without_words,
        refuse_personal_content,
    ]


def _formatter(before: list[Processor], pretty: bool) -> ProcessorFormatter:
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer()
    )
    return ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[ProcessorFormatter.remove_processors_meta, renderer],
    )


def _route_the_others() -> None:
    for name in ("uvicorn", "uvicorn.error", "temporalio"):
        theirs = logging.getLogger(name)
        theirs.handlers, theirs.propagate = [], True
    # paths may hold anything that a caller typed; the API logs routes instead
    logging.getLogger("uvicorn.access").disabled = True
    # at the level of debug it writes whole payloads
    level = max(logging.INFO, logging.getLogger().level)
    logging.getLogger("temporalio").setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
