"""What is asked of the examination of a cameo's clip, and what it answers.

A caller sends a clip of somebody who answers a challenge, or of a pet or a thing. The answer names,
check by check, what was found: nothing is decided here. The door is

    activities.likeness.examine.examine(clip, challenge, templates, claim) -> Examination

with ``clip`` a Path, ``challenge`` None for pets and things, ``templates`` those of other accounts
and of protected people. It raises ClipRefused (activities.clip.refusals) for a file that cannot be
looked at: empty, damaged, too large, too long, too slow, silent. It takes up to 15 s of two cores,
blocks its thread, runs libraries on the clip in processes of their own, and draws no chance.

Templates are float32 vectors of unit
length, little-endian; they belong to a person and are sealed by whoever keeps them.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, model_validator

from domain.kernel.model import Personal, Value

Move = Literal["left", "right", "up", "down"]
"""Where the person turns, as the person sees it: ``left`` is towards their own left hand."""
Subject = Literal["person", "pet", "object"]
Verdict = Literal["passed", "failed", "unsure"]
CheckName = Literal[
    "one_face",
    "same_face",
    "head_moves",
    "parallax",
    "frozen_or_looped",
    "spoken_number",
    "voice_moves_with_mouth",
    "impostor_face",
    "impostor_voice",
    "protected",
    "age_signs",
    "human_face_in_pet",
]
CHECKS_OF_A_PERSON: Final[tuple[CheckName, ...]] = (
    "one_face",
    "same_face",
    "head_moves",
    "parallax",
    "frozen_or_looped",
    "spoken_number",
    "voice_moves_with_mouth",
    "impostor_face",
    "impostor_voice",
    "protected",
    "age_signs",
)
SMALLER_IS_BETTER: Final[frozenset[CheckName]] = frozenset(
    {"frozen_or_looped", "impostor_face", "impostor_voice", "protected", "human_face_in_pet"}
)
"""Checks whose score tells what speaks against the claimant."""
CHECKS_OF_A_THING: Final[tuple[CheckName, ...]] = ("human_face_in_pet",)

CHALLENGE_SECONDS: Final = 60
"""How long a challenge may be answered; the caller holds the clock."""
CLIP_SECONDS_MAX: Final = 30
CLIP_BYTES_MAX: Final = 64 << 20


class Challenge(Value):
    """A number to say and moves to make, drawn by the caller (``domain.cameo.challenge``).

    Equal neighbours among the digits are refused, because they run together when spoken.
    """

    digits: Annotated[str, Field(pattern=r"^[0-9]+$", min_length=4, max_length=12)]
    moves: Annotated[tuple[Move, ...], Field(min_length=2, max_length=10)]
    issued_at: AwareDatetime

    @model_validator(mode="after")
    def _is_sayable(self) -> Challenge:
        if any(
            one == next_one for one, next_one in zip(self.digits, self.digits[1:], strict=False)
        ):
            raise ValueError("the digits of a challenge have no equal neighbours; draw them again")
        return self


class Claim(Value):
    """Who the clip is said to show; the age in years, as declared, is of a person."""

    subject: Subject = "person"
    age_years: Annotated[int, Field(ge=0, le=150)] | None = None


class Template(Value):
    """A face and a voice that are known: somebody enrolled by another account, or protected.

    ``key`` is opaque and comes back in ``Finding.against``. ``face_by`` and ``voice_by`` are the
    models that made the vectors (``models.Model.label``): those of other models say nothing to each
    other and are not compared. None: made by whatever is installed now.
    """

    key: str
    kind: Literal["enrolled", "protected"] = "enrolled"
    face: Annotated[bytes | None, Personal()] = Field(default=None, repr=False)
    voice: Annotated[bytes | None, Personal()] = Field(default=None, repr=False)
    face_by: str | None = None
    voice_by: str | None = None


class Finding(Value):
    """What one check says. ``score`` beside ``threshold`` shows how near it was.

    A larger score is better for the claimant, except in ``SMALLER_IS_BETTER``. ``advice`` is a
    sentence for the person in front of the camera, and tells no secret of anybody else. ``against``
    holds the keys of the templates that were met.
    """

    check: CheckName
    verdict: Verdict
    score: Annotated[float, Field(allow_inf_nan=False)]
    threshold: Annotated[float, Field(allow_inf_nan=False)]
    model: str
    version: str
    advice: str = ""
    against: tuple[str, ...] = ()


class References(Value):
    """What the studio will see: made from every clip, kept on approval only.

    ``face_png`` is head and shoulders in the best frontal picture, or what fills the middle of the
    sharpest one where there is no face, as with pets and things: cut out, square, at most 768
    pixels a side; ``clip_mp4`` is a short silent clip of the same with what stands behind it;
    ``voice_wav`` a sample of the voice, 16 kHz, mono, 16 bits. Pets and things have no voice.
    """

    face_png: Annotated[bytes, Personal()] = Field(repr=False)
    clip_mp4: Annotated[bytes, Personal()] = Field(repr=False)
    voice_wav: Annotated[bytes | None, Personal()] = Field(default=None, repr=False)


class Examination(Value):
    """Everything that one clip gave. Templates are None where no face or no voice was found."""

    findings: tuple[Finding, ...]
    face: Annotated[bytes | None, Personal()] = Field(default=None, repr=False)
    voice: Annotated[bytes | None, Personal()] = Field(default=None, repr=False)
    references: References | None = None
    seconds: float = 0.0
    """How long the clip lasts."""

    @property
    def verdict(self) -> Verdict:
        """Failed where any check failed, else unsure where any is, else passed."""
        verdicts = {finding.verdict for finding in self.findings}
        if not verdicts or "failed" in verdicts:
            return "failed"
        return "unsure" if "unsure" in verdicts else "passed"
