"""An examiner for tests of the stories: a clip is JSON that says what is to be found in it.

It is honest towards its contract: faces and voices are compared, findings have their scores. The
real one is tested with real clips elsewhere; here only the stories around it matter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from activities.cameo.ports import Likeness, Measured, SeenAgain
from activities.clip.refusals import ClipDamaged, ClipEmpty
from activities.likeness.contract import (
    CHECKS_OF_A_PERSON,
    CHECKS_OF_A_THING,
    Challenge,
    CheckName,
    Claim,
    Examination,
    Finding,
    References,
    Template,
    Verdict,
)
from domain.cameo.release import Kind


def a_clip(face: str = "anna", **found: Any) -> bytes:
    """A clip of this face; ``found`` gives checks another verdict than ``passed``."""
    return json.dumps({"face": face, "found": found}).encode()


def vector(name: str) -> bytes:
    """A face or a voice: the same name, the same bytes."""
    return hashlib.sha256(name.encode()).digest() * 4


def a_picture(name: str) -> bytes:
    """The picture of a face, as PNG: the same name, the same picture."""
    colour = hashlib.sha256(name.encode()).digest()[:3]
    pixels = np.full((48, 48, 3), np.frombuffer(colour, np.uint8), np.uint8)
    return bytes(cv2.imencode(".png", pixels)[1])


def told_what(
    clip: Path, challenge: Challenge | None, templates: tuple[Template, ...], claim: Claim
) -> Examination:
    """Find what the clip says, and compare its face and voice with those that are known."""
    data = clip.read_bytes()
    if not data:
        raise ClipEmpty
    try:
        said = json.loads(data)
    except ValueError:
        raise ClipDamaged from None
    person = claim.subject == "person"
    assert (challenge is not None) == person, "only people answer a challenge"
    face, voice = vector(f"face of {said['face']}"), vector(f"voice of {said['face']}")
    return Examination(
        findings=tuple(
            _finding(check, said["found"], templates, face, voice)
            for check in (CHECKS_OF_A_PERSON if person else CHECKS_OF_A_THING)
        ),
        face=face if person else None,
        voice=voice if person else None,
        references=References(
            face_png=a_picture(said["face"]),
            clip_mp4=b"mp4 of " + said["face"].encode(),
            voice_wav=b"wav of " + said["face"].encode() if person else None,
        ),
        seconds=6.0,
    )


def told_again(found: Examination, templates: tuple[Template, ...]) -> Examination:
    """The same with its comparisons made anew."""
    assert found.face is not None
    assert found.voice is not None
    compared = ("impostor_face", "impostor_voice", "protected")
    findings = tuple(
        _finding(each.check, {}, templates, found.face, found.voice)
        if each.check in compared
        else each
        for each in found.findings
    )
    return found.model_copy(update={"findings": findings})


FAILS_LATER = b"found out later"


SEEN_LATER = b"seen later"
BETTER = "told 2"
"""What a better model is called."""


def told_later(
    clip: Path,
    voice: Path | None,
    kind: Kind,
    likeness: Likeness | None,
    templates: Sequence[Template],
) -> SeenAgain:
    """What a better detector finds in a reference clip: fails those of a certain face, and sees one
    face in all those that hide theirs behind another name."""
    data = clip.read_bytes()
    if SEEN_LATER in data:
        face = vector(data.decode().split("/")[-1])
        assert voice is not None, "a person has a voice"
        met = tuple(each.key for each in templates if each.face == face and each.face_by == BETTER)
        finding = Finding(
            check="impostor_face",
            verdict="unsure" if met else "passed",
            score=0.9 if met else 0.1,
            threshold=0.5,
            model="told",
            version="2",
            against=met,
        )
        return SeenAgain((finding,), Measured(face, vector(str(data)), BETTER, BETTER))
    verdict: Verdict = "failed" if FAILS_LATER in data else "passed"
    check: CheckName = "same_face" if kind == "person" else "human_face_in_pet"
    finding = Finding(
        check=check, verdict=verdict, score=0.5, threshold=0.6, model="told", version="2"
    )
    return SeenAgain((finding,))


def _finding(
    check: CheckName,
    found: dict[str, Verdict],
    templates: tuple[Template, ...],
    face: bytes,
    voice: bytes,
) -> Finding:
    against: tuple[str, ...] = ()
    if check == "impostor_face":
        against = tuple(each.key for each in templates if _is(each, "enrolled", each.face, face))
    elif check == "impostor_voice":
        against = tuple(each.key for each in templates if _is(each, "enrolled", each.voice, voice))
    elif check == "protected":
        against = tuple(each.key for each in templates if _is(each, "protected", each.face, face))
    verdict = "failed" if against else found.get(check, "passed")
    return Finding(
        check=check,
        verdict=verdict,
        score=0.9 if verdict == "passed" else 0.1,
        threshold=0.5,
        model="told",
        version="1",
        against=against,
    )


def _is(template: Template, kind: str, known: bytes | None, seen: bytes) -> bool:
    return template.kind == kind and known == seen
