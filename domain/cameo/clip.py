"""A clip that somebody sent: where it lies, its hash and its size."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from domain.kernel.model import Value
from domain.video.media import Sha256

CLIP_BYTES_MAX: Final = 64 * 1024 * 1024


class Clip(Value):
    """One uploaded file: its key, the SHA-256 of its bytes in hex, its size in bytes, its type."""

    key: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    sha256: Sha256
    size: Annotated[int, Field(gt=0, le=CLIP_BYTES_MAX)]
    content_type: Annotated[str, StringConstraints(min_length=1, max_length=100)]
