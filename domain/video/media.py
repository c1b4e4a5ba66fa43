"""What a finished video consists of: files that are named by the hash of their bytes."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from domain.kernel.model import Value

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

_EXTENSIONS: Final = {"video/mp4": "mp4", "video/webm": "webm", "image/jpeg": "jpg"}
_TYPES: Final = {extension: kind for kind, extension in _EXTENSIONS.items()}


def content_key(sha256: str, content_type: str) -> str:
    """Where bytes with this hash live in the store, whoever made them."""
    return f"media/{sha256[:2]}/{sha256}.{_EXTENSIONS[content_type]}"


def content_type_of(key: str) -> str:
    """The type of the bytes under a key that ``content_key`` made."""
    return _TYPES.get(key.rpartition(".")[2], "application/octet-stream")


class MediaFile(Value):
    """One stored file: its key, the SHA-256 of its bytes in hex, its size in bytes, its type."""

    key: str
    sha256: Sha256
    size: Annotated[int, Field(gt=0)]
    content_type: str


class Rendition(Value):
    """A video as it is shown: the film, its poster and contact sheet, and what the film holds.

    Sizes are in pixels, durations in seconds, the sample rate in hertz.
    """

    film: MediaFile
    poster: MediaFile
    contact_sheet: MediaFile
    width: int
    height: int
    fps: int
    frames: int
    picture_seconds: float
    sound_seconds: float
    sample_rate: int
