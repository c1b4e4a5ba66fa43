"""Not somebody whom another account enrolled, and nobody who is protected.

Scores are likenesses: the smaller the better. Whoever is met is named in ``against`` by the key
that the caller gave. A face or voice that another account enrolled is for a human, since there are
twins and brothers; a protected person's face is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from activities.likeness import models
from activities.likeness.checks.finding import found
from activities.likeness.contract import Finding, Template, Verdict

FACE_COSINE_MAX: Final = 0.40
VOICE_COSINE_MAX: Final = 0.76
"""Different people reach about 0.74; the same voice in a noisy room falls to about 0.78."""
_ADVICE: Final = "Somebody looks at this attempt; nothing has to be done."
_PROTECTED: Final = "This attempt cannot be approved. It can be appealed."
_UNSEEN: Final = "No face is seen well enough to compare. Record again in more light."
_UNHEARD: Final = "No voice is heard well enough to compare. Record again in a quiet place."

Vector = NDArray[np.float32]


def impostor_face(face: Vector | None, templates: Sequence[Template]) -> Finding:
    """Whether another account enrolled this face."""
    model = models.sface()
    if face is None:
        return found("impostor_face", model, "failed", 1.0, FACE_COSINE_MAX, _UNSEEN)
    known = _faces(templates, "enrolled")
    score, met = _nearest(face, known, FACE_COSINE_MAX)
    verdict: Verdict = "unsure" if met else "passed"
    return found("impostor_face", model, verdict, score, FACE_COSINE_MAX, _ADVICE, met)


def impostor_voice(voice: Vector | None, templates: Sequence[Template]) -> Finding:
    """Whether another account enrolled this voice."""
    model = models.speaker()
    if voice is None:
        return found("impostor_voice", model, "failed", 1.0, VOICE_COSINE_MAX, _UNHEARD)
    known = {
        each.key: each.voice
        for each in templates
        if each.kind == "enrolled" and each.voice and each.voice_by in (None, model.label)
    }
    score, met = _nearest(voice, known, VOICE_COSINE_MAX)
    verdict: Verdict = "unsure" if met else "passed"
    return found("impostor_voice", model, verdict, score, VOICE_COSINE_MAX, _ADVICE, met)


def protected(face: Vector | None, templates: Sequence[Template]) -> Finding:
    """Whether this is the face of somebody who is never enrolled."""
    model = models.sface()
    if face is None:
        return found("protected", model, "failed", 1.0, FACE_COSINE_MAX, _UNSEEN)
    known = _faces(templates, "protected")
    score, met = _nearest(face, known, FACE_COSINE_MAX)
    verdict: Verdict = "failed" if met else "passed"
    return found("protected", model, verdict, score, FACE_COSINE_MAX, _PROTECTED, met)


def has_comparable_face(template: Template) -> bool:
    """Whether today's model made its face: vectors of another have other lengths and directions."""
    return template.face is not None and template.face_by in (None, models.sface().label)


def _faces(
    templates: Sequence[Template], kind: Literal["enrolled", "protected"]
) -> dict[str, bytes]:
    found = (each for each in templates if each.kind == kind and has_comparable_face(each))
    return {each.key: each.face for each in found if each.face}


def _nearest(vector: Vector, known: dict[str, bytes], most: float) -> tuple[float, tuple[str, ...]]:
    """The greatest cosine with anybody, and the keys of all who are too near."""
    if not known:
        return 0.0, ()
    rows = np.stack([np.frombuffer(each, "<f4") for each in known.values()])
    cosines = rows @ vector
    met = tuple(sorted(key for key, cosine in zip(known, cosines, strict=True) if cosine > most))
    return float(cosines.max()), met
