"""Takes become a film whose pictures and sound are changed on the way, such as by marks.

Pictures are changed one at a time, the sound as a whole, since its mark has to hear it: the takes
are read twice, first for what they sound like, then for what they show. Who looks on sees the
changed pictures, so that stills taken of them carry the change too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final, Protocol

import av
import numpy as np
from av.container import OutputContainer
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from activities.film.formats import H264, FilmFormat
from activities.film.mux import OnPicture, even, limited_picture, picture_stream, sound_stream
from activities.film.refusals import TakeUnusable
from activities.film.shape import SAMPLE_RATE, Reel, Timing, joined
from activities.film.sound import BLOCK_SAMPLES, Samples, Soundtrack
from activities.film.take_reader import opened_take

Planes = NDArray[np.uint8]
"""A picture as I420: luma rows, then the two planes of colour at half size."""

_LIMITED: Final = (Colorspace.ITU709, ColorRange.MPEG)


class Change(Protocol):
    """What is done to a film on its way."""

    def picture(self, planes: Planes, seconds: float) -> None:
        """Change a picture, I420 [height * 3 / 2, width], in place."""
        ...

    def sound(self, samples: Samples) -> Samples:
        """The sound changed, [2, samples] at 48 kHz."""
        ...


class Mark(Change, Protocol):
    """A change that has to be found again in the film as it was written."""

    def holds(self, film: Path) -> bool:
        """Whether it is found in the written film."""
        ...

    def stronger(self) -> Mark | None:
        """The same mark set more strongly, or None when there is no more strength."""
        ...


def encode_marked(
    takes: Sequence[Reel],
    film: Path,
    mark: Mark,
    on_picture: OnPicture,
    form: FilmFormat = H264,
) -> None:
    """Write ``film`` with a mark as faint as is found again in it.

    Where no strength is found, the strongest is written: whoever proves the film refuses it. Each
    attempt shows ``on_picture`` all pictures anew. Raises as ``encode_changed`` does.
    """
    attempt: Mark | None = mark
    while attempt is not None:
        encode_changed(takes, film, attempt, on_picture, form)
        attempt = None if attempt.holds(film) else attempt.stronger()


def encode_changed(
    takes: Sequence[Reel],
    film: Path,
    change: Change,
    on_picture: OnPicture,
    form: FilmFormat = H264,
) -> None:
    """Write ``film`` from its takes with a change, one picture at a time.

    Raises TakeUnusable, OSError when the disk is full, and whatever ``on_picture`` raises.
    """
    timing = joined([each.timing for each in takes])
    sound = change.sound(sound_of(takes))
    with av.open(
        str(film), "w", format=form.container, options=form.container_options
    ) as container:
        pictures = changed_pictures(_pictures(takes, timing), timing, change, on_picture)
        write_film(container, pictures, sound, timing, form)


def sound_of(takes: Sequence[Reel]) -> Samples:
    """What the takes sound like, one after the other, [2, samples] at 48 kHz.

    Raises TakeUnusable.
    """
    track, blocks = Soundtrack([each.timing for each in takes]), []
    for take in takes:
        with opened_take(take.path, take.timing) as reader:
            track.begin_take(reader.channels)
            for frame in reader.sound():
                blocks += [_samples(each) for each in track.hear(frame)]
            blocks += [_samples(each) for each in track.end_take()]
    blocks += [_samples(each) for each in track.end()]
    return np.concatenate(blocks, axis=1)


def changed_pictures(
    pictures: Iterator[av.VideoFrame], timing: Timing, change: Change, on_picture: OnPicture
) -> Iterator[av.VideoFrame]:
    """Each picture as the film will hold it, changed, and shown to ``on_picture``."""
    for index, frame in enumerate(pictures):
        planes = np.array(frame.to_ndarray(), np.uint8)
        change.picture(planes, index / timing.fps)
        changed = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        changed.colorspace, changed.color_range = _LIMITED
        changed.pts, changed.time_base = index, Fraction(1, timing.fps)
        on_picture(index, changed)
        yield changed


def write_film(
    container: OutputContainer,
    pictures: Iterator[av.VideoFrame],
    sound: Samples,
    timing: Timing,
    form: FilmFormat = H264,
) -> None:
    """Encode pictures in 4:2:0 with the sound that belongs to them, [2, samples] at 48 kHz."""
    first = next(pictures, None)
    if first is None:
        raise TakeUnusable("It has no pictures.")
    video = picture_stream(container, even(first.width), even(first.height), timing, form)
    audio = sound_stream(container, form)
    given, index = 0, 0
    picture: av.VideoFrame | None = first
    while picture is not None:
        index += 1
        container.mux(video.encode(picture))
        until = min(round(index * SAMPLE_RATE / timing.fps), sound.shape[1])
        while given < until:  # the two stay beside each other in the file
            block = sound[:, given : min(given + BLOCK_SAMPLES, sound.shape[1])]
            container.mux(audio.encode(_block(block, given)))
            given += block.shape[1]
        picture = next(pictures, None)
    container.mux(audio.encode(None))
    container.mux(video.encode(None))


def _pictures(takes: Sequence[Reel], timing: Timing) -> Iterator[av.VideoFrame]:
    """The pictures of all takes, in 4:2:0; the first take says how large and how fast."""
    index, size = 0, (0, 0)
    for take in takes:
        with opened_take(take.path, take.timing) as reader:
            size = (reader.width, reader.height) if not index else size
            if (reader.width, reader.height, take.timing.fps) != (*size, timing.fps):
                raise TakeUnusable(
                    f"It is {reader.width}x{reader.height} at {take.timing.fps} pictures per "
                    f"second; the takes before it are {size[0]}x{size[1]} at {timing.fps}."
                )
            for frame in reader.frames():
                if isinstance(frame, av.VideoFrame):
                    yield limited_picture(frame, index, timing)
                    index += 1


def _samples(block: av.AudioFrame) -> Samples:
    return np.asarray(block.to_ndarray(), np.float32)


def _block(samples: Samples, start: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples), format="fltp", layout="stereo"
    )
    frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
    return frame
