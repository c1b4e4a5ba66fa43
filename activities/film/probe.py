"""What a film holds, counted by decoding all of it; its headers are only compared with that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import av
from av.container import InputContainer

from activities.film.formats import H264, FilmFormat
from activities.film.refusals import FilmFaulty

_ONLY_FILES: Final = {"protocol_whitelist": "file"}
_BOX_HEADER_BYTES: Final = 8
_SEGMENT: Final = b"\x18\x53\x80\x67"
_CUES, _CLUSTER = b"\x1c\x53\xbb\x6b", b"\x1f\x43\xb6\x75"


@dataclass(frozen=True)
class FilmFacts:
    """What was found. Sizes in pixels, durations in seconds, the sample rate in hertz.

    ``declared_frames`` and the two declared durations are the container's own claims.
    """

    width: int
    height: int
    fps: float
    frames: int
    picture_seconds: float
    sound_seconds: float
    sample_rate: int
    channels: int
    picture_codec: str
    sound_codec: str
    pixel_format: str
    declared_frames: int
    declared_picture_seconds: float
    declared_sound_seconds: float
    fast_start: bool


@dataclass
class _Span:
    """When something was first and last presented, by decoded frames, in seconds."""

    count: int = 0
    starts: float = field(default=float("inf"))
    ends: float = 0.0

    def add(self, start: float, seconds: float) -> None:
        self.count += 1
        self.starts = min(self.starts, start)
        self.ends = max(self.ends, start + seconds)

    @property
    def seconds(self) -> float:
        return self.ends - self.starts if self.count else 0.0


def probe(
    path: Path, on_picture: Callable[[int], None] = lambda _: None, form: FilmFormat = H264
) -> FilmFacts:
    """Decode a whole film and say what it holds. Raises FilmFaulty where it cannot be decoded."""
    starts_at_once = is_fast_start if form.container == "mp4" else has_cues_first
    demuxer = "mp4" if form.container == "mp4" else "matroska"
    try:
        with av.open(str(path), format=demuxer, options=_ONLY_FILES) as container:
            return _probed(container, starts_at_once(path), on_picture)
    except (av.InvalidDataError, av.EOFError) as error:
        raise FilmFaulty("It cannot be decoded to its end.") from error


def is_fast_start(path: Path) -> bool:
    """Whether the index (moov) stands before the media (mdat), so that playing can start at once.

    Source: ISO/IEC 14496-12, boxes.
    """
    names = []
    with path.open("rb") as file:
        while len(header := file.read(_BOX_HEADER_BYTES)) == _BOX_HEADER_BYTES:
            size, name = int.from_bytes(header[:4], "big"), header[4:]
            names.append(name)
            read = _BOX_HEADER_BYTES
            if size == 1:  # the real size follows in 64 bits
                size = int.from_bytes(file.read(8), "big")
                read += 8
            if size < read:
                break  # 0: up to the end of the file
            file.seek(size - read, 1)
    return b"moov" in names and b"mdat" in names and names.index(b"moov") < names.index(b"mdat")


def has_cues_first(path: Path) -> bool:
    """Whether a WebM's index (Cues) stands before its media (Cluster), so that seeking needs no
    second visit. Sources: RFC 8794 (elements), RFC 9559 (their ids).
    """
    with path.open("rb") as file:
        while (found := _element(file)) is not None:
            name, size = found
            if name in (_CUES, _CLUSTER):
                return name == _CUES
            if name != _SEGMENT:  # what we look for lies in it
                file.seek(size, 1)
    return False


def _element(file: BinaryIO) -> tuple[bytes, int] | None:
    """The id of the element that begins here, and how many bytes its content has."""
    parts = []
    for _ in range(2):
        first = file.read(1)
        if not first or not first[0]:
            return None
        parts.append(first + file.read(8 - first[0].bit_length()))
    mask = (1 << 7 * len(parts[1])) - 1
    return parts[0], int.from_bytes(parts[1], "big") & mask


def _probed(
    container: InputContainer, fast_start: bool, on_picture: Callable[[int], None]
) -> FilmFacts:
    if len(container.streams.video) != 1 or len(container.streams.audio) != 1:
        raise FilmFaulty("It does not have one stream of pictures and one of sound.")
    video, audio = container.streams.video[0], container.streams.audio[0]
    video.codec_context.thread_count = 1
    pictures, sound = _Span(), _Span()
    rate = video.average_rate or 0
    for packet in container.demux(video, audio):
        for frame in packet.decode():
            if isinstance(frame, av.VideoFrame):
                on_picture(pictures.count)
                pictures.add(frame.time or 0.0, _length(frame))
            elif isinstance(frame, av.AudioFrame):
                # the last one says how much of its block is meant to be heard
                heard = min(frame.samples / frame.sample_rate, _length(frame))
                sound.add(frame.time or 0.0, heard)
    return FilmFacts(
        width=video.codec_context.width,
        height=video.codec_context.height,
        fps=float(rate),
        frames=pictures.count,
        picture_seconds=pictures.seconds,
        sound_seconds=sound.seconds,
        sample_rate=audio.codec_context.sample_rate,
        channels=audio.codec_context.layout.nb_channels,
        picture_codec=video.codec_context.name,
        sound_codec=audio.codec_context.name,
        pixel_format=str(video.codec_context.pix_fmt),
        declared_frames=video.frames or pictures.count,
        declared_picture_seconds=_declared(video) or _whole(container),
        declared_sound_seconds=_declared(audio) or _whole(container),
        fast_start=fast_start,
    )


def _length(frame: av.VideoFrame | av.AudioFrame) -> float:
    return float((frame.duration or 0) * (frame.time_base or 0))


def _whole(container: InputContainer) -> float:
    """What a container says of all its streams, where it says nothing of each."""
    return (container.duration or 0) / av.time_base


def _declared(stream: av.VideoStream | av.AudioStream) -> float:
    return float((stream.duration or 0) * (stream.time_base or 0))
