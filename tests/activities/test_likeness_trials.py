"""Filmed attempts, one of each class: impostors are not approved, people who do as told are."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from activities.likeness.contract import CHECKS_OF_A_PERSON, CHECKS_OF_A_THING, Claim, Template
from activities.likeness.examine import examine
from tests.attacks.suite import KINDS
from tests.attacks.trial import HONEST, face_template, run_trial, voice_template
from tests.media.clips import BRIEF, chance, honest
from tests.media.people import PEOPLE
from tests.media.pets import Pet, film_pet

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("kind", KINDS)
def test_an_attack_is_not_approved_and_the_refusal_names_its_check(kind: str) -> None:
    trial = run_trial(kind, 1, BRIEF, apart=False)
    assert not trial.approved
    assert KINDS[kind].caught_by & set(trial.named)


@pytest.mark.parametrize("seed", range(3))
def test_a_person_who_does_as_told_is_approved(seed: int) -> None:
    trial = run_trial(HONEST, seed, BRIEF, apart=seed == 0)
    assert trial.named == ()
    assert trial.verdict == "passed"
    assert tuple(each.check for each in trial.findings) == CHECKS_OF_A_PERSON


def test_a_person_who_lies_on_one_side_is_no_pet() -> None:
    trial = run_trial("person_as_pet", 3, BRIEF, apart=True)
    assert trial.named == ("human_face_in_pet",)


@pytest.mark.parametrize("pet", ["cat", "dog"])
def test_a_pet_alone_is_approved_and_leaves_a_picture_and_a_clip_for_the_studio(
    tmp_path: Path, pet: Pet
) -> None:
    rng = chance("pet", "picture", 0)
    clip = film_pet(tmp_path / "pet", rng, BRIEF.camera(rng), pet=pet)
    found = examine(clip, None, (), Claim(subject="pet"))
    assert found.verdict == "passed"
    assert tuple(each.check for each in found.findings) == CHECKS_OF_A_THING
    assert found.references is not None
    shown = stands_free(found.references.face_png)
    assert shown[..., :3].std() > 10
    assert found.face is None


def stands_free(png: bytes) -> NDArray[np.uint8]:
    """The reference as it is kept: square, with nothing in its corners and somebody in it."""
    shown = np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED), np.uint8)
    side = len(shown)
    assert shown.shape == (side, side, 4)
    assert not shown[:: side - 1, :: side - 1, 3].any()
    assert (shown[..., 3] == 255).any()
    return shown


def test_an_examination_gives_templates_and_references_and_meets_who_is_known(
    tmp_path: Path,
) -> None:
    person, stranger = PEOPLE[1], PEOPLE[0]
    clip, challenge = honest(tmp_path / "clip", 6, person, BRIEF)
    known = (
        Template(key="same", face=face_template(person), voice=voice_template(person)),
        Template(key="other", face=face_template(stranger), voice=voice_template(stranger)),
        Template(key="star", kind="protected", face=face_template(person)),
    )
    found = examine(clip, challenge, known, Claim(age_years=15))
    by_check = {each.check: each for each in found.findings}
    assert by_check["impostor_face"].against == ("same",)
    assert by_check["impostor_voice"].against == ("same",)
    assert by_check["protected"].against == ("star",)
    assert (by_check["impostor_face"].verdict, by_check["protected"].verdict) == (
        "unsure",
        "failed",
    )
    assert by_check["age_signs"].verdict == "unsure"
    assert all(each.model and each.version for each in found.findings)

    assert found.face is not None
    assert found.voice is not None
    face = np.frombuffer(found.face, "<f4")
    assert face @ np.frombuffer(face_template(person), "<f4") > 0.6
    assert np.linalg.norm(np.frombuffer(found.voice, "<f4")) == pytest.approx(1, abs=1e-3)

    assert found.references is not None
    portrait = stands_free(found.references.face_png)
    assert portrait[..., 3].mean() > 60
    with av.open(io.BytesIO(found.references.clip_mp4)) as head:
        assert (head.streams.video[0].width, len(head.streams.audio)) == (192, 0)
    assert found.references.voice_wav is not None
    with wave.open(io.BytesIO(found.references.voice_wav)) as voice:
        assert (voice.getframerate(), voice.getnchannels(), voice.getsampwidth()) == (16_000, 1, 2)
        assert voice.getnframes() > 16_000
