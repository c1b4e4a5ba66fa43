"""Clips that the tests of decoding send: good ones, and ones that nobody should have to decode."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from gpu_workers.decode.preparation import Preparation

MILLISECOND = Fraction(1, 1000)


def in_levels(
    width: int,
    height: int,
    fps: Fraction | None = None,
    start: float = 0.0,
    seconds: float | None = None,
) -> Preparation:
    """A preparation that leaves levels of 0 to 255 as they are."""
    return Preparation(width, height, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), fps, start, seconds)


def picture(number: int, width: int = 320, height: int = 180) -> NDArray[np.uint8]:
    """A wall that brightens to the lower right, and a red ball that moves with ``number``."""
    down, across = np.mgrid[0:height, 0:width]
    wall = np.stack([across * 160 / width + 40, down * 160 / height + 40, 0 * down + 90], -1)
    drawn = np.ascontiguousarray(wall.astype(np.uint8))
    centre = (int(width * (0.2 + 0.02 * (number % 30))), height // 2)
    cv2.circle(drawn, centre, height // 6, (200, 40, 40), -1, cv2.LINE_AA)
    return drawn


def grey(level: int, width: int = 64, height: int = 64) -> NDArray[np.uint8]:
    """One level everywhere, by which a picture is known again."""
    return np.full((height, width, 3), level, np.uint8)


def write(
    path: Path,
    pictures: Sequence[NDArray[np.uint8]],
    codec: str = "libx264",
    *,
    times_ms: Sequence[int] | None = None,
    rotation: int = 0,
    tone: NDArray[np.float32] | None = None,
    tone_rate: int = 48_000,
    container_format: str | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Encode pictures, 25 a second unless ``times_ms`` says when; ``tone``: [channels, samples]."""
    with av.open(str(path), "w", format=container_format, options=options or {}) as container:
        stream = container.add_stream(codec, rate=25, options=_quick(codec))
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.time_base = stream.codec_context.time_base = MILLISECOND
        stream.codec_context.thread_count = 1
        if rotation:
            stream.set_display_rotation(rotation)
        sound = None
        if tone is not None:
            layout = "mono" if len(tone) == 1 else "stereo"
            sound = container.add_stream("aac", rate=tone_rate, layout=layout)
        for index, each in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(each, format="rgb24")
            frame.pts = index * 40 if times_ms is None else times_ms[index]
            frame.time_base = MILLISECOND
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None and tone is not None:
            heard = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(tone), format="fltp", layout=layout
            )
            heard.sample_rate, heard.pts, heard.time_base = tone_rate, 0, Fraction(1, tone_rate)
            container.mux(sound.encode(heard))
            container.mux(sound.encode(None))
    return path


def growing(path: Path, *sides: int) -> Path:
    """Five pictures of each size in one stream, which VP8 may do."""
    tick = Fraction(1, 25)
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("libvpx", rate=25)
        stream.width = stream.height = sides[0]
        stream.pix_fmt = "yuv420p"
        container.start_encoding()
        for since, side in enumerate(sides):
            encoder = av.CodecContext.create("libvpx", "w")
            assert isinstance(encoder, av.VideoCodecContext)
            encoder.width = encoder.height = side
            encoder.pix_fmt, encoder.time_base, encoder.framerate = "yuv420p", tick, Fraction(25)
            for index in range(5):
                frame = av.VideoFrame.from_ndarray(grey(50, side, side), format="rgb24")
                frame.pts, frame.time_base = 5 * since + index, tick
                for packet in encoder.encode(frame):
                    packet.stream, packet.time_base = stream, tick
                    container.mux(packet)
    return path


def _quick(codec: str) -> dict[str, str]:
    if codec.startswith("libvpx"):
        return {"deadline": "realtime", "cpu-used": "8", "b": "2M"}
    return {"preset": "veryfast", "crf": "16"} if codec == "libx264" else {}


def archive_bomb(path: Path) -> Path:
    """A megabyte of zeros in a thousand bytes of ZIP."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("clip.mp4", bytes(1 << 20))
    return path


def swelling_index(path: Path, size: int = 1 << 30) -> Path:
    """An MP4 whose compressed index (cmov) says that it unpacks to ``size`` bytes of zeros."""
    packed = zlib.compress(bytes(1 << 24))
    index = box(b"cmov", box(b"dcom", b"zlib") + box(b"cmvd", struct.pack(">I", size) + packed))
    path.write_bytes(box(b"ftyp", b"isom\0\0\2\0isom") + box(b"moov", index))
    return path


def box(name: bytes, content: bytes) -> bytes:
    """One box of ISO/IEC 14496-12."""
    return struct.pack(">I", 8 + len(content)) + name + content


def patched(path: Path, name: bytes, offset: int, content: bytes) -> Path:
    """Overwrite what stands ``offset`` bytes behind the first appearance of ``name``."""
    raw = bytearray(path.read_bytes())
    at = raw.index(name) + len(name) + offset
    raw[at : at + len(content)] = content
    path.write_bytes(raw)
    return path


def declaring(path: Path, seconds: float) -> Path:
    """A Matroska file that claims another length: a float, in milliseconds (RFC 9559)."""
    return patched(path, b"\x44\x89\x88", 0, struct.pack(">d", seconds * 1000))
