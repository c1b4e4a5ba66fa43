"""Each check on its own, on evidence whose truth is known."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from activities.likeness.checks.age_signs import age_signs
from activities.likeness.checks.frozen_or_looped import frozen_or_looped
from activities.likeness.checks.head_moves import head_moves
from activities.likeness.checks.human_face_in_pet import SURENESS_MAX, human_face_in_pet
from activities.likeness.checks.impostors import impostor_face, impostor_voice, protected
from activities.likeness.checks.one_face import one_face
from activities.likeness.checks.parallax import parallax
from activities.likeness.checks.same_face import same_face
from activities.likeness.checks.spoken_number import spoken_number
from activities.likeness.checks.voice_moves_with_mouth import voice_moves_with_mouth
from activities.likeness.contract import Challenge, Claim, Move, Template, Verdict
from activities.likeness.digits import SLOW_THROATS, THROATS, readings
from activities.likeness.evidence import SAMPLE_RATE, Evidence, EvidenceUnreadable, load
from activities.likeness.faces import Faces
from activities.likeness.listening import pitch_hertz, spoken_part
from activities.likeness.models import sface
from activities.likeness.moves import turns_of
from activities.likeness.observer import LOOKS_PER_SECOND, Observer
from activities.likeness.pose import mouth_of
from activities.likeness.speaker import voice_in
from activities.likeness.turning import surest_turned
from tests.activities.evidence import FPS, angles, evidence
from tests.media.clips import SAID_AT
from tests.media.people import PEOPLE
from tests.media.people import picture as picture_of
from tests.media.voices import RATE, Voice, resampled, say

MOVES: tuple[Move, ...] = ("left", "up", "right", "down")
CHALLENGE = Challenge(digits="4071", moves=MOVES, issued_at=SAID_AT)
_JUST_LESS = 0.5
"""Of the usual reach: nearly what counts as a turn."""
STILL = np.zeros((4 * FPS, 2), np.float32)


def said(digits: str, voice: Voice, before: float = 0.6) -> NDArray[np.float32]:
    """Samples at 16 kHz, with quiet before and behind."""
    spoken = resampled(say(digits, voice), RATE, SAMPLE_RATE)
    hiss = np.random.default_rng(2).normal(0, 1e-3, len(spoken) + round(1.2 * SAMPLE_RATE))
    start = round(before * SAMPLE_RATE)
    hiss[start : start + len(spoken)] += spoken
    return hiss.astype(np.float32)


def test_the_moves_of_the_challenge_pass() -> None:
    finding = head_moves(evidence(angles(MOVES)), CHALLENGE)
    assert finding.verdict == "passed"
    assert finding.score > 1.4


@pytest.mark.parametrize(
    "moves",
    [
        ("up", "left", "right", "down"),
        ("right", "up", "left", "down"),
        MOVES[:3],
        (*MOVES, "left"),
        ("left", "up", "right", "up"),
        (),
    ],
)
def test_other_moves_fail(moves: tuple[Move, ...]) -> None:
    assert head_moves(evidence(angles(moves)), CHALLENGE).verdict == "failed"


def test_moves_that_are_only_hinted_at_are_for_a_human_or_fail() -> None:
    assert head_moves(evidence(angles(MOVES, reach=0.47)), CHALLENGE).verdict == "unsure"
    assert head_moves(evidence(angles(MOVES, reach=0.25)), CHALLENGE).verdict == "failed"


def test_moves_that_just_miss_what_counts_are_read_when_all_of_them_are_the_ones() -> None:
    small = head_moves(evidence(angles(MOVES, reach=_JUST_LESS)), CHALLENGE)
    assert small.verdict == "passed"
    assert small.score < 1.06
    assert (
        head_moves(evidence(angles(MOVES[::-1], reach=_JUST_LESS)), CHALLENGE).verdict == "failed"
    )


@pytest.mark.parametrize(
    ("pose", "move"),
    [((10.5, -14.2), "left"), ((-10.5, 6.0), "right"), ((2.0, -14.2), "up"), ((2.0, 8.0), "down")],
)
def test_a_head_turned_to_the_side_is_not_read_as_raised(
    pose: tuple[float, float], move: Move
) -> None:
    """Landmarks of a turned head lie higher as well; those of a raised one hardly turn."""
    arc = np.sin(np.linspace(0, np.pi, FPS))[:, None]
    rest = np.zeros((FPS, 2))
    poses = np.concatenate([rest, arc * np.array(pose), rest]).astype(np.float32)
    [turn] = turns_of((np.arange(len(poses)) / FPS).astype(np.float32), poses)
    assert turn.move == move


def test_a_jaw_that_opens_while_somebody_speaks_is_no_nod() -> None:
    """Landmarks take it for a head that looks down a little; who looks down goes further."""
    rest, arc = np.zeros((3 * FPS, 2)), np.sin(np.linspace(0, np.pi, FPS))[:, None]
    jaw = np.concatenate([rest, arc * np.array([0.0, 7.2]), rest])
    moved = np.concatenate([jaw, angles(MOVES)]).astype(np.float32)
    spoken = np.zeros(round(len(moved) / FPS * SAMPLE_RATE), np.float32)
    at = slice(3 * SAMPLE_RATE, 4 * SAMPLE_RATE)
    spoken[at] = np.random.default_rng(1).normal(0, 0.1, SAMPLE_RATE)
    assert head_moves(evidence(moved), CHALLENGE).verdict == "failed"
    assert head_moves(evidence(moved, sound=spoken), CHALLENGE).verdict == "passed"
    whole = np.random.default_rng(1).normal(0, 0.1, len(spoken)).astype(np.float32)
    whole[: 3 * SAMPLE_RATE] = 0
    assert head_moves(evidence(moved, sound=whole), CHALLENGE).verdict == "passed"


def test_a_head_that_stays_turned_does_not_make_its_moves_in_time() -> None:
    slow = evidence(angles(MOVES, seconds=9.0))
    assert head_moves(slow, CHALLENGE).verdict == "failed"


def test_a_turning_head_has_depth_and_a_turning_plane_has_none() -> None:
    assert parallax(evidence(angles(MOVES))).verdict == "passed"
    flat = parallax(evidence(angles(MOVES), depth=0.0))
    assert (flat.verdict, flat.score < 0.01) == ("failed", True)
    assert parallax(evidence(STILL)).verdict == "failed"


class Nobody:
    """Faces where there are none."""

    def detect(self, picture: object) -> list[object]:
        return []


@pytest.mark.parametrize("fps", [12, 15, 20, 24, 25, 30, 60])
def test_a_clip_is_looked_at_as_often_whatever_its_rate(fps: int) -> None:
    observer = Observer(cast("Faces", Nobody()))
    for index in range(4 * fps):
        observer.see(index / fps, np.zeros((64, 64, 3), np.uint8))
    assert len(observer.notes.seen_at) == pytest.approx(4 * min(fps, LOOKS_PER_SECOND), abs=1)


def test_a_second_face_or_none_is_seen() -> None:
    count = len(STILL)
    crowd = np.where(np.arange(count) < count // 4, 0.7, 0.0).astype(np.float32)
    assert one_face(evidence(STILL)).verdict == "passed"
    assert "alone" in one_face(evidence(STILL, others=crowd)).advice
    assert one_face(evidence(STILL, others=crowd * 0.2)).verdict == "passed"
    nobody = evidence(STILL, faces=np.zeros(count, np.int32))
    assert one_face(nobody).verdict == "failed"
    assert "upright" in one_face(evidence(STILL, roll=np.full(count, 178, np.float32))).advice
    over = np.full(len(evidence(STILL).over), 0.1, np.float32)
    assert "upright" in one_face(evidence(STILL, over=over)).advice
    small = np.tile(np.array([9, 9, 20, 20], np.float32), (count, 1))
    assert "nearer" in one_face(evidence(STILL, boxes=small)).advice


def test_another_person_in_the_second_half_is_seen() -> None:
    same = evidence(STILL)
    vectors = same.identities.copy()
    vectors[len(vectors) // 2 :, ::2] *= -1
    assert same_face(same).verdict == "passed"
    assert same_face(replace(same, identities=vectors)).verdict == "failed"


def test_what_a_camera_records_is_neither_frozen_nor_looped() -> None:
    assert frozen_or_looped(evidence(STILL), 0).verdict == "passed"


def looped() -> Evidence:
    natural = evidence(STILL)
    thumbs = natural.thumbs.copy()
    thumbs[30:42] = thumbs[10:22]
    return replace(natural, thumbs=thumbs)


def nodding(*, played_again: bool) -> Evidence:
    """A head before a wall that makes a movement twice; both times an encoder adds its noise."""
    natural = evidence(STILL)
    chance, thumbs = np.random.default_rng(5), natural.thumbs.copy()
    thumbs[:] = thumbs[0]
    nod = (40 * np.hanning(14) * np.sin(np.linspace(0, 2 * np.pi, 14)))[:, None, None]
    thumbs[8:22, 8:18, 8:18] += nod
    top = 8 if played_again else 10  # nobody's head comes back to the pixel
    thumbs[30:44, top : top + 10, 8:18] += nod
    return replace(natural, thumbs=thumbs + chance.normal(0, 0.9, thumbs.shape).astype(np.float32))


def looped_and_encoded() -> Evidence:
    return nodding(played_again=True)


def test_who_makes_a_movement_again_is_not_played_again() -> None:
    assert frozen_or_looped(nodding(played_again=False), 0).verdict == "passed"


def frozen() -> Evidence:
    natural = evidence(STILL)
    thumbs = natural.thumbs.copy()
    thumbs[30:40] = thumbs[30]
    return replace(natural, thumbs=thumbs)


def dithered() -> Evidence:
    """One picture, which an encoder changes a little each time."""
    natural = evidence(STILL)
    thumbs = natural.thumbs.copy()
    shape = thumbs[30:42].shape
    thumbs[30:42] = thumbs[30] + np.random.default_rng(3).normal(0, 0.2, shape)
    return replace(natural, thumbs=thumbs)


def spliced() -> Evidence:
    """Two takes in nearly the same light: five times the usual change."""
    natural = evidence(STILL)
    thumbs = natural.thumbs.copy()
    thumbs[30:] += 4.4
    return replace(natural, thumbs=thumbs)


def cut() -> Evidence:
    natural = evidence(STILL)
    thumbs = natural.thumbs.copy()
    thumbs[30:] += 25
    return replace(natural, thumbs=thumbs)


def gap() -> Evidence:
    natural = evidence(STILL)
    times = natural.times.copy()
    times[30:] += 0.5
    return replace(natural, times=times)


def slowed() -> Evidence:
    natural = evidence(STILL)
    times = natural.times.copy()
    times[30:] = times[30] + (times[30:] - times[30]) * 1.6
    return replace(natural, times=times)


@pytest.mark.parametrize(
    ("edited", "says"),
    [
        (looped, "again"),
        (looped_and_encoded, "again"),
        (frozen, "still"),
        (dithered, "still"),
        (spliced, "cut"),
        (cut, "cut"),
        (gap, "missing"),
        (slowed, "speeds"),
    ],
)
def test_edited_pictures_and_times_are_seen_and_named(edited: object, says: str) -> None:
    assert callable(edited)
    finding = frozen_or_looped(edited(), 0)
    assert finding.verdict == "failed"
    assert says in finding.advice


def test_pictures_that_share_a_time_are_an_edited_file() -> None:
    assert frozen_or_looped(evidence(STILL), 2).verdict == "passed"
    assert frozen_or_looped(evidence(STILL), 12).verdict == "failed"


def test_the_number_is_understood_and_no_other_passes() -> None:
    heard = evidence(STILL, sound=said("407193852", Voice(0.9)))
    told = Challenge(digits="407193852", moves=MOVES, issued_at=SAID_AT)
    assert spoken_number(heard, told).verdict == "passed"
    for other in ("407193825", "947193852"):
        told = Challenge(digits=other, moves=MOVES, issued_at=SAID_AT)
        assert spoken_number(heard, told).verdict == "failed"


def test_a_high_voice_is_understood_when_it_is_played_more_slowly() -> None:
    digits = "2860471492"
    heard = readings(spoken_part(said(digits, Voice(1.12))), len(digits))
    assert digits not in list(islice(heard, len(THROATS)))
    assert digits in list(islice(heard, len(SLOW_THROATS)))


def test_silence_says_no_number() -> None:
    finding = spoken_number(evidence(STILL), CHALLENGE)
    assert (finding.verdict, finding.score) == ("failed", 0.0)


def test_a_mouth_that_opens_with_the_voice_passes_and_another_rhythm_does_not() -> None:
    sound = said("407193852", Voice(0.9))
    count = len(sound) * FPS // SAMPLE_RATE
    quiet = evidence(np.zeros((count, 2), np.float32), sound=sound)
    at = (quiet.seen_at * SAMPLE_RATE).astype(int)
    loud = np.array([np.sqrt(np.mean(sound[max(0, i - 400) : i + 400] ** 2)) for i in at])

    def moving(opening: NDArray[np.float64]) -> Verdict:
        points = quiet.points.copy()
        points[:, 17, 1] += (60 * opening).astype(np.float32)
        return voice_moves_with_mouth(replace(quiet, points=points)).verdict

    assert moving(loud) == "passed"
    assert moving(np.roll(loud, 2 * FPS)) != "passed"
    assert moving(np.zeros(count)) != "passed"


def test_a_head_that_nods_and_turns_opens_no_mouth() -> None:
    """In the picture its mouth comes nearer to its nose; in space it does not."""
    straight = mouth_of(evidence(STILL).points)[0]
    for yaw, pitch in ((0, 8), (0, -8), (8, 0), (-6, 6)):
        moved = mouth_of(evidence(np.full((1, 2), (yaw, pitch), np.float32)).points)[0]
        assert moved == pytest.approx(straight, rel=1e-4)
    opened = evidence(STILL).points.copy()
    opened[:, 17, 1] += 6
    assert mouth_of(opened)[0] > 1.03 * straight


def vector(*parts: float) -> NDArray[np.float32]:
    made = np.zeros(8, np.float32)
    made[: len(parts)] = parts
    return np.asarray(made / np.linalg.norm(made), np.float32)


def test_who_is_known_is_named_by_key_and_strangers_are_not() -> None:
    templates = [
        Template(key="a", face=vector(1).tobytes(), voice=vector(1).tobytes()),
        Template(key="b", face=vector(0, 1).tobytes()),
        Template(key="c", kind="protected", face=vector(0, 0, 1).tobytes()),
    ]
    met = impostor_face(vector(1, 0.9), templates)
    assert (met.verdict, met.against) == ("unsure", ("a", "b"))
    assert impostor_face(vector(0, 0, 1), templates).verdict == "passed"
    assert impostor_voice(vector(1, 0.1), templates).against == ("a",)
    assert impostor_voice(vector(1, 1), templates).verdict == "passed"
    assert protected(vector(0, 0, 1), templates).verdict == "failed"
    assert protected(vector(1), templates).verdict == "passed"
    assert impostor_face(None, templates).verdict == "failed"


def test_children_are_refused_or_looked_at_by_a_human() -> None:
    low = evidence(STILL, sound=said("4071", Voice(0.8)))
    high = evidence(STILL, sound=said("4071", Voice(1.6)))
    verdicts = {age: age_signs(low, Claim(age_years=age)).verdict for age in (12, 13, 17, 18)}
    assert verdicts == {12: "failed", 13: "unsure", 17: "unsure", 18: "passed"}
    assert age_signs(low, Claim()).verdict == "unsure"
    assert age_signs(high, Claim(age_years=30)).verdict == "unsure"


def test_pitch_is_measured_in_hertz() -> None:
    clock = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
    parts = np.arange(1, 5)[:, None]
    tone = (np.sin(2 * np.pi * 140 * parts * clock) / parts).sum(0)
    tone *= (np.sin(2 * np.pi * 0.5 * clock) > 0) * 0.2
    assert pitch_hertz(tone.astype(np.float32)) == pytest.approx(140, rel=0.05)


def test_one_face_in_a_pets_clip_is_one_too_many() -> None:
    faces = np.zeros(len(STILL), np.int32)
    assert human_face_in_pet(evidence(STILL, faces=faces)).verdict == "passed"
    faces[7] = 1
    assert human_face_in_pet(evidence(STILL, faces=faces)).verdict == "failed"


def test_vectors_of_another_model_are_not_compared_whatever_their_length() -> None:
    mine = np.zeros(128, np.float32)
    mine[0] = 1
    others = [
        Template(key="old", face=np.ones(64, "<f4").tobytes(), face_by="sface of yesterday"),
        Template(key="same", face=mine.tobytes(), face_by="sface of yesterday"),
        Template(key="star", kind="protected", face=mine.tobytes(), face_by="yesterday's"),
        Template(key="low", voice=np.ones(3, "<f4").tobytes(), voice_by="a voice of yesterday"),
    ]
    assert impostor_face(mine, others).verdict == "passed"
    assert impostor_voice(mine, others).verdict == "passed"
    assert protected(mine, others).verdict == "passed"
    present = Template(key="now", face=mine.tobytes(), face_by=sface().label)
    assert impostor_face(mine, [*others, present]).against == ("now",)


@pytest.mark.parametrize(
    ("score", "verdict"), [(0.0, "passed"), (0.84, "passed"), (0.94, "failed"), (1.02, "failed")]
)
def test_a_face_that_lies_on_its_side_counts_when_it_is_surer_than_a_cats(
    score: float, verdict: Verdict
) -> None:
    nobody = np.zeros(len(STILL), np.int32)
    turned = np.array([0, score], np.float32)
    assert human_face_in_pet(evidence(STILL, faces=nobody, turned=turned)).verdict == verdict


@pytest.mark.parametrize("degrees", range(0, 360, 30))
def test_a_person_is_seen_whichever_way_they_lie(degrees: int) -> None:
    faces, picture = Faces(), PEOPLE[1].picture[:, :, ::-1]
    turn = cv2.getRotationMatrix2D((240, 240), degrees, 1.0)
    lying = np.asarray(cv2.warpAffine(picture, turn, (480, 480)), np.uint8)
    assert max(surest_turned(faces, lying, look) for look in (0, 1)) > SURENESS_MAX


@pytest.mark.parametrize("quarters", range(4))
def test_somebody_small_beside_a_cat_is_seen_too(quarters: int) -> None:
    """A face of 40 pixels in a picture of 640."""
    scene = np.zeros((360, 640, 3), np.uint8)
    scene[:, 140:500] = cv2.resize(picture_of("cat"), (360, 360), interpolation=cv2.INTER_AREA)
    small = cv2.resize(PEOPLE[1].picture, (120, 120), interpolation=cv2.INTER_AREA)
    scene[240:, 20:140] = np.rot90(small, quarters)
    seen = surest_turned(Faces(), np.ascontiguousarray(scene[:, :, ::-1]), 0)
    assert seen > SURENESS_MAX


def test_a_cat_is_nobody_whichever_way_it_lies() -> None:
    faces, cat = Faces(), np.ascontiguousarray(picture_of("cat")[:, :, ::-1])
    assert max(surest_turned(faces, cat, look) for look in (0, 1)) < SURENESS_MAX


def test_a_voice_is_nearer_to_itself_than_to_another() -> None:
    one, again, other = (
        voice_in(said(digits, voice))
        for digits, voice in (
            ("407193852", Voice(0.98)),
            ("836204917", Voice(0.98)),
            ("836204917", Voice(0.75)),
        )
    )
    assert one is not None
    assert again is not None
    assert other is not None
    assert one @ again > 0.88
    assert one @ other < 0.80


@pytest.mark.parametrize("digits", ["4411", "12", "40a1", ""])
def test_a_challenge_that_cannot_be_said_is_refused(digits: str) -> None:
    with pytest.raises(ValidationError):
        Challenge(digits=digits, moves=MOVES, issued_at=SAID_AT)


def test_evidence_is_read_back_as_it_was_and_anything_else_is_refused(tmp_path: Path) -> None:
    path, whole = tmp_path / "evidence.npz", evidence(STILL)
    whole.save(path)
    assert np.array_equal(load(path).points, whole.points)
    replace(whole, points=whole.points[:, :400]).save(path)
    with pytest.raises(EvidenceUnreadable):
        load(path)
    replace(whole, seen_at=whole.seen_at * np.float32(np.nan)).save(path)
    with pytest.raises(EvidenceUnreadable):
        load(path)
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(EvidenceUnreadable):
        load(path)
