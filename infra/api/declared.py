"""What a route declares about its problems, for the description of the API."""

from __future__ import annotations

from typing import Any, Final

from infra.api.problems import KINDS, MEDIA_TYPE

_REF: Final = {"schema": {"$ref": "#/components/schemas/Problem"}}
_WITH_KEY: Final = (401,)
_WITH_BODY: Final = (400, 408, 413, 415)


def problems(*statuses: int, body: bool = False, key: bool = True) -> dict[int | str, Any]:
    """Responses for these statuses and for those that every such route shares."""
    shared = (*(_WITH_KEY if key else ()), *(_WITH_BODY if body else ()))
    return {
        status: {"description": _kinds_of(status), "content": {MEDIA_TYPE: _REF}}
        for status in sorted({*statuses, *shared})
    }


def _kinds_of(status: int) -> str:
    titles = [f"{kind.title} (`{code}`)" for code, kind in KINDS.items() if kind.status == status]
    return " ".join(titles) or "The request cannot be granted."
