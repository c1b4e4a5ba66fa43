"""Reading: the pictures that are on show at given moments, decoded in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from activities.clip.container import OPEN_OPTIONS
from activities.clip.facts import ClipFacts
from activities.clip.refusals import ClipDamaged
from activities.clip.streams import picture_streams

_SEEK_SECONDS: Final = 2.0
"""A shorter way from the beginning is decoded rather than sought."""


@contextmanager
def opened(path: Path, facts: ClipFacts) -> Iterator[InputContainer]:
    """Open a clip that was probed. Raises ClipDamaged where it is no longer what it was."""
    try:
        with av.open(str(path), format=facts.container, options=OPEN_OPTIONS) as container:
            yield container
    except av.FFmpegError:
        raise ClipDamaged("It decodes differently than when it was examined.") from None


def pictures_at(
    path: Path, facts: ClipFacts, times: Sequence[int], threads: int = 1
) -> Iterator[av.VideoFrame]:
    """The picture of each distinct time, rising; ``times`` are some of ``facts.times``.

    Raises ClipDamaged where one of them does not come.
    """
    wanted = sorted(set(times))
    with opened(path, facts) as container:
        video = picture_streams(container)[0]
        video.thread_type = "AUTO"
        video.codec_context.thread_count = threads
        found = 0
        for frame in _frames_from(container, video, wanted[0], facts):
            if frame.pts == wanted[found]:
                yield frame
                found += 1
                if found == len(wanted):
                    return
            del frame  # whoever holds a frame keeps the decoder from using its memory again
        raise ClipDamaged(f"{len(wanted) - found} of its pictures are no longer there.")


def _frames_from(
    container: InputContainer, video: VideoStream, time: int, facts: ClipFacts
) -> Iterator[av.VideoFrame]:
    """All pictures since some moment before ``time``: the last point of entry, or the beginning."""
    if (time - facts.times[0]) * facts.tick <= _SEEK_SECONDS:
        yield from _frames(container, video)
        return
    container.seek(time, stream=video)
    entered = False
    for frame in _frames(container, video):
        if not entered and (frame.pts is None or frame.pts > time):
            break  # its index is wrong, so the way from the beginning is taken
        entered = True
        yield frame
        del frame
    if not entered:
        container.seek(facts.times[0], stream=video)
        yield from _frames(container, video)


def _frames(container: InputContainer, video: VideoStream) -> Iterator[av.VideoFrame]:
    """Whatever can be decoded; a few broken packets were tolerated when it was examined too."""
    for packet in container.demux(video):
        try:
            frames = packet.decode()
        except av.InvalidDataError:
            continue
        frames.reverse()
        while frames:
            frame = frames.pop()
            if isinstance(frame, av.VideoFrame):
                yield frame
            del frame
