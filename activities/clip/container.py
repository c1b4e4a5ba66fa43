"""Containers: told apart by their first bytes, never by name, and opened so that they stay alone.

Only the standard library is imported, because the examiner starts from here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

HEAD_BYTES: Final = 4096

_BRANDS: Final = frozenset(
    {
        *(b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9"),
        *(b"mp41", b"mp42", b"avc1", b"hvc1", b"av01", b"M4V ", b"M4VP", b"dash", b"cmfc"),
        *(b"MSNV", b"3gp4", b"3gp5", b"3gp6", b"3gp7", b"3g2a", b"qt  "),
    }
)
_EBML: Final = b"\x1a\x45\xdf\xa3"

OPEN_OPTIONS: Final = {
    # a clip may name other files and addresses: none of them is followed
    "protocol_whitelist": "file",
    "enable_drefs": "0",
    "use_absolute_path": "0",
    "max_streams": "64",
    "probesize": "5000000",
    "analyzeduration": "5000000",
}
"""What FFmpeg is told when it opens a clip that somebody sent."""

PICTURE_CODECS: Final = frozenset(
    {"h264", "hevc", "vp8", "vp9", "av1", "libdav1d", "mpeg4", "mjpeg"}
)
SOUND_CODECS: Final = frozenset(
    {
        *("aac", "opus", "libopus", "vorbis", "mp3", "mp3float", "flac", "alac"),
        *("pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_f32le"),
    }
)
REPORT_BYTES_MAX: Final = 4 << 20
"""How much an examiner may write about one clip."""


def container_of(head: bytes) -> str | None:
    """FFmpeg's name for the container of a file that begins so; None for anything unexpected.

    Sources: ISO/IEC 14496-12 (ftyp), RFC 8794 (EBML).
    """
    if len(head) >= 12 and head[4:8] == b"ftyp" and head[8:12] in _BRANDS:
        return "mp4"
    if head[:4] == _EBML and (b"webm" in head[:64] or b"matroska" in head[:64]):
        return "matroska"
    return None


def sniff(path: Path) -> str | None:
    """The container of a file, by its first bytes."""
    with path.open("rb") as file:
        return container_of(file.read(HEAD_BYTES))
