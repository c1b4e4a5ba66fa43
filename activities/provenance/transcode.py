"""A film of our own is read, changed and written anew; the last thing before it is signed.

The source is a take, or a rendition that an export is made from: our own files, whose hashes were
compared. Pictures are changed one at a time, the sound as a whole, since its mark needs to hear it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Final, Protocol

import av
import numpy as np
from av.container import OutputContainer

from activities.film.formats import H264
from activities.film.mux import OnPicture, even, limited_picture, picture_stream, sound_stream
from activities.film.refusals import TakeUnusable
from activities.film.shape import SAMPLE_RATE, Timing
from activities.film.sound import Soundtrack
from activities.provenance.keyed import Floats
from activities.provenance.visible import Planes

_ONLY_FILES: Final = {"protocol_whitelist": "file"}


class Change(Protocol):
    """What is done to a film on its way."""

    def picture(self, planes: Planes, seconds: float) -> None:
        """Change a picture, I420 [height * 3 / 2, width], in place."""
        ...

    def sound(self, samples: Floats) -> Floats:
        """The sound changed, [2, samples] at 48 kHz."""
        ...


def transcode(
    source: Path, target: Path, timing: Timing, change: Change, on_picture: OnPicture
) -> None:
    """Write ``target``, a film in H.264 and AAC, from ``source`` with the change.

    Raises TakeUnusable when the source does not hold what the timing says, OSError when the disk is
    full, and whatever ``on_picture`` raises.
    """
    try:
        sound = change.sound(_sound(source, timing))
        with (
            av.open(str(source), options=_ONLY_FILES) as read,
            av.open(
                str(target), "w", format=H264.container, options=H264.container_options
            ) as written,
        ):
            pictures = read.decode(video=0)
            context = read.streams.video[0].codec_context
            context.thread_count = 1
            sides = even(context.width), even(context.height)
            _write(written, _changed(pictures, timing, change, on_picture), sides, sound, timing)
    except av.InvalidDataError as error:
        raise TakeUnusable("It cannot be decoded to its end.") from error


def _sound(source: Path, timing: Timing) -> Floats:
    """The sound as a film carries it, [2, samples] at 48 kHz, as long as the pictures."""
    with av.open(str(source), options=_ONLY_FILES) as read:
        track = Soundtrack([timing])
        track.begin_take(read.streams.audio[0].codec_context.layout.nb_channels)
        blocks = [
            np.asarray(block.to_ndarray(), np.float32)
            for frame in read.decode(audio=0)
            for block in track.hear(_heard(frame, timing))
        ]
        blocks += [
            np.asarray(block.to_ndarray(), np.float32)
            for block in chain(track.end_take(), track.end())
        ]
    return np.concatenate(blocks, axis=1)


def _heard(frame: av.AudioFrame, timing: Timing) -> av.AudioFrame:
    """A frame without what its encoder added behind the end of the film."""
    meant = round(float((frame.duration or 0) * (frame.time_base or 0)) * frame.sample_rate)
    if not 0 < meant < frame.samples or float(frame.time or 0) + 1 < timing.seconds:
        return frame
    samples = np.ascontiguousarray(np.asarray(frame.to_ndarray())[..., :meant])
    cut = av.AudioFrame.from_ndarray(samples, format=frame.format.name, layout=frame.layout.name)
    cut.sample_rate = frame.sample_rate
    return cut


def _changed(
    pictures: Iterator[av.VideoFrame], timing: Timing, change: Change, on_picture: OnPicture
) -> Iterator[av.VideoFrame]:
    index = 0
    for index, frame in enumerate(pictures, 1):
        if index > timing.frames:
            break
        on_picture(index - 1, frame)
        ready = frame if frame.format.name == "yuv420p" else limited_picture(frame, 0, timing)
        planes = np.array(ready.to_ndarray(), np.uint8)
        change.picture(planes, (index - 1) / timing.fps)
        changed = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        changed.pts, changed.time_base = index - 1, Fraction(1, timing.fps)
        yield changed
    if index != timing.frames:
        raise TakeUnusable(f"It has {index} of {timing.frames} pictures, or more.")


def _write(
    written: OutputContainer,
    pictures: Iterator[av.VideoFrame],
    sides: tuple[int, int],
    sound: Floats,
    timing: Timing,
) -> None:
    video = picture_stream(written, *sides, timing)
    audio = sound_stream(written)
    given = 0
    for index, picture in enumerate(pictures, 1):
        written.mux(video.encode(picture))
        until = min(round(index * SAMPLE_RATE / timing.fps), sound.shape[1])
        while given < until:  # the two stay beside each other in the file
            block = sound[:, given : min(given + 1024, sound.shape[1])]
            written.mux(audio.encode(_block(block, given)))
            given += block.shape[1]
    written.mux(audio.encode(None))
    written.mux(video.encode(None))


def _block(samples: Floats, start: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples), format="fltp", layout="stereo"
    )
    frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
    return frame
