"""Whichever codecs a deployment keeps films in, they hold the take: its pictures and its sound."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from activities.film.formats import FORMATS, H264, VP9, FilmFormat
from activities.film.make import make_files, require_faithful
from activities.film.probe import has_cues_first, is_fast_start, probe
from activities.film.refusals import FilmFaulty
from activities.film.shape import Reel, Timing
from domain.video.media import content_key, content_type_of
from infra.errors import UserError
from infra.settings import Settings
from tests.activities.takes import a_clip, moving_pictures, write_take
from tests.activities.test_film import hashes, nobody_watches, pictures_of, sound_of

FRAMES, FPS, RATE = 36, 24, 48_000
DECIBELS_MIN = 32.0


@pytest.fixture(scope="module", params=list(FORMATS.values()), ids=list(FORMATS))
def form(request: pytest.FixtureRequest) -> FilmFormat:
    made: FilmFormat = request.param
    return made


def tone() -> np.ndarray:
    times = np.arange(FRAMES * RATE // FPS) / RATE
    return np.stack([np.sin(2 * np.pi * 440 * times), np.sin(2 * np.pi * 660 * times)]) * 0.4


def made(folder: Path, form: FilmFormat) -> tuple[Path, list[str]]:
    clip = a_clip(FRAMES, FPS, RATE, 2, pictures=moving_pictures(FRAMES))
    clip.audio[:] = tone()
    folder.mkdir()
    take = Reel(write_take(folder, clip), Timing(FRAMES, FPS))
    files = make_files([take], folder, nobody_watches, form)
    return files.film, hashes(files)


def decibels(shown: np.ndarray, meant: np.ndarray) -> float:
    """Peak signal to noise, of 255."""
    error = float(((shown.astype(float) - meant.astype(float)) ** 2).mean())
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def test_a_film_shows_the_pictures_of_its_take(tmp_path: Path, form: FilmFormat) -> None:
    film, _ = made(tmp_path / "out", form)
    shown, meant = pictures_of(film), moving_pictures(FRAMES)
    assert len(shown) == FRAMES
    for index in range(FRAMES):
        assert decibels(shown[index], meant[index]) > DECIBELS_MIN
    later = np.roll(meant, 6, axis=0)
    assert decibels(shown[10], meant[10]) > decibels(shown[10], later[10]) + 3


def test_a_film_sounds_like_its_take_at_the_same_time(tmp_path: Path, form: FilmFormat) -> None:
    film, _ = made(tmp_path / "out", form)
    heard, meant = sound_of(film)[:, : FRAMES * RATE // FPS], tone()
    middle = slice(RATE // 4, RATE)
    noise = heard[:, middle] - meant[:, middle]
    assert 10 * np.log10((meant[:, middle] ** 2).mean() / (noise**2).mean()) > 20


def test_a_film_says_what_it_is(tmp_path: Path, form: FilmFormat) -> None:
    film, _ = made(tmp_path / "out", form)
    facts = probe(film, form=form)
    assert film.suffix == form.suffix
    assert content_type_of(content_key("a" * 64, form.content_type)) == form.content_type
    assert (facts.frames, facts.declared_frames, round(facts.fps, 2)) == (FRAMES, FRAMES, FPS)
    assert facts.picture_seconds == pytest.approx(FRAMES / FPS, abs=1 / FPS)
    assert facts.sound_seconds == pytest.approx(FRAMES / FPS, abs=1 / FPS)
    assert facts.picture_codec in form.picture_codecs
    assert facts.fast_start
    for other in FORMATS.values():
        if other is not form and other.container == form.container:
            with pytest.raises(FilmFaulty, match="It holds"):
                require_faithful(facts, Timing(FRAMES, FPS), other)


def test_the_same_take_gives_the_same_bytes(tmp_path: Path, form: FilmFormat) -> None:
    assert made(tmp_path / "once", form)[1] == made(tmp_path / "again", form)[1]


def test_an_index_behind_the_media_is_noticed(tmp_path: Path) -> None:
    film, _ = made(tmp_path / "out", VP9)
    late = tmp_path / "late.webm"
    with av.open(str(late), "w", format="webm") as target, av.open(str(film)) as source:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    assert has_cues_first(film)
    assert not has_cues_first(late)
    assert not is_fast_start(film)


def test_the_deployment_chooses_and_h264_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert FORMATS[Settings.read().film_format] is H264
    monkeypatch.setenv("CALLSHEET_FILM_FORMAT", "vp9")
    assert FORMATS[Settings.read().film_format] is VP9
    monkeypatch.setenv("CALLSHEET_FILM_FORMAT", "theora")
    with pytest.raises(UserError, match="CALLSHEET_FILM_FORMAT"):
        Settings.read()
