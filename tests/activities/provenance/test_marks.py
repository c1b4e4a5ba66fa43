"""The invisible marks: present, unseen, unheard, and still there after what strangers do."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from activities.film.changed import encode_changed
from activities.film.make import require_faithful
from activities.film.mux import encode_film
from activities.film.probe import probe
from activities.film.shape import Reel, Timing
from activities.provenance.changes import Invisible
from activities.provenance.footage import Footage, read_footage
from activities.provenance.payload import PICTURE, SOUND, decode, search
from activities.provenance.picture_mark import Luma, PictureMark, picture_carriers
from activities.provenance.picture_reading import PILOT_MIN, PictureReader, Residue
from activities.provenance.sound_mark import SoundMark, sound_carriers
from activities.provenance.sound_reading import PILOT_MIN as SOUND_PILOT_MIN
from activities.provenance.sound_reading import SoundReader
from activities.provenance.spectrum import RATE
from activities.provenance.steps import mark_rendition
from gpu_workers.clip import Clip
from tests.activities.provenance.films import (
    FPS,
    KEY,
    NUMBER,
    OTHER_KEY,
    TIMING,
    copied,
    drawn,
    foreign,
    lumas,
)
from tests.activities.takes import write_take

ISSUED = np.arange(1, 5001, dtype=np.int64)

PICTURE_WORD = 0x2D636DE46FADD21D
SOUND_WORD = 0xD4D4CAD6

STRANGERS = {
    "half size at CRF 28": {"scale": 0.5},
    "cropped by a tenth and half size": {"scale": 0.5, "crop": 0.1},
    "as recorded from a screen": {"noise": 2.0, "crop": 0.04},
    "mirrored": {"mirrored": True},
    "cut": {"start": 1.3, "seconds": 3.0},
}


def read(path: Path) -> tuple[Residue, Footage]:
    residue = Residue()

    def see(_: float, luma: Luma) -> None:
        residue.add(luma)

    return residue, read_footage(path, see)


def unmarked(take: Path, folder: Path) -> Path:
    path = folder / "unmarked.mp4"
    if not path.exists():
        encode_film([Reel(take, TIMING)], path, lambda _, __: None)
    return path


def test_a_marked_film_is_as_sound_a_film_as_any(marked: Path) -> None:
    require_faithful(probe(marked), TIMING)


@pytest.mark.parametrize("change", STRANGERS.values(), ids=STRANGERS)
def test_the_picture_says_its_number_after(
    marked: Path, tmp_path: Path, change: dict[str, float]
) -> None:
    residue, _ = read(copied(marked, tmp_path / "copy.mp4", **change))  # type: ignore[arg-type]
    assert residue.mean is not None
    reader = PictureReader(KEY)
    place = reader.locate(residue.mean)
    truth = PICTURE.spoken(KEY, NUMBER) > 0
    right = ((reader.soft(place) > 0) == truth).mean()
    assert right >= (0.85 if "noise" in change else 0.95)
    heard = reader.read(place, PICTURE.spoken_all(KEY, ISSUED), ISSUED)
    assert heard is not None
    assert heard.number == NUMBER
    assert heard.false_match <= 1e-6


@pytest.mark.parametrize("rate", [160_000, 64_000])
def test_the_sound_says_its_number_after_an_encoder(
    marked: Path, tmp_path: Path, rate: int
) -> None:
    _, footage = read(copied(marked, tmp_path / "copy.mp4", sound_rate=rate))
    reader = SoundReader(KEY)
    heard = reader.read(reader.locate(footage.sound), SOUND.spoken_all(KEY, ISSUED), ISSUED)
    assert heard is not None
    assert heard.number == NUMBER


def test_the_sound_says_its_number_from_any_moment_on(marked: Path) -> None:
    _, footage = read(marked)
    reader = SoundReader(KEY)
    for start in (0.37, 0.7):
        moment = reader.locate(footage.sound[round(start * 48_000) :])
        heard = reader.read(moment, SOUND.spoken_all(KEY, ISSUED), ISSUED)
        assert heard is not None, start
        assert heard.number == NUMBER


def test_what_was_never_marked_says_nothing(take: Path, folder: Path) -> None:
    residue, footage = read(unmarked(take, folder))
    assert residue.mean is not None
    assert PictureReader(KEY).locate(residue.mean).pilot < PILOT_MIN
    moment = SoundReader(KEY).locate(footage.sound)
    assert moment is not None
    assert moment.pilot < SOUND_PILOT_MIN


def test_another_key_reads_nothing(marked: Path) -> None:
    residue, footage = read(marked)
    assert residue.mean is not None
    reader = PictureReader(OTHER_KEY)
    assert reader.read(reader.locate(residue.mean)) is None
    sounds = SoundReader(OTHER_KEY)
    assert sounds.read(sounds.locate(footage.sound)) is None


def test_the_picture_differs_by_less_than_an_eye_sees(take: Path) -> None:
    mark = PictureMark(KEY, NUMBER)
    plain = lumas(take)
    marked = [mark.apply(luma) for luma in plain]
    error = np.mean([(a.astype(float) - b) ** 2 for a, b in zip(plain, marked, strict=True)])
    assert 10 * np.log10(255**2 / error) >= 38.0


def test_the_same_take_gives_the_same_marked_bytes(
    take: Path, marked: Path, tmp_path: Path
) -> None:
    mark_rendition(take, tmp_path / "again.mp4", TIMING, KEY, NUMBER)
    assert (tmp_path / "again.mp4").read_bytes() == marked.read_bytes()


def test_words_and_carriers_are_the_same_for_ever() -> None:
    """Films that left carry them: another word or pattern for a number would lose every mark."""
    for layout, word in ((PICTURE, PICTURE_WORD), (SOUND, SOUND_WORD)):
        bits = layout.spoken(KEY, NUMBER)
        assert int("".join("1" if bit > 0 else "0" for bit in bits), 2) == word
        assert layout.heard(KEY, bits) == NUMBER
    picture, sound = picture_carriers(KEY)[5, 100:104], sound_carriers(KEY)[5, 100:104]
    assert picture == pytest.approx([0.0103, 0.0079, 0.0022, -0.0034], abs=1e-4)
    assert sound == pytest.approx([-0.0131, 0.0339, -0.0016, -0.002], abs=1e-4)


def test_a_number_among_many_is_found_where_bits_are_too_broken_for_their_check() -> None:
    numbers = np.arange(1, 20_001, dtype=np.int64)
    issued = PICTURE.spoken_all(KEY, numbers)
    assert issued[NUMBER - 1].tolist() == PICTURE.spoken(KEY, NUMBER).tolist()
    rng = np.random.default_rng(5)
    soft = PICTURE.spoken(KEY, NUMBER).astype(np.float64) * np.abs(rng.normal(1, 0.3, 64))
    soft[rng.choice(64, 5, replace=False)] *= -0.4
    assert decode(PICTURE, KEY, soft, 2) is None
    found = search(soft, issued, numbers)
    assert found is not None
    assert found.number == NUMBER
    assert found.false_match <= 1e-6


def test_noise_is_no_number() -> None:
    numbers = np.arange(1, 5_001, dtype=np.int64)
    issued = PICTURE.spoken_all(KEY, numbers)
    rng = np.random.default_rng(6)
    for _ in range(500):
        soft = rng.standard_normal(64)
        assert decode(PICTURE, KEY, soft, 2) is None
        assert search(soft, issued, numbers) is None


def test_a_word_between_two_numbers_is_neither() -> None:
    numbers = np.array([1, 2], np.int64)
    issued = SOUND.spoken_all(KEY, numbers)
    assert search(issued.sum(0) * 1.0, issued, numbers, 1e-12) is None


def test_foreign_footage_with_loud_detail_says_nothing(tmp_path: Path) -> None:
    take = write_take(tmp_path, foreign(2))
    residue, _ = read(unmarked(take, tmp_path))
    assert residue.mean is not None
    reader = PictureReader(KEY)
    assert reader.read(reader.locate(residue.mean)) is None


def lit_windows() -> Clip:
    """A tiny town at night: small bright edges everywhere, which drown what is added to them."""
    rng = np.random.default_rng(1)
    town = np.full((80, 128, 3), (20, 24, 40), np.uint8)
    for top, left in zip(rng.integers(0, 77, 250), rng.integers(0, 126, 250), strict=True):
        town[top : top + 3, left : left + 2] = (240, 200, 90)
    return Clip(np.stack([town] * 4), drawn(1).audio[:, : 4 * 4000], FPS, 48_000)


def test_a_mark_that_is_not_found_again_is_set_more_strongly(tmp_path: Path) -> None:
    take, film, timing = write_take(tmp_path, lit_windows()), tmp_path / "film.mp4", Timing(4, FPS)
    marks = Invisible(KEY, NUMBER)
    encode_changed([Reel(take, timing)], film, marks, lambda _, __: None)
    assert not marks.holds(film)
    mark_rendition(take, film, timing, KEY, NUMBER)
    assert marks.holds(film)
    assert not Invisible(KEY, NUMBER + 1).holds(film)


def test_silence_and_black_break_nothing_and_the_silence_says_its_number(tmp_path: Path) -> None:
    black = Clip(
        np.zeros((TIMING.frames, 180, 320, 3), np.uint8),
        np.zeros((1, 240_000), np.float32),
        TIMING.fps,
        48_000,
    )
    mark_rendition(write_take(tmp_path, black), tmp_path / "black.mp4", TIMING, KEY, NUMBER)
    copy = copied(tmp_path / "black.mp4", tmp_path / "copy.mp4", sound_rate=64_000)
    _, footage = read(copy)
    sounds = SoundReader(KEY)
    heard = sounds.read(sounds.locate(footage.sound))
    assert heard is not None
    assert heard.number == NUMBER
    with av.open(str(tmp_path / "black.mp4")) as container:
        assert container.streams.video[0].frames == TIMING.frames


def test_a_knock_in_silence_says_its_number() -> None:
    """The mark bends what is heard, and between sparse sounds that is the room tone."""
    time = np.arange(6 * RATE) / RATE
    since = time % 2
    knock = (0.3 * np.exp(-40 * since) * np.sin(2 * np.pi * 180 * since)).astype(np.float32)
    sounds = SoundReader(KEY)
    marked = SoundMark(KEY, NUMBER).apply(np.stack([knock, knock]))
    assert sounds.read(sounds.locate(knock)) is None
    heard = sounds.read(sounds.locate(np.asarray(marked[0, RATE:], np.float32)))
    assert heard is not None
    assert heard.number == NUMBER


def test_the_room_tone_is_hardly_heard_and_lies_in_the_marks_bands() -> None:
    tone = SoundMark(KEY, NUMBER).apply(np.zeros((2, 3 * RATE), np.float32))
    assert (tone[0] == tone[1]).all()
    assert 20 * np.log10(tone.std()) < -60
    assert 20 * np.log10(np.abs(tone).max()) < -45
    power = np.abs(np.fft.rfft(tone[0])) ** 2
    hertz = np.fft.rfftfreq(3 * RATE, 1 / RATE)
    assert power[(hertz < 400) | (hertz > 6600)].sum() < 1e-3 * power.sum()
    assert (tone != SoundMark(KEY, NUMBER + 1).apply(np.zeros((2, 3 * RATE), np.float32))).any()
