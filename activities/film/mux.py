"""Takes become a film, in the format of the deployment, that can be watched while it still loads.

The same takes give the same bytes: one thread per encoder, integer colour conversion, and nothing
in the file that tells when or where it was made. Colours are BT.709 in limited range (ITU-R
BT.709-6), said in the stream as well, so that every player shows the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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

from activities.film.formats import H264, FilmFormat
from activities.film.refusals import TakeUnusable
from activities.film.shape import SAMPLE_RATE, Reel, Timing, joined
from activities.film.sound import Soundtrack
from activities.film.take_reader import TakeReader, opened_take

KEY_FRAME_SECONDS: Final = 2

_SAME_EVERYWHERE: Final = (
    Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
)

OnPicture = Callable[[int, av.VideoFrame], None]
"""Called with each picture's index and the picture; what it raises stops the work there."""


def encode_film(
    takes: Sequence[Reel], film: Path, on_picture: OnPicture, form: FilmFormat = H264
) -> None:
    """Write ``film`` from its takes, one picture at a time.

    Raises TakeUnusable, OSError when the disk is full, and whatever ``on_picture`` raises.
    """
    options = form.container_options
    with av.open(str(film), "w", format=form.container, options=options) as container:
        _Joiner(container, [each.timing for each in takes], on_picture, form).join(takes)


def even(side: int) -> int:
    """The largest even number of pixels in a side: 4:2:0 halves the colours both ways."""
    return side - side % 2


class _Joiner:
    """One film in the making: its streams, and how many pictures are in it."""

    def __init__(
        self,
        container: OutputContainer,
        timings: Sequence[Timing],
        on_picture: OnPicture,
        form: FilmFormat,
    ) -> None:
        self._container, self._on_picture, self._format = container, on_picture, form
        self._timing, self._soundtrack = joined(timings), Soundtrack(timings)
        self._streams: tuple[VideoStream, AudioStream] | None = None
        self._size = (0, 0)
        self._index = 0

    def join(self, takes: Sequence[Reel]) -> None:
        for each in takes:
            with opened_take(each.path, each.timing) as reader:
                self._append(reader, each.timing)
        video, audio = self._begun()
        self._mux(self._soundtrack.end())
        self._container.mux(video.encode(None))
        self._container.mux(audio.encode(None))

    def _append(self, reader: TakeReader, timing: Timing) -> None:
        if self._streams is None:
            self._streams = (
                picture_stream(
                    self._container,
                    even(reader.width),
                    even(reader.height),
                    self._timing,
                    self._format,
                ),
                sound_stream(self._container, self._format),
            )
            self._size = (reader.width, reader.height)
        self._require_alike(reader, timing)
        video, _ = self._begun()
        self._soundtrack.begin_take(reader.channels)
        for frame in reader.frames():
            if isinstance(frame, av.AudioFrame):
                self._mux(self._soundtrack.hear(frame))
            else:
                self._on_picture(self._index, frame)
                self._container.mux(video.encode(limited_picture(frame, self._index, self._timing)))
                self._index += 1
        self._mux(self._soundtrack.end_take())

    def _require_alike(self, reader: TakeReader, timing: Timing) -> None:
        if (reader.width, reader.height) != self._size or timing.fps != self._timing.fps:
            raise TakeUnusable(
                f"It is {reader.width}x{reader.height} at {timing.fps} pictures per second; the "
                f"takes before it are {self._size[0]}x{self._size[1]} at {self._timing.fps}."
            )

    def _begun(self) -> tuple[VideoStream, AudioStream]:
        if self._streams is None:
            raise ValueError("a film needs at least one take")
        return self._streams

    def _mux(self, blocks: Iterator[av.AudioFrame]) -> None:
        _, audio = self._begun()
        for block in blocks:
            self._container.mux(audio.encode(block))


def picture_stream(
    container: OutputContainer, width: int, height: int, timing: Timing, form: FilmFormat = H264
) -> VideoStream:
    """The stream of pictures of a film, set up for its encoder. Sides in pixels, even."""
    stream = container.add_stream(
        form.picture_encoder, rate=timing.fps, options=form.picture_options
    )
    assert isinstance(stream, VideoStream)
    stream.width, stream.height = width, height
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


def sound_stream(container: OutputContainer, form: FilmFormat = H264) -> AudioStream:
    """The stream of sound of a film, set up for its encoder."""
    stream = container.add_stream(form.sound_encoder, rate=SAMPLE_RATE, layout="stereo")
    assert isinstance(stream, AudioStream)
    stream.bit_rate = form.sound_bits
    stream.codec_context.flags |= int(Flags.bitexact)
    return stream


def limited_picture(frame: av.VideoFrame, index: int, timing: Timing) -> av.VideoFrame:
    """A picture in full-range RGB as a film holds it: even sides, 4:2:0, BT.709, limited range."""
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
