"""The event log's SQL, read from the files beside this one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
_NAME: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def _named(text: str) -> dict[str, str]:
    """Statements by the name in the comment above each."""
    parts = _NAME.split(text)[1:]
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}


_STATEMENTS: Final = _named((_HERE / "queries.sql").read_text(encoding="utf-8"))

APPEND: Final = _STATEMENTS["append"]
READ_STREAM: Final = _STATEMENTS["read_stream"]
READ_ALL: Final = _STATEMENTS["read_all"]
HEAD: Final = _STATEMENTS["head"]

MIGRATION: Final = "\n".join(
    (_HERE / name).read_text(encoding="utf-8") for name in ("schema.sql", "append.sql")
)
"""Creates what is missing and replaces the function; one batch, so one transaction."""
