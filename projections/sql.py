"""SQL as it is written in the files beside the Python, each statement under its name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
_NAME: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


class Statements:
    """The named statements of one file, written for one schema and usable in another.

    A rebuild runs the very same statements as everyday life, in a schema beside the live one; so
    every table in the file is qualified by the schema, and that qualifier is what changes.
    """

    def __init__(self, file_name: str, schema: str) -> None:
        parts = _NAME.split((_HERE / file_name).read_text(encoding="utf-8"))[1:]
        self._texts = {
            name: text.strip() for name, text in zip(parts[::2], parts[1::2], strict=True)
        }
        self._qualifier = re.compile(rf"\b{re.escape(schema)}\.")

    def __getitem__(self, name: str) -> str:
        """A statement as it stands in the file."""
        return self._texts[name]

    def within(self, schema: str, name: str) -> str:
        """A statement about the same tables in another schema."""
        return self._qualifier.sub(f"{schema}.", self._texts[name])
