"""Real takes for tests, written as the studio writes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gpu_workers.clip import Clip, Pictures, Sound, samples_for
from gpu_workers.mezzanine import write_mezzanine


def moving_pictures(frames: int, width: int = 320, height: int = 192) -> Pictures:
    """A bright disc that crosses a gradient; the first picture is blank."""
    rows, columns = np.mgrid[:height, :width]
    pictures = []
    for index in range(frames):
        middle = width * index / max(1, frames)
        disc = (columns - middle) ** 2 + (rows - height / 2) ** 2 < (height / 5) ** 2
        stripes = 40 * ((columns // 16 + rows // 16) % 2)
        colours = [columns * 180 // width + stripes, rows * 160 // height + stripes, disc * 220]
        pictures.append(np.stack(colours, axis=-1).astype(np.uint8))
    pictures[0] = np.full_like(pictures[0], 8)
    return np.stack(pictures)


def tone(frames: int, fps: int, sample_rate: int, channels: int = 1) -> Sound:
    """A quiet A for exactly as long as the pictures."""
    samples = samples_for(frames, fps, sample_rate)
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(samples) / sample_rate)
    return np.repeat(wave[None].astype(np.float32), channels, axis=0)


def a_clip(
    frames: int = 24,
    fps: int = 24,
    sample_rate: int = 24_000,
    channels: int = 1,
    pictures: Pictures | None = None,
    sound: Sound | None = None,
) -> Clip:
    return Clip(
        frames=moving_pictures(frames) if pictures is None else pictures,
        audio=tone(frames, fps, sample_rate, channels) if sound is None else sound,
        fps=fps,
        sample_rate=sample_rate,
    )


def write_take(folder: Path, clip: Clip, name: str = "take.mkv") -> Path:
    path = folder / name
    write_mezzanine(clip, path)
    return path
