"""Films for the tests of provenance: a cartoon, foreign footage, and copies of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from activities.film.shape import Timing
from gpu_workers.clip import Clip

KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))
NUMBER = 4711
FPS = 12
SECONDS = 5.0
TIMING = Timing(frames=round(FPS * SECONDS), fps=FPS)

Picture = NDArray[np.uint8]


def drawn(seed: int) -> Clip:
    """A cartoon, the hardest thing to mark: flat colours, sharp edges, a still background."""
    rng = np.random.default_rng(seed)
    sky = np.linspace(rng.integers(60, 120, 3), rng.integers(150, 240, 3), 180)
    still = np.repeat(sky[:, None], 320, axis=1).astype(np.uint8)
    cv2.rectangle(still, (0, 120), (320, 180), tuple(int(c) for c in rng.integers(40, 160, 3)), -1)
    for _ in range(6):
        left, top = (int(value) for value in rng.integers((0, 30), (280, 120)))
        ink = tuple(int(c) for c in rng.integers(20, 235, 3))
        cv2.rectangle(still, (left, top), (left + 40, 130), ink, -1, cv2.LINE_AA)
        cv2.rectangle(still, (left, top), (left + 40, 130), (20, 20, 20), 1, cv2.LINE_AA)
    pictures = []
    for index in range(TIMING.frames):
        picture = still.copy()
        middle = (int(20 + 280 * index / TIMING.frames), 125 - int(12 * abs(np.sin(index / 3))))
        cv2.circle(picture, middle, 22, (200, 40 + 20 * seed % 200, 60), -1, cv2.LINE_AA)
        cv2.putText(picture, "a drawn film", (90, 172), 0, 0.4, (240, 240, 240), 1, cv2.LINE_AA)
        pictures.append(picture)
    return Clip(np.stack(pictures), _music(rng), FPS, 48_000)


def _music(rng: np.random.Generator) -> NDArray[np.float32]:
    """Plucked notes over a soft wash of noise, as films have under them."""
    count = round(SECONDS * 48_000)
    heard = 0.01 * np.convolve(rng.standard_normal(count), np.ones(8) / 8, "same")
    for beat in range(int(SECONDS * 4)):
        time = np.arange(min(30_000, count - beat * 12_000)) / 48_000
        pitch = 220 * 2 ** (rng.integers(0, 24) / 12)
        note = sum(np.sin(2 * np.pi * pitch * part * time) / part for part in range(1, 9))
        heard[beat * 12_000 : beat * 12_000 + len(time)] += 0.12 * note * np.exp(-5 * time)
    return heard[None].astype(np.float32)


def foreign(seed: int) -> Clip:
    """Footage that nobody here made: a blurred wall, a ball, and tones in noise."""
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (240, 420, 3), np.uint8)
    wall = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 5), None, 20, 235, cv2.NORM_MINMAX)
    pictures = []
    for index in range(TIMING.frames):
        left, top = int(50 + 45 * np.sin(index / 20 + seed)), int(30 + 25 * np.cos(index / 15))
        picture = wall[top : top + 180, left : left + 320].copy()
        cv2.circle(picture, (160 + int(100 * np.sin(index / 8)), 90), 30, (220, 60, 40), -1)
        pictures.append(picture)
    time = np.arange(round(SECONDS * 48_000)) / 48_000
    voices = sum(
        np.sin(2 * np.pi * pitch * time * (1 + 0.01 * np.sin(3 * time + seed)))
        for pitch in (220, 330 + 10 * seed, 880, 1760, 3100)
    )
    sound = 0.05 * voices + 0.02 * rng.standard_normal(len(time))
    return Clip(np.stack(pictures), sound[None].astype(np.float32), FPS, 48_000)


def lumas(path: Path) -> list[Picture]:
    """Every picture's luma."""
    with av.open(str(path)) as container:
        return [
            np.asarray(frame.to_ndarray(format="gray"), np.uint8)
            for frame in container.decode(video=0)
        ]


def copied(
    source: Path,
    target: Path,
    *,
    crf: int = 28,
    scale: float = 1.0,
    crop: float = 0.0,
    noise: float = 0.0,
    mirrored: bool = False,
    start: float = 0.0,
    seconds: float = 60.0,
    sound_rate: int = 64_000,
    picture: Callable[[int, Picture], Picture] | None = None,
) -> Path:
    """A copy as strangers make them: cut, cropped by a share, scaled, noisy, encoded anew."""
    with av.open(str(source)) as read, av.open(str(target), "w") as written:
        width, height = (
            round(side * scale) // 2 * 2
            for side in (read.streams.video[0].width, read.streams.video[0].height)
        )
        video = written.add_stream("libx264", rate=FPS, options={"crf": str(crf)})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        audio = written.add_stream("aac", rate=48_000, layout="stereo")
        audio.bit_rate = sound_rate
        pictures = (f for f in read.decode(video=0) if start <= f.time < start + seconds)
        for index, frame in enumerate(pictures):
            seen = _cropped(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8), crop)
            seen = seen[:, ::-1] if mirrored else seen
            seen = cv2.resize(np.ascontiguousarray(seen), (width, height), cv2.INTER_AREA)
            if noise:
                seen = _noisy(seen, noise, index)
            if picture is not None:
                seen = picture(index, seen)
            out = av.VideoFrame.from_ndarray(seen, format="rgb24")
            out.pts, out.time_base = index, Fraction(1, FPS)
            written.mux(video.encode(out))
        written.mux(video.encode(None))
        read.seek(0)
        for block in _cut(read, start, seconds):
            written.mux(audio.encode(block))
        written.mux(audio.encode(None))
    return target


def _cropped(seen: Picture, crop: float) -> Picture:
    down, across = (round(side * crop / 2) for side in seen.shape[:2])
    return seen[down : seen.shape[0] - down, across : seen.shape[1] - across]


def _noisy(seen: Picture, noise: float, index: int) -> Picture:
    grain = np.random.default_rng(index).normal(0, noise, seen.shape)
    return np.clip(seen + grain, 0, 255).astype(np.uint8)


def _cut(
    read: av.container.InputContainer, start: float, seconds: float
) -> Iterator[av.AudioFrame]:
    pieces = [np.asarray(frame.to_ndarray(), np.float32) for frame in read.decode(audio=0)]
    whole = np.concatenate(pieces, axis=1)
    whole = np.broadcast_to(whole, (2, whole.shape[1]))
    kept = whole[:, round(start * 48_000) : round((start + seconds) * 48_000)]
    for first in range(0, kept.shape[1], 1024):
        block = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(kept[:, first : first + 1024]), format="fltp", layout="stereo"
        )
        block.sample_rate, block.pts = 48_000, first
        yield block
