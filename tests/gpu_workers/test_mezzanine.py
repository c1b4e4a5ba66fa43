"""The lossless file gives back what was put in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gpu_workers.clip import Clip, samples_for
from gpu_workers.mezzanine import MezzanineUnreadable, read_mezzanine, write_mezzanine


def noisy(frames: int, fps: int, height: int = 66, width: int = 98, channels: int = 2) -> Clip:
    draw = np.random.default_rng(frames)
    pictures = draw.integers(0, 256, (frames, height, width, 3), dtype=np.uint8)
    samples = samples_for(frames, fps, 48_000)
    sound = draw.standard_normal((channels, samples)).astype(np.float32) * np.float32(0.1)
    return Clip(pictures, sound, fps, 48_000)


@pytest.mark.parametrize(
    ("frames", "fps"), [(1, 24), (7, 8), (13, 15), (25, 24), (31, 30), (9, 60)]
)
def test_the_round_trip_is_exact(tmp_path: Path, frames: int, fps: int) -> None:
    clip = noisy(frames, fps)
    write_mezzanine(clip, tmp_path / "take.mkv")
    back = read_mezzanine(tmp_path / "take.mkv")
    assert np.array_equal(back.frames, clip.frames)
    assert np.array_equal(back.audio, clip.audio)
    assert (back.fps, back.sample_rate) == (fps, 48_000)


def test_one_channel_is_kept_as_one(tmp_path: Path) -> None:
    clip = noisy(5, 24, channels=1)
    write_mezzanine(clip, tmp_path / "take.mkv")
    assert np.array_equal(read_mezzanine(tmp_path / "take.mkv").audio, clip.audio)


def test_the_same_clip_gives_the_same_file(tmp_path: Path) -> None:
    clip = noisy(12, 24)
    write_mezzanine(clip, tmp_path / "one.mkv")
    write_mezzanine(clip, tmp_path / "two.mkv")
    assert (tmp_path / "one.mkv").read_bytes() == (tmp_path / "two.mkv").read_bytes()


def test_another_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "letter.mkv").write_bytes(b"Dear studio, " * 100)
    with pytest.raises(MezzanineUnreadable, match=r"letter\.mkv"):
        read_mezzanine(tmp_path / "letter.mkv")


def test_sound_of_another_length_makes_no_clip() -> None:
    clip = noisy(5, 24)
    with pytest.raises(ValueError, match="same length"):
        Clip(clip.frames, clip.audio[:, :-1], 24, 48_000)


def test_reading_needs_no_torch() -> None:
    check = "import sys, gpu_workers.mezzanine; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True, cwd=Path(__file__).parents[2])


def test_writing_ends_before_the_next_picture_when_it_is_told_to(tmp_path: Path) -> None:
    class Told(Exception):
        pass

    heard = 0

    def heed() -> None:
        nonlocal heard
        heard += 1
        if heard == 3:
            raise Told

    with pytest.raises(Told):
        write_mezzanine(noisy(20, 24), tmp_path / "take.mkv", heed)
    assert heard == 3
