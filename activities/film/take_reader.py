"""A take, read frame by frame: one picture is in memory at a time, whatever the file claims.

Only Matroska with FFV1 pictures and plain or FLAC sound is opened. FFmpeg would follow other
formats to other files and addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer

from activities.film.refusals import TakeUnusable
from activities.film.shape import PIXELS_LIMIT, SIDE_LIMIT, Timing

_PICTURE_CODECS: Final = frozenset({"ffv1"})
_SOUND_CODECS: Final = frozenset({"pcm_f32le", "pcm_s16le", "pcm_s24le", "pcm_s32le", "flac"})
_CHANNELS_MAX: Final = 2
_RATE_MIN, _RATE_MAX = 8_000, 192_000
_CLOCK_SECONDS: Final = 0.002
"""Matroska counts in milliseconds."""
_ONLY_FILES: Final = {"protocol_whitelist": "file"}

TakeFrame = av.VideoFrame | av.AudioFrame


class TakeReader:
    """The frames of an opened take, pictures and sound in the order in which they were written."""

    def __init__(self, container: InputContainer, timing: Timing) -> None:
        self._container, self._timing = container, timing
        self._require_one_of_each()
        picture, sound = container.streams.video[0], container.streams.audio[0]
        _require(picture.codec_context.name in _PICTURE_CODECS, "Its pictures are not FFV1.")
        _require(sound.codec_context.name in _SOUND_CODECS, "Its sound is neither PCM nor FLAC.")
        _require(
            sound.codec_context.layout.nb_channels <= _CHANNELS_MAX
            and _RATE_MIN <= sound.codec_context.sample_rate <= _RATE_MAX,
            "Its sound has too many channels or an unusual sample rate.",
        )
        self.width, self.height = picture.codec_context.width, picture.codec_context.height
        _require(
            2 <= min(self.width, self.height) <= max(self.width, self.height) <= SIDE_LIMIT
            and self.width * self.height <= PIXELS_LIMIT,
            f"Its pictures are {self.width}x{self.height}.",
        )
        self.channels: int = sound.codec_context.layout.nb_channels
        self._picture, self._sound = picture, sound
        picture.codec_context.thread_count = 1

    def frames(self) -> Iterator[TakeFrame]:
        """Pictures and sound, counted and timed. Raises TakeUnusable where one is not as promised.

        An index of pictures goes by how many came before, not by what the file says.
        """
        seen = 0
        for packet in self._container.demux(self._picture, self._sound):
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    self._require_in_place(frame, seen)
                    seen += 1
                    yield frame
                elif isinstance(frame, av.AudioFrame):
                    yield frame
        wanted = self._timing.frames
        _require(seen == wanted, f"It ends after {seen} of {wanted} pictures.")

    def sound(self) -> Iterator[av.AudioFrame]:
        """The sound alone, from where the reader stands."""
        for packet in self._container.demux(self._sound):
            for frame in packet.decode():
                assert isinstance(frame, av.AudioFrame)
                yield frame

    def _require_in_place(self, frame: av.VideoFrame, index: int) -> None:
        wanted = self._timing.frames
        _require(index < wanted, f"It has more than the {wanted} pictures that were promised.")
        _require(
            (frame.width, frame.height) == (self.width, self.height),
            f"Picture {index} has another size than the first.",
        )
        shown_at = index * self._timing.frame_seconds
        _require(
            frame.time is not None and abs(frame.time - shown_at) < _CLOCK_SECONDS,
            f"Picture {index} is not shown at {shown_at:.3f} s.",
        )

    def _require_one_of_each(self) -> None:
        streams = self._container.streams
        _require(
            len(streams.video) == 1 and len(streams.audio) == 1 and len(streams) == 2,
            f"It has {len(streams.video)} picture and {len(streams.audio)} sound streams "
            f"among {len(streams)}; one of each is wanted.",
        )


@contextmanager
def opened_take(path: Path, timing: Timing) -> Iterator[TakeReader]:
    """Open a take. Raises TakeUnusable for anything that the studio would not write."""
    try:
        with av.open(str(path), format="matroska", options=_ONLY_FILES) as container:
            yield TakeReader(container, timing)
    except av.InvalidDataError as error:
        raise TakeUnusable("Its bytes are not a readable Matroska file.") from error


def _require(held: bool, otherwise: str) -> None:
    if not held:
        raise TakeUnusable(otherwise)
