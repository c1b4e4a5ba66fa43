"""The checks that compare with others, asked once more when somebody new is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from activities.likeness.checks.impostors import impostor_face, impostor_voice, protected
from activities.likeness.contract import Examination, Template


def compare(found: Examination, templates: Sequence[Template]) -> Examination:
    """The examination with its comparisons made anew against these templates."""
    face, voice = _vector(found.face), _vector(found.voice)
    anew = (
        impostor_face(face, templates),
        impostor_voice(voice, templates),
        protected(face, templates),
    )
    compared = {each.check for each in anew}
    kept = tuple(each for each in found.findings if each.check not in compared)
    return found.model_copy(update={"findings": (*kept, *anew)})


def _vector(packed: bytes | None) -> NDArray[np.float32] | None:
    return None if packed is None else np.frombuffer(packed, "<f4").astype(np.float32)
