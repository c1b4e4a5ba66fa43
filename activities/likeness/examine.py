"""Examine an enrolment's clip: measure it once, then ask every check on its own."""

from __future__ import annotations

import io
import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.likeness.checks.age_signs import age_signs
from activities.likeness.checks.frozen_or_looped import frozen_or_looped
from activities.likeness.checks.head_moves import head_moves
from activities.likeness.checks.human_face_in_pet import human_face_in_pet
from activities.likeness.checks.impostors import impostor_face, impostor_voice, protected
from activities.likeness.checks.one_face import one_face
from activities.likeness.checks.parallax import parallax
from activities.likeness.checks.same_face import same_face, typical_face
from activities.likeness.checks.spoken_number import spoken_number
from activities.likeness.checks.voice_moves_with_mouth import voice_moves_with_mouth
from activities.likeness.contract import (
    Challenge,
    Claim,
    Examination,
    Finding,
    References,
    Template,
)
from activities.likeness.evidence import SAMPLE_RATE
from activities.likeness.listening import spoken_part
from activities.likeness.observing import Observation, look_at
from activities.likeness.speaker import voice_in

_PERSON: Final = Claim()
_SAMPLE_SECONDS_MAX: Final = 10.0

Vector = NDArray[np.float32]


def examine(
    clip: Path,
    challenge: Challenge | None,
    templates: Sequence[Template] = (),
    claim: Claim = _PERSON,
) -> Examination:
    """Every finding about one clip, its templates, and the references for the studio.

    ``challenge`` is None for pets and things. Blocks for up to 15 s. Raises ClipRefused for a clip
    that cannot be looked at; ValueError where a person has no challenge.
    """
    if (claim.subject == "person") != (challenge is not None):
        raise ValueError("a person answers a challenge; a pet or a thing has none")
    with tempfile.TemporaryDirectory(prefix="callsheet-likeness-") as folder:
        seen = look_at(
            clip, Path(folder), with_sound=challenge is not None, turned=challenge is None
        )
    return examined(seen, challenge, templates, claim)


def examined(
    seen: Observation,
    challenge: Challenge | None,
    templates: Sequence[Template] = (),
    claim: Claim = _PERSON,
) -> Examination:
    """The same of a clip that was measured already."""
    if challenge is None:
        return _of_a_thing(seen)
    face, voice = typical_face(seen.evidence), voice_in(seen.evidence.sound)
    return Examination(
        findings=_findings(seen, challenge, templates, claim, face, voice),
        face=_packed(face),
        voice=_packed(voice),
        references=_references(seen),
        seconds=seen.facts.seconds,
    )


def _findings(
    seen: Observation,
    challenge: Challenge,
    templates: Sequence[Template],
    claim: Claim,
    face: Vector | None,
    voice: Vector | None,
) -> tuple[Finding, ...]:
    """In the order of ``CHECKS_OF_A_PERSON``."""
    evidence = seen.evidence
    return (
        one_face(evidence),
        same_face(evidence),
        head_moves(evidence, challenge),
        parallax(evidence),
        frozen_or_looped(evidence, seen.facts.repeated_times),
        spoken_number(evidence, challenge),
        voice_moves_with_mouth(evidence),
        impostor_face(face, templates),
        impostor_voice(voice, templates),
        protected(face, templates),
        age_signs(evidence, claim),
    )


def _of_a_thing(seen: Observation) -> Examination:
    return Examination(
        findings=(human_face_in_pet(seen.evidence),),
        references=_references(seen),
        seconds=seen.facts.seconds,
    )


def _packed(vector: Vector | None) -> bytes | None:
    return None if vector is None else vector.astype("<f4").tobytes()


def _references(seen: Observation) -> References | None:
    if seen.face_png is None or seen.head_mp4 is None:
        return None
    said = spoken_part(seen.evidence.sound)[: round(_SAMPLE_SECONDS_MAX * SAMPLE_RATE)]
    return References(
        face_png=seen.face_png,
        clip_mp4=seen.head_mp4,
        voice_wav=_wav(said) if len(said) else None,
    )


def _wav(sound: Vector) -> bytes:
    """Mono, 16 bits, 16 kHz; its peak near full scale."""
    level = max(float(np.abs(sound).max()), 1e-6)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((sound * (0.9 / level) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()
