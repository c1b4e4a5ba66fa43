"""A take becomes a film: H.264 and AAC in an MP4 that can be watched while it still loads.

The same take gives the same bytes: one thread per encoder, integer colour conversion, and nothing
in the file that tells when or where it was made. Colours are BT.709 in limited range (ITU-R
BT.709-6), said in the stream as well, so that every player shows the same.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import OutputContainer
from av.video.reformatter import (
    ColorPrimaries,
    ColorRange,
    Colorspace,
    ColorTrc,
    Interpolation,
)
from av.video.stream import VideoStream

from activities.film.shape import SAMPLE_RATE, Timing
from activities.film.sound import Soundtrack
from activities.film.take_reader import TakeReader, opened_take

PRESET: Final = "faster"
QUALITY_CRF: Final = 20
SOUND_BITS_PER_SECOND: Final = 160_000
KEY_FRAME_SECONDS: Final = 2

_MOOV_FIRST: Final = {"movflags": "+faststart", "fflags": "+bitexact"}
_SAME_EVERYWHERE: Final = (
    Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
)

OnPicture = Callable[[int, av.VideoFrame], None]
"""Called with each picture's index and the picture; what it raises stops the work there."""


def encode_film(take: Path, film: Path, timing: Timing, on_picture: OnPicture) -> None:
    """Write ``film`` from ``take``, one picture at a time.

    Raises TakeUnusable, OSError when the disk is full, and whatever ``on_picture`` raises.
    """
    with (
        opened_take(take, timing) as reader,
        av.open(str(film), "w", format="mp4", options=_MOOV_FIRST) as container,
    ):
        _transcode(reader, container, timing, on_picture)


def even(side: int) -> int:
    """The largest even number of pixels in a side: 4:2:0 halves the colours both ways."""
    return side - side % 2


def _transcode(
    reader: TakeReader, container: OutputContainer, timing: Timing, on_picture: OnPicture
) -> None:
    video = _picture_stream(container, reader, timing)
    audio = _sound_stream(container)
    soundtrack = Soundtrack(reader.channels, timing)
    index = 0
    for frame in reader.frames():
        if isinstance(frame, av.AudioFrame):
            for block in soundtrack.hear(frame):
                container.mux(audio.encode(block))
        else:
            on_picture(index, frame)
            container.mux(video.encode(_picture(frame, index, timing)))
            index += 1
    for block in soundtrack.end():
        container.mux(audio.encode(block))
    container.mux(video.encode(None))
    container.mux(audio.encode(None))


def _picture_stream(container: OutputContainer, reader: TakeReader, timing: Timing) -> VideoStream:
    stream = container.add_stream(
        "libx264",
        rate=timing.fps,
        options={"preset": PRESET, "crf": str(QUALITY_CRF), "profile": "high"},
    )
    stream.width, stream.height = even(reader.width), even(reader.height)
    stream.pix_fmt = "yuv420p"
    stream.thread_count = 1
    context = stream.codec_context
    context.gop_size = KEY_FRAME_SECONDS * timing.fps
    context.color_primaries = ColorPrimaries.BT709
    context.color_trc = ColorTrc.BT709
    context.colorspace = Colorspace.ITU709
    context.color_range = ColorRange.MPEG
    context.flags |= int(Flags.bitexact)
    return stream


def _sound_stream(container: OutputContainer) -> AudioStream:
    stream = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
    stream.bit_rate = SOUND_BITS_PER_SECOND
    stream.codec_context.flags |= int(Flags.bitexact)
    return stream


def _picture(frame: av.VideoFrame, index: int, timing: Timing) -> av.VideoFrame:
    converted = _even_sided(frame).reformat(
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        interpolation=_SAME_EVERYWHERE,
        threads=1,
    )
    converted.pts, converted.time_base = index, Fraction(1, timing.fps)
    return converted


def _even_sided(frame: av.VideoFrame) -> av.VideoFrame:
    width, height = even(frame.width), even(frame.height)
    if (width, height) == (frame.width, frame.height):
        return frame
    pixels = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    cropped = np.ascontiguousarray(pixels[:height, :width])
    return av.VideoFrame.from_ndarray(cropped, format="rgb24")
