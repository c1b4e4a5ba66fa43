"""What a stranger's file shows and sounds like, read once, with an end to time and memory.

Pictures come as luma planes with their times, sound as mono at 48 kHz. Files may be anything: what
cannot be decoded says so, what is cut off gives what was readable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from activities.provenance.keyed import Floats
from activities.provenance.picture_mark import Luma
from activities.provenance.refusals import NotAFilm
from activities.provenance.spectrum import RATE

SECONDS_MAX: Final = 180.0
PIXELS_MAX: Final = 4096 * 2304
SIDE_MIN: Final = 16
PACKETS_MAX: Final = 200_000
"""A file may claim any length and hold any number of tiny packets."""

_FORMATS: Final = "mov,mp4,matroska,webm,avi,mpegts,flv,ogg"
_ONLY_FILES: Final = {
    "protocol_whitelist": "file",
    "format_whitelist": _FORMATS,  # playlists would be followed to other files
    "use_absolute_path": "0",
}
_LUMA_FIRST: Final = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuv444p", "gray"})
_PICTURES_A_SECOND_MAX: Final = 60.0

_BEGINNINGS: Final = (
    *((4, b"ftyp"), (4, b"moov"), (4, b"mdat"), (4, b"wide"), (4, b"free"), (4, b"skip")),
    *((0, b"\x1a\x45\xdf\xa3"), (0, b"RIFF"), (0, b"FLV"), (0, b"OggS"), (0, b"\x47")),
)
"""Where in a file which bytes begin it: MP4 and MOV, Matroska and WebM, AVI, FLV, Ogg, MPEG-TS."""
_BOXES_MAX: Final = 10_000

OnPicture = Callable[[float, Luma], None]
"""Called with a picture's time in seconds and its luma [height, width]."""


@dataclass
class Footage:
    """What was found: pictures passed on, seconds of them, and the sound [samples] at 48 kHz."""

    pictures: int = 0
    seconds: float = 0.0
    sound: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    cut_off: bool = False
    longer_than_read: bool = False


def is_like_a_film(path: Path) -> bool:
    """Whether a file begins as one of the containers that are read here."""
    with path.open("rb") as file:
        head = file.read(16)
    return any(head[place:].startswith(mark) for place, mark in _BEGINNINGS)


def is_cut_off(path: Path) -> bool:
    """Whether an MP4 ends before its last box does (ISO/IEC 14496-12, section 4.2)."""
    size, place = path.stat().st_size, 0
    with path.open("rb") as file:
        if file.read(8)[4:] != b"ftyp":
            return False
        for _ in range(_BOXES_MAX):
            if place >= size:
                return place > size
            file.seek(place)
            head = file.read(16)
            length = int.from_bytes(head[:4], "big")
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            if length == 0:
                return False  # it lasts until the end of the file
            if length < 8:
                return True
            place += length
    return False


def read_footage(path: Path, on_picture: OnPicture, seconds_max: float = SECONDS_MAX) -> Footage:
    """Decode a file's pictures and sound up to a length. Raises NotAFilm."""
    try:
        with av.open(str(path), options=_ONLY_FILES, metadata_errors="replace") as container:
            return _Reading(container, on_picture, seconds_max).read()
    except (av.FFmpegError, ValueError, OverflowError) as error:
        raise NotAFilm("No decoder can read it.") from error


class _Reading:
    def __init__(
        self, container: InputContainer, on_picture: OnPicture, seconds_max: float
    ) -> None:
        self._container, self._on_picture = container, on_picture
        self._seconds_max = seconds_max
        self._found = Footage()
        self._pieces: list[Floats] = []
        self._resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        self._shape: tuple[int, int] | None = None
        self._last = -1.0
        self._heard = 0

    def read(self) -> Footage:
        streams: list[VideoStream | AudioStream] = [
            *self._container.streams.video[:1],
            *self._container.streams.audio[:1],
        ]
        if not streams:
            raise NotAFilm("It holds neither pictures nor sound.")
        for stream in streams:
            if isinstance(stream, VideoStream):
                _require_size(stream.codec_context.width, stream.codec_context.height)
            stream.codec_context.thread_count = 1
        try:
            for frame in self._frames(streams):
                if not self._take(frame):
                    break
        except (av.FFmpegError, ValueError, OverflowError):
            self._found.cut_off = True
        with suppress(av.FFmpegError, ValueError):
            self._hear(self._resampler.resample(None))
        if self._pieces:
            self._found.sound = np.concatenate(self._pieces)
        if not self._found.pictures and not len(self._found.sound):
            raise NotAFilm("Nothing in it can be decoded.")
        return self._found

    def _frames(self, streams: list[VideoStream | AudioStream]) -> Iterator[object]:
        for number, packet in enumerate(self._container.demux(*streams)):
            if number >= PACKETS_MAX:
                self._found.longer_than_read = True
                return
            try:
                yield from packet.decode()
            except av.InvalidDataError:
                self._found.cut_off = True  # the rest may still be readable

    def _take(self, frame: object) -> bool:
        """Pass one frame on; False when there is enough."""
        if isinstance(frame, av.VideoFrame):
            return self._see(frame)
        if isinstance(frame, av.AudioFrame) and self._heard < RATE * self._seconds_max:
            frame.pts = None
            self._hear(self._resampler.resample(frame))
        return True

    def _see(self, frame: av.VideoFrame) -> bool:
        time = float(frame.time) if frame.time is not None else self._last + 0.04
        if time > self._seconds_max:
            self._found.longer_than_read = True
            return False
        if time - self._last < 1 / _PICTURES_A_SECOND_MAX - 1e-3 and self._last >= 0:
            return True
        _require_size(frame.width, frame.height)
        luma = _luma(frame)
        if self._shape is None:
            self._shape = (luma.shape[0], luma.shape[1])
        if luma.shape == self._shape:
            self._on_picture(max(0.0, time), luma)
            self._found.pictures += 1
        self._last = time
        self._found.seconds = max(self._found.seconds, time)
        return True

    def _hear(self, frames: list[av.AudioFrame]) -> None:
        for frame in frames:
            piece = np.asarray(frame.to_ndarray(), np.float32).reshape(-1)
            self._heard += len(piece)
            self._pieces.append(np.nan_to_num(piece, nan=0.0, posinf=0.0, neginf=0.0))


def _require_size(width: int, height: int) -> None:
    """Before a picture is decoded, as far as the header is honest, and after."""
    if width * height > PIXELS_MAX or min(width, height) < SIDE_MIN:
        raise NotAFilm(f"Its pictures have {width}×{height} pixels.")


def _luma(frame: av.VideoFrame) -> Luma:
    if frame.format.name in _LUMA_FIRST:
        plane = frame.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        return np.array(rows[: frame.height, : frame.width], np.uint8)
    return np.asarray(frame.to_ndarray(format="gray"), np.uint8)
