"""A film of our own is read, changed and written anew; the last thing before it is signed.

The source is a rendition that an export is made from: our own file, whose hash was compared.
Pictures are changed one at a time, the sound as a whole, since its mark needs to hear it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.container import InputContainer

from activities.film.changed import Change, changed_pictures, write_film
from activities.film.formats import H264
from activities.film.mux import OnPicture, limited_picture
from activities.film.refusals import TakeUnusable
from activities.film.shape import Timing
from activities.film.sound import Soundtrack
from activities.provenance.keyed import Floats

_ONLY_FILES: Final = {"protocol_whitelist": "file"}


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
            read.streams.video[0].codec_context.thread_count = 1
            pictures = changed_pictures(_pictures(read, timing), timing, change, on_picture)
            write_film(written, pictures, sound, timing)
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


def _pictures(read: InputContainer, timing: Timing) -> Iterator[av.VideoFrame]:
    """The film's pictures in 4:2:0, exactly as many as the timing says."""
    index = 0
    for index, frame in enumerate(read.decode(video=0), 1):
        if index > timing.frames:
            break
        yield frame if frame.format.name == "yuv420p" else limited_picture(frame, 0, timing)
    if index != timing.frames:
        raise TakeUnusable(f"It has {index} of {timing.frames} pictures, or more.")
