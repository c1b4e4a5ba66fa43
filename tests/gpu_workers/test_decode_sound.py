"""Sound is prepared at the model's rate, in step with the pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from activities.clip.probe import probe
from gpu_workers.clip import Sound
from gpu_workers.decode.sound import prepare_sound
from tests.gpu_workers.clips import grey, write


def beep(seconds: float, since: float, until: float, rate: int, channels: int) -> Sound:
    times = np.arange(round(seconds * rate)) / rate
    tone = 0.5 * np.sin(2 * np.pi * 1000 * times) * ((times >= since) & (times < until))
    return np.tile(tone, (channels, 1)).astype(np.float32)


def clip_with(path: Path, sound: Sound | None, rate: int, first_ms: int = 0) -> Path:
    times = [first_ms + 40 * n for n in range(50)]
    return write(path, [grey(50)] * 50, times_ms=times, tone=sound, tone_rate=rate)


def sounding(sound: NDArray[np.float32], rate: int) -> tuple[float, float]:
    """From when until when something is heard, in seconds."""
    heard = np.flatnonzero(np.abs(sound[0]) > 0.1)
    return heard[0] / rate, heard[-1] / rate


@pytest.mark.parametrize(("recorded", "wanted"), [(48_000, 16_000), (44_100, 48_000)])
@pytest.mark.parametrize(("channels", "asked"), [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_any_rate_becomes_the_models(
    tmp_path: Path, recorded: int, wanted: int, channels: int, asked: int
) -> None:
    clip = clip_with(tmp_path / "a.mp4", beep(2, 0.5, 1.0, recorded, channels), recorded)
    sound = prepare_sound(clip, probe(clip), wanted, asked, 0.0, 2.0)
    assert sound.shape == (asked, 2 * wanted)
    assert sound.dtype == np.float32
    assert sounding(sound, wanted) == pytest.approx((0.5, 1.0), abs=0.03)
    middle = sound[0, round(0.6 * wanted) : round(0.9 * wanted)]
    assert np.sqrt(2 * np.mean(middle**2)) == pytest.approx(0.5, abs=0.05)
    loudest = np.argmax(np.abs(np.fft.rfft(middle))) * wanted / len(middle)
    assert loudest == pytest.approx(1000, abs=5)


def test_a_part_begins_where_its_pictures_do(tmp_path: Path) -> None:
    clip = clip_with(tmp_path / "a.mp4", beep(2, 0.5, 1.0, 48_000, 1), 48_000)
    part = prepare_sound(clip, probe(clip), 16_000, 1, 0.4, 0.4)
    assert part.shape == (1, 6400)
    assert sounding(part, 16_000)[0] == pytest.approx(0.1, abs=0.03)


def test_pictures_that_begin_late_are_what_counts(tmp_path: Path) -> None:
    clip = clip_with(tmp_path / "a.mkv", beep(2, 0.5, 1.0, 48_000, 1), 48_000, first_ms=300)
    sound = prepare_sound(clip, probe(clip), 16_000, 1, 0.0, 1.5)
    assert sounding(sound, 16_000) == pytest.approx((0.2, 0.7), abs=0.03)


def test_a_silent_clip_and_the_time_behind_the_end_are_zeros(tmp_path: Path) -> None:
    silent = clip_with(tmp_path / "silent.mp4", None, 0)
    assert not prepare_sound(silent, probe(silent), 16_000, 2, 0.0, 1.0).any()
    short = clip_with(tmp_path / "short.mp4", beep(1, 0.0, 1.0, 48_000, 1), 48_000)
    sound = prepare_sound(short, probe(short), 16_000, 1, 0.0, 2.0)
    assert sound.shape == (1, 32_000)
    assert not sound[:, 18_000:].any()


def test_three_ears_are_not_offered(tmp_path: Path) -> None:
    clip = clip_with(tmp_path / "a.mp4", None, 0)
    with pytest.raises(ValueError, match="not in 3"):
        prepare_sound(clip, probe(clip), 16_000, 3, 0.0, 1.0)
