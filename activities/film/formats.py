"""In which codecs films are kept: one choice for a deployment, with what each is good for.

H.264 with AAC plays everywhere and is the default. VP9 with Opus is free of patent pools and plays
in every browser, in WebM, which carries no C2PA manifest; figures are in
``docs/studio-internals.md``.
AV1 is not offered: the one encoder of it that PyAV brings, SVT-AV1, turns a process that runs as
root into a real-time one, which starves everything else on the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

FormatName = Literal["h264", "vp9"]


@dataclass(frozen=True)
class FilmFormat:
    """One container with its two encoders, and what decoders call what they find in it.

    Options are FFmpeg's; ``sound_bits`` is bits per second.
    """

    name: FormatName
    suffix: str
    content_type: str
    container: str
    container_options: dict[str, str]
    picture_encoder: str
    picture_options: dict[str, str]
    sound_encoder: str
    sound_bits: int
    picture_codecs: frozenset[str]
    sound_codecs: frozenset[str]


_MOOV_FIRST: Final = {"movflags": "+faststart", "fflags": "+bitexact"}
_CUES_FIRST: Final = {"cues_to_front": "1", "fflags": "+bitexact"}

H264: Final = FilmFormat(
    name="h264",
    suffix=".mp4",
    content_type="video/mp4",
    container="mp4",
    container_options=_MOOV_FIRST,
    picture_encoder="libx264",
    picture_options={"preset": "faster", "crf": "20", "profile": "high"},
    sound_encoder="aac",
    sound_bits=160_000,
    picture_codecs=frozenset({"h264"}),
    sound_codecs=frozenset({"aac"}),
)
VP9: Final = FilmFormat(
    name="vp9",
    suffix=".webm",
    content_type="video/webm",
    container="webm",
    container_options=_CUES_FIRST,
    picture_encoder="libvpx-vp9",
    picture_options={"crf": "31", "b": "0", "deadline": "good", "cpu-used": "5", "row-mt": "0"},
    sound_encoder="libopus",
    sound_bits=128_000,
    picture_codecs=frozenset({"vp9", "libvpx-vp9"}),
    sound_codecs=frozenset({"opus", "libopus"}),
)
FORMATS: Final[dict[FormatName, FilmFormat]] = {each.name: each for each in (H264, VP9)}
