"""The checks of an enrolment: each has a verdict of its own, and which ones a kind needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from domain.cameo.release import Kind
from domain.kernel.ids import CameoId
from domain.kernel.model import Value

CheckName = Literal[
    "clip",
    "one-face",
    "same-face",
    "head-moves",
    "parallax",
    "fresh-frames",
    "spoken-number",
    "mouth-and-voice",
    "not-enrolled",
    "not-protected",
    "age",
    "no-person",
]
Verdict = Literal["passed", "failed", "unsure"]

REQUIRED: Final[Mapping[Kind, tuple[CheckName, ...]]] = {
    "person": (
        "clip",
        "one-face",
        "same-face",
        "head-moves",
        "parallax",
        "fresh-frames",
        "spoken-number",
        "mouth-and-voice",
        "not-enrolled",
        "not-protected",
        "age",
    ),
    "pet": ("clip", "no-person"),
    "object": ("clip", "no-person"),
}

HUMAN_DECIDES: Final[frozenset[CheckName]] = frozenset({"not-enrolled", "not-protected", "age"})
"""Checks that never refuse by themselves: a failure of these is looked at by a person."""

ADVICE: Final[Mapping[CheckName, str]] = {
    "clip": "Record 5 to 30 seconds with picture and sound, upright, at 15 to 60 frames a second.",
    "one-face": "Be alone in the picture, near the camera, in even light.",
    "same-face": "Record in one go, with your face visible from the first frame to the last.",
    "head-moves": "Turn your head as told, in the order shown, and come back to the middle.",
    "parallax": "Stand before the camera yourself; a picture of you cannot stand in.",
    "fresh-frames": "Record anew without cutting, repeating or editing the clip.",
    "spoken-number": "Say every digit clearly, in the order shown, in a quiet room.",
    "mouth-and-voice": "Speak yourself, with your mouth visible.",
    "not-enrolled": "A person looks at this; you will be told what they decide.",
    "not-protected": "A person looks at this; you will be told what they decide.",
    "age": "A person looks at this; you will be told what they decide.",
    "no-person": "Record the pet or object alone; people enrol themselves.",
}


CLIP_ADVICE: Final[Mapping[str, str]] = {
    "clip-silent": "Record again with the microphone on, and say the number.",
    "clip-too-brief": "Record again, and stop only when every move is made.",
    "clip-too-long": "Record half a minute at most.",
    "clip-pictures-too-slow": "Record again at 15 to 60 pictures a second, in better light.",
    "clip-pictures-too-fast": "Record again at 15 to 60 pictures a second.",
    "clip-too-many-pictures": "Record half a minute at most, at 15 to 60 pictures a second.",
    "clip-pictures-size": "Record again in full HD or smaller.",
    "clip-codec-unknown": "Record or encode again, for instance as H.264 and AAC in an MP4 file.",
    "clip-container-unknown": "Send the recording itself: an MP4, QuickTime or WebM file.",
    "clip-truncated": "Send the whole file again.",
    "clip-shows-nothing": "Record again, nearer and in even light.",
}
"""How to do better about a clip that could not be looked at, by the code that says why."""


class CheckVerdict(Value):
    """What one check found. ``score`` and ``threshold`` are in the model's own unit.

    ``code`` says in one stable word what was seen, such as ``two-faces``. ``others`` are cameos of
    other accounts that this clip is too near to.
    """

    check: CheckName
    verdict: Verdict
    model: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    version: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    score: Annotated[float, Field(allow_inf_nan=False)] | None = None
    threshold: Annotated[float, Field(allow_inf_nan=False)] | None = None
    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{0,59}$")] | None = None
    others: tuple[CameoId, ...] = ()


class Shortcoming(Value):
    """Why an enrolment was refused: the check, what was seen, and how to do better."""

    check: CheckName
    code: str | None = None
    advice: str


def shortcoming(verdict: CheckVerdict) -> Shortcoming:
    """What to tell a person about a check that did not pass."""
    advice = CLIP_ADVICE.get(verdict.code or "", ADVICE[verdict.check])
    return Shortcoming(check=verdict.check, code=verdict.code, advice=advice)
