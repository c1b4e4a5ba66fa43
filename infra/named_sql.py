"""SQL as it is written in its file: each statement under the name in the comment above it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def statements(path: Path) -> dict[str, str]:
    """The statements of a file by name."""
    parts = _NAME.split(path.read_text(encoding="utf-8"))[1:]
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}
