"""A server's film, checked by decoding all of it, and brought to a plan's size, rate and length.

Only MP4 with one stream of pictures and at most one of sound is opened, in codecs that the engines
write. Sizes in pixels, durations in seconds.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.container import InputContainer
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from gpu_workers.clip import Pictures, Sound
from gpu_workers.video_server.refusals import VideoFilmTruncated, VideoFilmUnsuitable

SAMPLE_RATE: Final = 48_000
SIDE_PIXELS_MAX: Final = 4096
SECONDS_MAX: Final = 120.0
FRAMES_MAX: Final = 20_000
SHAPE_DIFFERENCE_MAX: Final = 0.1
"""How far a film's shape may be from the one asked for; what stands over is cut off."""

_PICTURE_CODECS: Final = frozenset({"h264", "hevc", "mpeg4", "vp9", "av1", "libdav1d"})
_SOUND_CODECS: Final = frozenset({"aac", "mp3", "mp3float", "opus", "libopus", "flac"})
_ONLY_THIS_FILE: Final = {"protocol_whitelist": "file"}
_EARLY_SECONDS: Final = 1e-4


@dataclass(frozen=True)
class FilmFacts:
    """What decoding found."""

    width: int
    height: int
    frames: int
    seconds: float
    has_sound: bool


@dataclass(frozen=True)
class Wanted:
    """What a shot has to be: ``frames`` pictures at ``fps``, each ``width`` by ``height``."""

    width: int
    height: int
    frames: int
    fps: int

    @property
    def seconds(self) -> float:
        """How long the shot lasts."""
        return self.frames / self.fps


def probe_film(path: Path) -> FilmFacts:
    """Decode a whole film. Raises VideoFilmTruncated, VideoFilmUnsuitable."""
    with _opened(str(path)) as container:
        video = container.streams.video[0]
        declared = float((video.duration or 0) * (video.time_base or 0))
        frames, starts, ends = 0, math.inf, 0.0
        for start, frame in _timed(container):
            frames += 1
            starts, ends = min(starts, start), max(ends, start + _length(frame))
        seconds = ends - starts if frames else 0.0
        if frames == 0 or frames < video.frames or seconds < 0.95 * declared:
            raise VideoFilmTruncated(f"{frames} of {video.frames} pictures can be decoded.")
        codec = video.codec_context
        return FilmFacts(
            codec.width, codec.height, frames, seconds, len(container.streams.audio) > 0
        )


def require_suitable(facts: FilmFacts, wanted: Wanted, sound_required: bool) -> None:
    """Raise VideoFilmUnsuitable unless a film can be cut to what was asked for."""
    difference = (facts.width / facts.height) / (wanted.width / wanted.height) - 1
    if abs(difference) > SHAPE_DIFFERENCE_MAX:
        raise VideoFilmUnsuitable(
            f"It is {facts.width}x{facts.height}; asked for was {wanted.width}x{wanted.height}."
        )
    if facts.seconds < wanted.seconds - 1 / wanted.fps:
        raise VideoFilmUnsuitable(
            f"It lasts {facts.seconds:.2f} s; asked for were {wanted.seconds:.2f} s."
        )
    if sound_required and not facts.has_sound:
        raise VideoFilmUnsuitable("It has no sound, and this studio asks for sound.")


def read_pictures(film: bytes, wanted: Wanted) -> Pictures:
    """The pictures that stand at each moment of the shot: uint8 [frames, height, width, 3]."""
    pictures = np.empty((wanted.frames, wanted.height, wanted.width, 3), np.uint8)
    filled, first = 0, 0.0
    standing: av.VideoFrame | None = None
    with _opened(io.BytesIO(film)) as container:
        for start, frame in _timed(container):
            first = start if standing is None else first
            upto = math.ceil((start - first - _EARLY_SECONDS) * wanted.fps)
            filled = _fill(pictures, filled, upto, standing, wanted)
            standing = frame
            if filled == wanted.frames:
                return pictures
    _fill(pictures, filled, wanted.frames, standing, wanted)
    return pictures


def read_sound(film: bytes) -> Sound | None:
    """The film's sound from its first picture on: float32 [2, samples] at 48 kHz; None if none."""
    with _opened(io.BytesIO(film)) as container:
        if not container.streams.audio:
            return None
        sound, first = container.streams.audio[0], 0.0
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE)
        pieces: list[NDArray[np.float32]] = []
        for packet in container.demux(sound):
            for frame in packet.decode():
                first = (frame.time or 0.0) if not pieces else first
                frame.pts = None
                pieces += [
                    np.asarray(p.to_ndarray(), np.float32) for p in resampler.resample(frame)
                ]
        pieces += [np.asarray(p.to_ndarray(), np.float32) for p in resampler.resample(None)]
        video = container.streams.video[0]
        shown = float((video.start_time or 0) * (video.time_base or 0))
    if not pieces:
        return None
    heard = np.nan_to_num(np.concatenate(pieces, axis=1)).clip(-1.0, 1.0)
    late = round((first - shown) * SAMPLE_RATE)
    if late < 0:
        return np.asarray(heard[:, -late:], np.float32)
    return np.asarray(np.pad(heard, ((0, 0), (late, 0))), np.float32)


def exactly(sound: Sound | None, samples: int) -> Sound:
    """Sound of exactly this length, cut or followed by silence; silence where there is none."""
    kept = np.zeros((2, samples), np.float32)
    if sound is not None:
        heard = sound[:, :samples]
        kept[:, : heard.shape[1]] = heard
    return kept


def _opened(source: str | io.BytesIO) -> InputContainer:
    """Raises VideoFilmTruncated where there is no film, VideoFilmUnsuitable where it is odd."""
    try:
        container = av.open(source, "r", format="mp4", options=_ONLY_THIS_FILE)
    except av.FFmpegError as error:
        raise VideoFilmTruncated("Its bytes are not a readable MP4.") from error
    try:
        _require_usual(container)
    except BaseException:
        container.close()
        raise
    return container


def _require_usual(container: InputContainer) -> None:
    pictures, sounds = container.streams.video, container.streams.audio
    _require(len(pictures) == 1 and len(sounds) <= 1, "It has too many streams, or no pictures.")
    video = pictures[0]
    sides = (video.codec_context.width, video.codec_context.height)
    _require(video.codec_context.name in _PICTURE_CODECS, "Its pictures are in an unusual codec.")
    _require(
        all(each.codec_context.name in _SOUND_CODECS for each in sounds),
        "Its sound is in an unusual codec.",
    )
    _require(
        min(sides) >= 2 and max(sides) <= SIDE_PIXELS_MAX,
        f"Its pictures are {sides[0]}x{sides[1]}.",
    )
    declared = float((video.duration or 0) * (video.time_base or 0))
    _require(declared <= SECONDS_MAX, f"It claims to last {declared:.0f} s.")
    _require(video.frames <= FRAMES_MAX, f"It claims to hold {video.frames} pictures.")
    video.codec_context.thread_count = 1


def _timed(container: InputContainer) -> Iterator[tuple[float, av.VideoFrame]]:
    """Pictures with the second at which each is shown. Raises VideoFilmTruncated."""
    video, count = container.streams.video[0], 0
    try:
        for packet in container.demux(video):
            for frame in packet.decode():
                count += 1
                _require(count <= FRAMES_MAX, f"It has more than {FRAMES_MAX} pictures.")
                yield frame.time or 0.0, frame
    except av.FFmpegError as error:
        raise VideoFilmTruncated(f"It cannot be decoded after {count} pictures.") from error


def _length(frame: av.VideoFrame) -> float:
    return float((frame.duration or 0) * (frame.time_base or 0))


def _fill(
    pictures: Pictures, filled: int, upto: int, standing: av.VideoFrame | None, wanted: Wanted
) -> int:
    """Let ``standing`` be seen up to, not including, picture ``upto``."""
    upto = min(upto, wanted.frames)
    if standing is None or filled >= upto:
        return filled
    pictures[filled:upto] = _fitted(standing, wanted)
    return upto


def _fitted(frame: av.VideoFrame, wanted: Wanted) -> Pictures:
    """The picture in RGB, as large as it must be to cover the wanted size, its middle cut out."""
    scale = max(wanted.width / frame.width, wanted.height / frame.height)
    width = max(wanted.width, round(frame.width * scale))
    height = max(wanted.height, round(frame.height * scale))
    whole = frame.reformat(width, height, "rgb24", interpolation=Interpolation.BICUBIC)
    pixels = np.asarray(whole.to_ndarray(), np.uint8)
    left, top = (width - wanted.width) // 2, (height - wanted.height) // 2
    return pixels[top : top + wanted.height, left : left + wanted.width]


def _require(held: bool, otherwise: str) -> None:
    if not held:
        raise VideoFilmUnsuitable(otherwise)
