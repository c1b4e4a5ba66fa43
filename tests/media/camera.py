"""A camera: it sees a head in some light, shakes, adds noise, and writes a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from tests.media.head import SIDE, Picture
from tests.media.voices import RATE, Sound

MILLISECOND: Final = Fraction(1, 1000)
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Camera:
    """``gain`` and ``gamma`` of the light, ``slope`` from one side to the other, ``warmth`` of its
    colour; ``noise`` in levels of 255, ``shake`` in pixels, ``hiss`` in decibels below the voice.
    """

    width: int = 480
    height: int = 480
    fps: int = 20
    gain: float = 1.0
    gamma: float = 1.0
    slope: float = 0.0
    warmth: float = 0.0
    noise: float = 2.0
    shake: float = 0.5
    blur: float = 0.0
    crf: int = 23
    hiss: float = 35.0
    codec: str = "libx264"

    @property
    def suffix(self) -> str:
        """Of its files."""
        return ".webm" if self.codec.startswith("libvpx") else ".mp4"


class Lens:
    """Turns drawn pictures into what a camera's sensor gives, one after the other."""

    def __init__(self, camera: Camera, rng: np.random.Generator) -> None:
        self._camera, self._rng = camera, rng
        height, width = camera.height, camera.width
        self._scale = min(width, height) / SIDE
        across = np.linspace(-1, 1, width, dtype=np.float32)[None, :, None]
        tint = np.array([1 + camera.warmth, 1, 1 - camera.warmth], np.float32)
        light = camera.gain * (1 + camera.slope * across) * tint
        self._light = np.ascontiguousarray(np.broadcast_to(light, (height, width, 3)))
        grain = rng.normal(0, camera.noise, (height + 64, width + 64, 3))
        self._grain = np.round(grain).astype(np.int16)
        self._curve = (255 * (np.arange(256) / 255) ** camera.gamma).astype(np.uint8)
        self._offset = np.zeros(2)

    def see(self, drawn: Picture) -> Picture:
        """One picture of the camera's size."""
        camera, rng = self._camera, self._rng
        self._offset = 0.8 * self._offset + rng.normal(0, camera.shake, 2)
        left = (camera.width - SIDE * self._scale) / 2 + self._offset[0]
        top = (camera.height - SIDE * self._scale) / 2 + self._offset[1]
        warp = np.array([[self._scale, 0, left], [0, self._scale, top]])
        seen = cv2.warpAffine(
            drawn, warp, (camera.width, camera.height), borderMode=cv2.BORDER_REPLICATE
        )
        if camera.blur:
            seen = cv2.GaussianBlur(seen, (0, 0), camera.blur)
        lit = cv2.multiply(cv2.LUT(seen, self._curve), self._light, dtype=cv2.CV_8U)
        down, across = rng.integers(0, 64, 2)
        grain = self._grain[down : down + camera.height, across : across + camera.width]
        return np.asarray(cv2.add(lit, grain, dtype=cv2.CV_8U), np.uint8)


def hissing(sound: Sound, camera: Camera, rng: np.random.Generator) -> Sound:
    """The sound with a room's noise under it: ``hiss`` decibels below the loudest tenth."""
    loud = float(np.quantile(np.abs(sound[np.abs(sound) > 1e-4]), 0.9)) if sound.any() else 0.1
    white = rng.normal(0, 1, len(sound)).astype(np.float32)
    soft = cv2.GaussianBlur(white[None], (9, 1), 2.0)[0]
    soft *= loud * 10 ** (-camera.hiss / 20) / (float(soft.std()) + 1e-9)
    return np.asarray(np.clip(sound + soft, -1, 1), np.float32)


def record(
    path: Path,
    pictures: Iterable[Picture],
    times_ms: Sequence[int],
    sound: Sound | None,
    camera: Camera,
) -> Path:
    """Encode pictures at their times in milliseconds, and mono sound at 48 kHz."""
    webm = camera.suffix == ".webm"
    with av.open(str(path), "w") as container:
        options = (
            {"deadline": "realtime", "cpu-used": "8", "b": "1M"}
            if webm
            else {"crf": str(camera.crf), "preset": "superfast"}
        )
        stream = container.add_stream(camera.codec, rate=camera.fps, options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = camera.width, camera.height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = MILLISECOND
        stream.codec_context.thread_count = 1
        heard = None
        if sound is not None:
            heard = container.add_stream("libopus" if webm else "aac", rate=RATE, layout="mono")
            heard.bit_rate = 96_000
        for picture, time in zip(pictures, times_ms, strict=False):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = time, MILLISECOND
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if heard is not None and sound is not None:
            _mux_sound(container, heard, sound)
    return path


def _mux_sound(
    container: av.container.OutputContainer, heard: av.AudioStream, sound: Sound
) -> None:
    step = 960
    for start in range(0, len(sound), step):
        block = np.pad(sound[start : start + step], (0, max(0, start + step - len(sound))))
        wanted = heard.codec_context.format.name
        frame = av.AudioFrame.from_ndarray(block[None], format="fltp", layout="mono")
        if wanted in ("flt", "s16"):
            frame = av.AudioFrame.from_ndarray(block[None], format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
        container.mux(heard.encode(frame))
    container.mux(heard.encode(None))
