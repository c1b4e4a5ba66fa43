"""A face and a voice in one piece of bytes: the length of the face, the face, the voice."""

from __future__ import annotations

from typing import Final

_LENGTH_BYTES: Final = 4


def packed(face: bytes | None, voice: bytes | None) -> bytes:
    """Both in one piece; one that is missing has no bytes."""
    length = len(face or b"").to_bytes(_LENGTH_BYTES, "big")
    return length + (face or b"") + (voice or b"")


def unpacked(data: bytes) -> tuple[bytes | None, bytes | None]:
    """The face and the voice again."""
    end = _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES], "big")
    return data[_LENGTH_BYTES:end] or None, data[end:] or None
