"""The examiner: a process of its own that decodes a stranger's clip once and says what it holds.

``python -m activities.clip.examiner CLIP CONTAINER LIMITS`` writes one JSON object: the facts,
or the name of what stands against the clip and what was found. Whatever the bytes do to FFmpeg,
they do it here, where memory, time and files are limited. It imports little, so it starts soon.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from activities.clip.container import (
    OPEN_OPTIONS,
    PICTURE_CODECS,
    REPORT_BYTES_MAX,
    SOUND_CODECS,
)
from activities.clip.streams import picture_streams

_OPEN_FILES_MAX: Final = 64
_SIDE_MIN: Final = 16
_SLACK_SECONDS: Final = 0.5
_SLACK_SHARE: Final = 0.1
_BROKEN_PACKETS_MAX: Final = 20
_PIXEL_ASPECT_MAX: Final = 4
_BT709: Final = 1
_FULL_RANGE: Final = 2

Limits = dict[str, Any]


class Objection(Exception):
    """Something stands against this clip: its name, and what was found."""

    def __init__(self, name: str, found: object = None) -> None:
        super().__init__(name)
        self.name, self.found = name, found


class Examination:
    """One pass over all packets, counting what comes out of them."""

    def __init__(self, container: InputContainer, name: str, limits: Limits) -> None:
        self._container, self._name, self._limits = container, name, limits
        self.video, self.audio = _streams(container, limits)
        _require_codecs(self.video, self.audio)
        self.width, self.height = self.video.codec_context.width, self.video.codec_context.height
        self._require_size(self.width, self.height)
        if self.audio is not None:
            _require_usual_sound(self.audio, limits)
        self.declared = _declared_seconds(container, self.video)
        if self.declared is not None and self.declared > limits["seconds"]:
            raise Objection("long", round(self.declared, 3))
        self.times: list[int] = []
        self.first: av.VideoFrame | None = None
        self.last_ticks, self.repeated, self.broken, self.samples = 0, 0, 0, 0

    def run(self) -> dict[str, Any]:
        """Decode everything, then compare it with what was declared."""
        self.video.codec_context.thread_count = 1
        self.video.codec_context.options = {"max_pixels": str(self._limits["pixels"])}
        for frame in self._frames():
            if isinstance(frame, av.VideoFrame):
                self._see(frame)
            else:
                self._hear(frame)
        if self.first is None:
            raise Objection("damaged" if self.broken else "empty")
        self._compare()
        return self._facts(self.first)

    def _frames(self) -> Iterator[av.VideoFrame | av.AudioFrame]:
        chosen = [self.video] if self.audio is None else [self.video, self.audio]
        for packet in self._container.demux(*chosen):
            try:
                frames = packet.decode()
            except av.InvalidDataError:
                self.broken += 1
                if self.broken > _BROKEN_PACKETS_MAX:
                    raise Objection("damaged") from None
                continue
            for frame in frames:
                if isinstance(frame, av.VideoFrame | av.AudioFrame):
                    yield frame

    def _see(self, frame: av.VideoFrame) -> None:
        if (frame.width, frame.height) != (self.width, self.height):
            self._require_size(frame.width, frame.height)
            raise Objection("untrue", "pictures of another size")
        if self.first is None:
            self.first = frame
        if frame.pts is None or (self.times and frame.pts <= self.times[-1]):
            self.repeated += 1
        else:
            self.times.append(frame.pts)
            self.last_ticks = max(0, frame.duration or 0)
        seen = len(self.times) + self.repeated
        if seen > self._limits["pictures"]:
            raise Objection("pictures", seen)
        if seen * self.width * self.height > self._limits["decoded_pixels"]:
            raise Objection("decoded", seen * self.width * self.height)
        if self._seen_seconds() > self._limits["seconds"]:
            raise Objection("long", round(self._seen_seconds(), 3))

    def _hear(self, frame: av.AudioFrame) -> None:
        assert self.audio is not None
        if frame.sample_rate != self.audio.codec_context.sample_rate:
            raise Objection("untrue", "sound of another rate")
        self.samples += frame.samples
        if self._heard_seconds() > self._limits["seconds"] + _SLACK_SECONDS:
            raise Objection("long", round(self._heard_seconds(), 3))

    def _seen_seconds(self) -> float:
        if not self.times:
            return 0.0
        ticks = self.times[-1] - self.times[0] + self.last_ticks
        return float(ticks * (self.video.time_base or 0))

    def _heard_seconds(self) -> float:
        return self.samples / self.audio.codec_context.sample_rate if self.audio else 0.0

    def _require_size(self, width: int, height: int) -> None:
        if not (
            min(width, height) >= _SIDE_MIN
            and max(width, height) <= self._limits["side"]
            and width * height <= self._limits["pixels"]
        ):
            raise Objection("size", f"{int(width)}x{int(height)}")

    def _compare(self) -> None:
        """FFmpeg plays half a file without a word, so its length is held to what it declares."""
        if not self.times:
            raise Objection("untrue", "pictures without times")
        if self.declared is None:
            return
        real = max(self._seen_seconds(), self._heard_seconds())
        slack = _SLACK_SECONDS + _SLACK_SHARE * self.declared
        found = f"{real:.2f} s where {self.declared:.2f} s are declared"
        if real < self.declared - slack:
            raise Objection("truncated", found)
        if real > self.declared + slack:
            raise Objection("untrue", found)

    def _facts(self, first: av.VideoFrame) -> dict[str, Any]:
        aspect = Fraction(self.video.sample_aspect_ratio or 1) or Fraction(1)
        if not Fraction(1, _PIXEL_ASPECT_MAX) <= aspect <= _PIXEL_ASPECT_MAX:
            raise Objection("untrue", "pixels of an impossible shape")
        tick = self.video.time_base or Fraction(1)
        return {
            "container": self._name,
            "codec": self.video.codec_context.name.removeprefix("lib").replace("dav1d", "av1"),
            "pixel_format": first.format.name,
            "width": self.width,
            "height": self.height,
            "rotation": round(first.rotation / 90) * 90 % 360,
            "pixel_aspect": (aspect.numerator, aspect.denominator),
            "bt709": first.colorspace == _BT709,
            "full_range": first.color_range == _FULL_RANGE,
            "time_base": (tick.numerator, tick.denominator),
            "times": self.times,
            "last_ticks": self.last_ticks,
            "repeated_times": self.repeated,
            "sound": self._sound_facts(),
        }

    def _sound_facts(self) -> dict[str, Any] | None:
        if self.audio is None or self.samples == 0:
            return None
        context = self.audio.codec_context
        return {
            "codec": context.name,
            "sample_rate": context.sample_rate,
            "channels": context.layout.nb_channels,
            "seconds": self._heard_seconds(),
        }


def _streams(container: InputContainer, limits: Limits) -> tuple[VideoStream, AudioStream | None]:
    """The pictures and the sound; a cover picture and a phone's notes may lie beside them."""
    if len(container.streams) > limits["streams"]:
        raise Objection("many_streams", len(container.streams))
    pictures = picture_streams(container)
    sounds = container.streams.audio
    if not pictures:
        raise Objection("empty")
    if len(pictures) > 1 or len(sounds) > 1:
        raise Objection("streams", f"{len(pictures)} of pictures and {len(sounds)} of sound")
    return pictures[0], sounds[0] if sounds else None


def _require_codecs(video: VideoStream, audio: AudioStream | None) -> None:
    """By name: FFmpeg's own list of allowed codecs does not bind the decoder that PyAV opens."""
    for stream, known in ((video, PICTURE_CODECS), (audio, SOUND_CODECS)):
        if stream is None:
            continue
        if stream.codec_context is None:
            raise Objection("codec")
        if stream.codec_context.name not in known:
            raise Objection("codec", stream.codec_context.name)


def _require_usual_sound(audio: AudioStream, limits: Limits) -> None:
    rate, channels = audio.codec_context.sample_rate, audio.codec_context.layout.nb_channels
    if not (
        limits["sample_rate_min"] <= rate <= limits["sample_rate_max"]
        and 1 <= channels <= limits["channels"]
    ):
        raise Objection("sound", f"{int(channels)} channels at {int(rate)} Hz")


def _declared_seconds(container: InputContainer, video: VideoStream) -> float | None:
    """The longest that any header declares; a live recording declares nothing."""
    declared = [
        (container.duration or 0) / av.time_base,
        float((video.duration or 0) * (video.time_base or 0)),
    ]
    return max(declared) if max(declared) > 0 else None


def _confine(limits: Limits) -> None:
    """From here on this process cannot grow, run long, or write much."""
    sys.dont_write_bytecode = True  # half a module's is what the limits would leave of it
    for kind, bound in (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_FSIZE, REPORT_BYTES_MAX),
        (resource.RLIMIT_NOFILE, _OPEN_FILES_MAX),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # some systems know fewer of these limits
            resource.setrlimit(kind, (bound, bound))


def examine(path: str, name: str, limits: Limits) -> dict[str, Any]:
    """The facts, or what stands against the clip."""
    try:
        with av.open(path, format=name, options=OPEN_OPTIONS) as container:
            return {"facts": Examination(container, name, limits).run()}
    except Objection as objection:
        return {"objection": objection.name, "found": objection.found}
    except av.EOFError:
        return {"objection": "empty", "found": None}
    except MemoryError:
        return {"objection": "memory", "found": None}
    except (av.FFmpegError, OverflowError, ValueError):
        return {"objection": "damaged", "found": None}


def main() -> None:
    """Examine one clip, and leave without tidying up, since the decoder may be in any state."""
    path, name, limits = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    av.logging.set_level(None)
    _confine(limits)
    report = examine(path, name, limits)
    sys.stdout.write(json.dumps(report))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
