"""Pages of a list: a size, and an opaque cursor that stays good while the list grows."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import Query

from infra.api.problems import FieldProblem, Trouble

LIMIT_MAX: Final = 100

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="The most items that a page holds.")]
Cursor = Annotated[
    str | None,
    Query(
        max_length=200, description="`next_cursor` of the page before; the first page needs none."
    ),
]


def cursor_of(*keys: int | str) -> str:
    """An opaque name for the place after an item."""
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


def keys_of(cursor: str | None, *kinds: type) -> Sequence[int | str] | None:
    """The keys in a cursor, or ``None`` without one. A cursor that is not ours ends in 422."""
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        keys = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        keys = None
    fits = isinstance(keys, list) and [type(key) for key in keys] == list(kinds)
    if not fits or any(isinstance(key, int) and not 0 <= key < 2**63 for key in keys):
        what = "is not a cursor that this list gave out"
        raise Trouble(
            "request-invalid",
            f"cursor: {what}.",
            errors=[FieldProblem(field="cursor", message=what)],
        )
    return list(keys)
