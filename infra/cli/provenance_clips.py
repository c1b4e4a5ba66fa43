"""Films for ``bench provenance``: the animatic's, the sketch world's, and moving textures; and what
strangers make of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from numpy.typing import NDArray

WIDTH, HEIGHT, FPS = 640, 360, 12
SECONDS: Final = 6.0
FRAMES: Final = round(SECONDS * FPS)
RATE: Final = 48_000
EXCERPT_SECONDS: Final = 5.0

_PROMPTS: Final = (
    *("a red boat sails at dawn", "birds over a beach", "a dog runs through snow"),
    *("a car drives through a town at night", "a cat sits in a kitchen", "rain over mountains"),
    *("a blue rocket flies to the stars", "two robots dance in a rainy city"),
    *("a yellow balloon over the desert at noon", "a green train in the forest in autumn"),
)

Picture = NDArray[np.uint8]
Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Film:
    """Pictures [frames, height, width, 3], sound [2, samples] at 48 kHz, and what kind it is."""

    kind: str
    pictures: NDArray[np.uint8]
    sound: Sound


def film(number: int) -> Film:
    """The film of this number; three kinds take turns."""
    return (_animatic, _sketch, texture)[number % 3](number)


def _animatic(number: int) -> Film:
    # the studio's libraries take a while to load, and only the bench needs them here
    from gpu_workers.animatic.sampler import AnimaticSampler
    from gpu_workers.sampler import SamplingRequest, Shot

    sampler = AnimaticSampler()
    sampler.load()
    request = SamplingRequest(
        generation_id="gen_01JAAAAAAAAAAAAAAAAAAAAAAA",
        shots=(Shot(prompt=_PROMPTS[number // 3 % len(_PROMPTS)], seconds=SECONDS),),
        width=WIDTH,
        height=HEIGHT,
        fps=FPS,
        seed=number,
    )
    plan = sampler.plan(request)
    clip = sampler.decode(plan, sampler.advance(plan, sampler.start(plan), lambda _: None))
    return Film("animatic", clip.frames, _stereo(clip.audio, clip.sample_rate))


def _sketch(number: int) -> Film:
    from gpu_workers.sketch import film as sketch_film
    from gpu_workers.sketch.clips import draw_clip
    from gpu_workers.sketch.soundtrack import heard

    clip = draw_clip(number)
    made = clip.layers
    tracks = np.concatenate([made.tracks, made.tracks[::-1], made.tracks])
    scene = sketch_film.Scene(
        made.backdrop,
        made.weather,
        made.plates,
        tracks,
        sketch_film.cutouts_of(clip.cutouts),
        camera=sketch_film.CAMERAS[number % len(sketch_film.CAMERAS)],
    )
    pictures = np.stack(list(sketch_film.pictures(scene, WIDTH, HEIGHT, FPS, FRAMES)))
    samples = round(SECONDS * RATE)
    sound = heard(np.concatenate([made.sound] * 3), samples, np.zeros(samples))
    return Film("sketch", pictures, np.repeat(sound, 2, axis=0))


def texture(number: int) -> Film:
    """A blurred wall that moves, a ball before it, and tones in noise."""
    rng = np.random.default_rng(number)
    noise = rng.integers(0, 256, (HEIGHT + 120, WIDTH + 200, 3), np.uint8)
    blurred = cv2.GaussianBlur(noise, (0, 0), 2 + number % 7 * 2)
    wall = cv2.normalize(blurred, None, 20, 235, cv2.NORM_MINMAX)
    pictures = []
    for index in range(FRAMES):
        left = int(100 + 90 * np.sin(index / 30 + number))
        top = int(60 + 50 * np.cos(index / 25))
        picture = wall[top : top + HEIGHT, left : left + WIDTH].copy()
        cv2.circle(picture, (320 + int(200 * np.sin(index / 15)), 180), 60, (220, 60, 40), -1)
        pictures.append(picture)
    time = np.arange(round(SECONDS * RATE)) / RATE
    pitches = 150 * 2 ** (rng.integers(0, 40, 6) / 12)
    beats = 0.6 + 0.4 * np.sin(2 * np.pi * rng.uniform(0.5, 4) * time)
    tones = sum(
        np.sin(2 * np.pi * pitch * time * (1 + 0.01 * np.sin(3 * time))) for pitch in pitches
    )
    sound = 0.08 * beats * tones + 0.01 * rng.standard_normal(len(time))
    return Film("texture", np.stack(pictures), np.stack([sound, sound]).astype(np.float32))


def write(
    path: Path,
    pictures: Sequence[Picture] | NDArray[np.uint8],
    sound: Sound,
    crf: int,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    crop: float = 0.0,
    grain: float = 0.0,
    sound_rate: int = 64_000,
    preset: str = "medium",
    fps: int = FPS,
) -> Path:
    """Encode pictures (RGB, or luma alone) and sound as a stranger would, cropped by a share."""
    with av.open(str(path), "w") as written:
        video = written.add_stream("libx264", rate=fps, options={"crf": str(crf), "preset": preset})
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.thread_count = 1
        audio = written.add_stream("aac", rate=RATE, layout="stereo")
        assert isinstance(audio, AudioStream)
        audio.bit_rate = sound_rate
        for index, picture in enumerate(pictures):
            treated = _treated(picture, size, crop, grain, index)
            layout = "gray" if treated.ndim == 2 else "rgb24"
            frame = av.VideoFrame.from_ndarray(treated, format=layout)
            frame.pts, frame.time_base = index, Fraction(1, fps)
            written.mux(video.encode(frame))
        written.mux(video.encode(None))
        block = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(sound), format="fltp", layout="stereo"
        )
        block.sample_rate, block.pts = RATE, 0
        written.mux(audio.encode(block))
        written.mux(audio.encode(None))
    return path


def decoded(path: Path) -> tuple[list[Picture], Sound]:
    """All pictures of a film in RGB, and its sound [channels, samples]."""
    with av.open(str(path)) as container:
        pictures = [
            np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            for frame in container.decode(video=0)
        ]
    with av.open(str(path)) as container:
        pieces = [np.asarray(frame.to_ndarray(), np.float32) for frame in container.decode(audio=0)]
    return pictures, np.concatenate(pieces, axis=1)


def _treated(
    picture: Picture, size: tuple[int, int], crop: float, grain: float, index: int
) -> Picture:
    down, across = (round(side * crop / 2) for side in picture.shape[:2])
    cut = picture[down : picture.shape[0] - down, across : picture.shape[1] - across]
    scaled = cv2.resize(np.ascontiguousarray(cut), size, interpolation=cv2.INTER_AREA)
    if grain:
        noise = np.random.default_rng(index).normal(0, grain, scaled.shape)
        scaled = np.clip(scaled + noise, 0, 255)
    return np.asarray(scaled, np.uint8)


def _stereo(sound: Sound, rate: int) -> Sound:
    layout = "mono" if len(sound) == 1 else "stereo"
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout=layout)
    frame.sample_rate = rate
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
    pieces = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([np.asarray(each.to_ndarray(), np.float32) for each in pieces], axis=1)
