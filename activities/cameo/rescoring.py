"""A stored enrolment looked at again, by whatever detectors are installed now.

The raw clip is gone, so what needs the challenge cannot be asked again. What can: the face in the
reference clip, whether it is one and the same, whether it is somebody else's or protected; and for
a pet or an object, whether a person is in it. A face and a voice that another model measured are
measured anew from what is kept of them.
"""

from __future__ import annotations

import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from activities.cameo.comparison import compare
from activities.cameo.ports import Likeness, Measured, SeenAgain
from activities.likeness import models
from activities.likeness.checks.one_face import one_face
from activities.likeness.checks.same_face import same_face, typical_face
from activities.likeness.contract import Claim, Examination, Template
from activities.likeness.evidence import Evidence
from activities.likeness.examine import examine
from activities.likeness.observing import look_at
from activities.likeness.speaker import voice_in
from domain.cameo.release import Kind


def look_again(
    clip: Path,
    voice: Path | None,
    kind: Kind,
    likeness: Likeness | None,
    templates: Sequence[Template],
) -> SeenAgain:
    """Look at a reference clip and listen to a sample (WAV, 16 kHz). Blocks its thread; raises
    ClipRefused.

    What a model of today measured already is not measured again: the whole clip showed it better.
    """
    if kind != "person":
        return SeenAgain(examine(clip, None, (), Claim(subject=kind)).findings)
    with tempfile.TemporaryDirectory(prefix="callsheet-rescore-") as folder:
        evidence = look_at(clip, Path(folder), with_sound=False).evidence
    found = (one_face(evidence), same_face(evidence))
    measured = _measured(evidence, voice, likeness)
    if measured.face is None or measured.voice is None:
        return SeenAgain(found)
    known = Examination(findings=(), face=measured.face, voice=measured.voice)
    return SeenAgain((*found, *compare(known, templates).findings), measured)


def _measured(evidence: Evidence, voice: Path | None, likeness: Likeness | None) -> Measured:
    face_by, voice_by = models.sface().label, models.speaker().label
    face = likeness.face if likeness and likeness.face_by == face_by else None
    if face is None and (seen := typical_face(evidence)) is not None:
        face = seen.astype("<f4").tobytes()
    said = likeness.voice if likeness and likeness.voice_by == voice_by else None
    if said is None and voice is not None and (heard := voice_in(_samples(voice))) is not None:
        said = heard.astype("<f4").tobytes()
    return Measured(face, said, face_by, voice_by)


def _samples(path: Path) -> NDArray[np.float32]:
    """A WAV of our own: mono, 16 bits."""
    with wave.open(str(path)) as file:
        pieces = file.readframes(file.getnframes())
    return np.frombuffer(pieces, "<i2").astype(np.float32) / np.float32(32768)
