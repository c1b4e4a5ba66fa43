"""The studio's lossless file: FFV1 pictures and float sound in Matroska, the same bytes each time.

FFV1 version 3 (RFC 9043) keeps RGB exactly and carries a checksum per slice. Nothing here needs
torch, so any room may read what the studio wrote.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from gpu_workers.clip import Clip

_LAYOUTS: Final = {1: "mono", 2: "stereo"}
_AUDIO_BLOCK_SAMPLES: Final = 4096
_BITEXACT: Final = {"fflags": "+bitexact"}


class MezzanineUnreadable(Exception):
    """This file is not a mezzanine that the studio wrote; sample the plan again to make one."""


def write_mezzanine(clip: Clip, path: Path, heed: Callable[[], None] = lambda: None) -> None:
    """Write ``clip`` to ``path`` without any loss; ``heed`` is called before each picture.

    Raises ValueError for odd channel counts, and whatever ``heed`` raises.
    """
    channels = clip.audio.shape[0]
    if channels not in _LAYOUTS:
        raise ValueError(f"a mezzanine has 1 or 2 channels of sound; this clip has {channels}")
    with av.open(str(path), "w", format="matroska", options=_BITEXACT) as container:
        video = container.add_stream(
            "ffv1",
            rate=clip.fps,
            options={"level": "3", "slicecrc": "1", "slices": "4", "g": "1", "context": "0"},
        )
        video.height, video.width = clip.frames.shape[1:3]
        video.pix_fmt = "bgr0"
        video.thread_count = 1
        video.codec_context.flags |= int(av.codec.context.Flags.bitexact)
        audio = container.add_stream("pcm_f32le", rate=clip.sample_rate, layout=_LAYOUTS[channels])
        audio.codec_context.flags |= int(av.codec.context.Flags.bitexact)
        _write_interleaved(container, video, audio, clip, heed)


def _write_interleaved(
    container: av.container.OutputContainer,
    video: VideoStream,
    audio: AudioStream,
    clip: Clip,
    heed: Callable[[], None],
) -> None:
    """Sound follows the pictures block by block, so that a reader never seeks back."""
    written = 0
    for index, picture in enumerate(clip.frames):
        heed()
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        frame.pts, frame.time_base = index, Fraction(1, clip.fps)
        container.mux(video.encode(frame))
        shown_until = (index + 1) * clip.sample_rate // clip.fps
        while written + _AUDIO_BLOCK_SAMPLES <= shown_until:
            container.mux(audio.encode(_sound_frame(clip, written)))
            written += _AUDIO_BLOCK_SAMPLES
    while written < clip.audio.shape[1]:
        container.mux(audio.encode(_sound_frame(clip, written)))
        written += _AUDIO_BLOCK_SAMPLES
    container.mux(video.encode(None))
    container.mux(audio.encode(None))


def _sound_frame(clip: Clip, start: int) -> av.AudioFrame:
    block = clip.audio[:, start : start + _AUDIO_BLOCK_SAMPLES]
    packed = np.ascontiguousarray(block.T).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=_LAYOUTS[len(clip.audio)])
    frame.sample_rate = clip.sample_rate
    frame.pts, frame.time_base = start, Fraction(1, clip.sample_rate)
    return frame


def read_mezzanine(path: Path) -> Clip:
    """Read back exactly what ``write_mezzanine`` wrote. Raises MezzanineUnreadable."""
    try:
        with av.open(str(path)) as container:
            return _read(container)
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise MezzanineUnreadable(f"{path.name} cannot be read as a mezzanine: {error}") from error


def _read(container: av.container.InputContainer) -> Clip:
    video, audio = container.streams.video[0], container.streams.audio[0]
    video.thread_count = 1
    pictures: list[NDArray[np.uint8]] = []
    sound: list[NDArray[np.float32]] = []
    for packet in container.demux(video, audio):
        for frame in packet.decode():
            if isinstance(frame, av.VideoFrame):
                pictures.append(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
            elif isinstance(frame, av.AudioFrame):
                channels = frame.layout.nb_channels
                sound.append(np.asarray(frame.to_ndarray(), np.float32).reshape(-1, channels).T)
    rate = video.average_rate or Fraction(0)
    return Clip(
        frames=np.stack(pictures),
        audio=np.concatenate(sound, axis=1),
        fps=round(rate),
        sample_rate=audio.rate,
    )
