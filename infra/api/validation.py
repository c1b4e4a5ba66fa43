"""What a validator found, told by field and limit, without repeating what was given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from infra.api.problems import FieldProblem, Trouble

_FIELD: Final = re.compile(r"^[A-Za-z0-9_.-]{1,80}$")
_LIMITS: Final = (
    "min_length",
    "max_length",
    "ge",
    "gt",
    "le",
    "lt",
    "multiple_of",
    "pattern",
    "expected",
)
_PLACES: Final = frozenset({"body", "query", "path", "header", "cookie"})
_ERRORS_MAX: Final = 20


def invalid(errors: Sequence[Mapping[str, Any]]) -> Trouble:
    """The problem document for what pydantic or FastAPI objected to."""
    found = [field_problem(error) for error in errors[:_ERRORS_MAX]]
    first = found[0]
    more = f" ({len(errors)} fields are at fault)" if len(errors) > 1 else ""
    return Trouble("request-invalid", f"{first.field}: {first.message}.{more}", errors=found)


def field_problem(error: Mapping[str, Any]) -> FieldProblem:
    """One objection: the field's path, the message and the limit; never the value."""
    context = error.get("ctx") or {}
    limits = [f"{name} {context[name]}" for name in _LIMITS if name in context]
    return FieldProblem(
        field=_path(error.get("loc", ())),
        message=_message(error),
        limit=", ".join(limits) or None,
    )


def _path(loc: Sequence[object]) -> str:
    parts = [str(part) for part in loc]
    if parts and parts[0] in _PLACES:
        parts = parts[1:]
    path = ".".join(parts) or "body"
    return path if _FIELD.match(path) else "(a field with an unusual name)"


def _message(error: Mapping[str, Any]) -> str:
    text = str(error.get("msg", "is not valid"))
    return text.removeprefix("Value error, ").rstrip(".")
