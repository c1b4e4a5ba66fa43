"""The event log's SQL, read from the files beside this one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from infra.named_sql import statements

_HERE: Final = Path(__file__).parent
_STATEMENTS: Final = statements(_HERE / "queries.sql")

APPEND: Final = _STATEMENTS["append"]
READ_STREAM: Final = _STATEMENTS["read_stream"]
READ_ALL: Final = _STATEMENTS["read_all"]
HEAD: Final = _STATEMENTS["head"]

MIGRATION: Final = "\n".join(
    (_HERE / name).read_text(encoding="utf-8") for name in ("schema.sql", "append.sql")
)
"""Creates what is missing and replaces the function; one batch, so one transaction."""
