"""A film is looked at more closely where more happens; who is seen and not cast is noted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from activities.likeness.contract import Template
from activities.likeness.faces import Faces
from activities.moderation import frames, lists
from activities.moderation.default_policy import default_policy
from activities.moderation.films import Films
from activities.moderation.frames import look_at_film, uncast
from activities.moderation.looking import Pace
from activities.moderation.material import Again
from activities.moderation.names import names
from activities.moderation.panel import Panel
from activities.moderation.transcribing import transcript
from activities.moderation.watched import Watched, WatchedUnreadable, load
from activities.moderation.watching import watch
from activities.moderation.words import Words
from domain.moderation.deciding import decide
from domain.moderation.finding import Detector, Finding, Findings, Look
from domain.moderation.verdict import Context, Verdict
from tests.media.camera import Camera, record
from tests.media.people import BY_NAME
from tests.media.voices import RATE, _speaker, resampled

Vector = NDArray[np.float32]
CONTEXT = Context(content_sha256="a" * 64, strict=True)


def towards(*parts: float) -> Vector:
    """A face's vector of unit length, by its first numbers."""
    vector = np.zeros(128, np.float32)
    vector[: len(parts)] = parts
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def a_template(key: str, face: Vector, **more: Any) -> Template:
    return Template(key=key, face=face.astype("<f4").tobytes(), **more)


def watched_with(*faces: Vector, sexual: tuple[float, ...] = ()) -> Watched:
    """One picture each half second, with one face each."""
    count = max(len(faces), len(sexual), 1)
    return Watched(
        seconds=np.linspace(0, (count - 1) / 2, count, dtype=np.float32),
        frames=np.arange(count, dtype=np.int32) * 12,
        sexual=np.array(sexual or [0.0] * count, np.float32),
        face_of=np.arange(len(faces), dtype=np.int32),
        faces=np.array(faces, np.float32).reshape(-1, 128),
        widths=np.full(len(faces), 0.2, np.float32),
        sound=np.zeros(0, np.float32),
        frame_count=np.array([count * 12], np.int32),
    )


ADA, BEN = a_template("cam_ada", towards(1)), a_template("cam_ben", towards(0, 1))
SOMEBODY = towards(0, 0, 1)


def test_somebody_enrolled_who_is_not_cast_is_noted_with_the_seconds_and_never_by_name() -> None:
    watched = watched_with(SOMEBODY, towards(0.1, 1), towards(0, 1, 0.1), SOMEBODY)
    (finding,) = uncast(watched, [ADA], [BEN])
    assert (finding.category, finding.subject) == ("uncast-likeness", "cameo/cam_ben")
    assert finding.segment.milliseconds == (500, 1500)
    assert finding.segment.frames == (12, 36)


def test_the_cast_and_strangers_are_nobody_to_note() -> None:
    assert list(uncast(watched_with(towards(1), SOMEBODY), [ADA], [BEN])) == []


def test_who_is_more_like_the_cast_than_like_anybody_else_is_the_cast() -> None:
    twin = towards(1, 0.8)
    assert list(uncast(watched_with(twin, twin), [ADA], [BEN])) == []
    assert len(list(uncast(watched_with(twin, twin), [], [BEN]))) == 1


def test_one_doubtful_look_is_no_finding_and_two_are() -> None:
    alike = towards(0, 0.5, 0.87)
    assert list(uncast(watched_with(alike, SOMEBODY), [], [BEN])) == []
    assert len(list(uncast(watched_with(alike, alike), [], [BEN]))) == 1


def test_a_protected_face_is_noted_as_protected() -> None:
    guarded = a_template("x", towards(0, 1), kind="protected")
    (finding,) = uncast(watched_with(towards(0, 1)), [], [guarded])
    assert (finding.category, finding.subject) == ("protected-people", None)


def test_what_was_watched_reads_back_and_anything_else_is_refused(tmp_path: Path) -> None:
    good, path = watched_with(towards(1)), tmp_path / "watched.npz"
    good.save(path)
    assert np.array_equal(load(path).faces, good.faces)
    for broken in (
        replace(good, faces=np.zeros((1, 64), np.float32)),
        replace(good, sexual=np.array([np.nan], np.float32)),
        replace(good, face_of=np.array([5], np.int32)),
        replace(good, seconds=np.zeros(0, np.float32)),
    ):
        broken.save(path)
        with pytest.raises(WatchedUnreadable):
            load(path)
    path.write_bytes(b"no arrays")
    with pytest.raises(WatchedUnreadable):
        load(path)


def looks_at(pictures: list[NDArray[np.uint8]], fps: int, score: float = 0.0) -> list[int]:
    pace, chosen = Pace(), []
    for number, picture in enumerate(pictures):
        if pace.wants(number / fps, picture):
            chosen.append(number)
            pace.saw(score)
    return chosen


GREY = np.full((48, 64, 3), 90, np.uint8)
WHITE = np.full((48, 64, 3), 230, np.uint8)


def test_a_calm_film_is_looked_at_twice_a_second() -> None:
    assert looks_at([GREY] * 40, fps=20) == [0, 10, 20, 30]


def test_a_cut_is_looked_at_at_once() -> None:
    assert looks_at([GREY] * 5 + [WHITE] * 5, fps=20) == [0, 5]


def test_where_a_picture_is_suspect_the_next_ones_are_looked_at_ten_times_a_second() -> None:
    assert looks_at([GREY] * 10, fps=20, score=0.5) == [0, 2, 4, 6, 8]


def test_flicker_costs_no_more_than_ten_looks_a_second() -> None:
    assert len(looks_at([GREY, WHITE] * 30, fps=60)) <= 11


@pytest.mark.parametrize(
    "sound", [np.zeros(0), np.zeros(16_000), np.full(8000, 1e-5), np.zeros(10)]
)
def test_where_nobody_speaks_nothing_is_heard(sound: NDArray[np.float64]) -> None:
    assert transcript(sound.astype(np.float32)).parts == ()


def verdict_of(findings: Findings) -> Verdict:
    return decide(findings, default_policy(), CONTEXT)


def test_a_film_that_cannot_be_read_is_held_at_every_stage(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"\x00\x00\x00\x18ftypisom" + b"\x00" * 200)
    for findings in Films(Panel(())).look(film, frozenset(), ()):
        assert [each.state for each in findings.looks] == ["failed"]
        assert verdict_of(findings).outcome == "hold"
    _, faces, nothing = look_at_film(tmp_path / "absent.mp4", (), ())
    assert nothing is None
    assert faces.looks[0].failure == "film-missing"


def face_of(name: str) -> Vector:
    faces, picture = Faces(), np.ascontiguousarray(BY_NAME[name].picture[:, :, ::-1])
    return faces.identity(picture, faces.detect(picture)[0])


def said(words: str) -> NDArray[np.float32]:
    spoken = np.asarray(_speaker()(words, speed=0.85), np.float32)
    sound = resampled(spoken, 24_000, RATE)
    return np.asarray(0.5 * sound / np.abs(sound).max(), np.float32)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a pilot and two of an admiral, in which somebody speaks."""
    actors = ("pilot",) * 20 + ("admiral",) * 20
    pictures = [BY_NAME[each].picture for each in actors]
    sound = said("They commit suicide. He wants to kill himself.")
    times = [100 * each for each in range(len(pictures))]
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    return record(path, pictures, times, sound, Camera(fps=10))


@pytest.fixture(scope="module")
def templates() -> list[Template]:
    return [a_template(f"cam_{each}", face_of(each)) for each in ("pilot", "admiral")]


FILMS = Films(Panel((Words(lists.built_in()), names())))


@pytest.fixture(scope="module")
def whole(film: Path, templates: list[Template]) -> tuple[Findings, ...]:
    """All that is found in the film when the pilot is cast."""
    return FILMS.look(film, {"cam_pilot"}, templates)


@pytest.mark.parametrize(
    ("only", "senses"),
    [
        ({"pictures"}, {"pictures"}),
        ({"faces"}, {"faces"}),
        ({"words"}, {"hearing"}),
        ({"hearing", "words", "names"}, {"hearing"}),
    ],
)
def test_looking_again_only_those_look_who_are_asked_and_find_what_they_had_found(
    film: Path,
    templates: list[Template],
    whole: tuple[Findings, ...],
    monkeypatch: pytest.MonkeyPatch,
    only: set[str],
    senses: set[str],
) -> None:
    asked: list[set[str]] = []

    def watch_for(path: Path, wanted: Any) -> Watched:
        asked.append(set(wanted))
        return watch(path, wanted)

    monkeypatch.setattr(frames, "watch", watch_for)
    found = FILMS.look_again(film, {"cam_pilot"}, templates, Again(frozenset(only), whole))
    expected = [
        (each.stage, looks)
        for each in whole
        if (looks := tuple(look for look in each.looks if look.detector.name in only))
    ]
    assert [(each.stage, each.looks) for each in found] == expected
    assert asked == [senses]


def test_pictures_look_along_where_they_had_drawn_more_looks_at_faces() -> None:
    who = Detector(name="pictures", version="1")
    needed = [
        FILMS._needed(Again(frozenset({"faces"}), (Findings(stage="frames", looks=(look,)),)))
        for score in (249, 250)
        for look in [
            Look(detector=who, findings=(Finding(detector=who, category="sexual", score=score),))
        ]
    ]
    assert needed == [{"faces"}, {"faces", "pictures"}]


def test_a_film_that_cannot_be_watched_again_says_so_whoever_is_asked(tmp_path: Path) -> None:
    for name in ("pictures", "faces", "hearing", "words"):
        again = Again(frozenset({name}), ())
        found = FILMS.look_again(tmp_path / "absent.mp4", frozenset(), (), again)
        assert any(each.failed for each in found)


def test_who_is_seen_uncast_and_what_is_said_unasked_is_held_and_refused(
    whole: tuple[Findings, ...],
) -> None:
    seen, sounds, likeness = whole
    assert seen.found == ()
    assert verdict_of(seen).outcome == "allow"
    (met,) = likeness.found
    assert met.subject == "cameo/cam_admiral"
    assert (met.segment.milliseconds or (0, 0))[0] == 2000
    assert verdict_of(likeness).clause == "WHO-3"
    assert {each.category for each in sounds.found} == {"self-harm"}
    assert verdict_of(sounds).outcome == "block"
