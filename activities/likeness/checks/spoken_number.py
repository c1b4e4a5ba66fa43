"""The number of the challenge was spoken in the recording.

Score: the largest share of digits in their places that any reading gives; only 1 will do.
"""

from __future__ import annotations

from typing import Final

from activities.likeness import models
from activities.likeness.checks.finding import found
from activities.likeness.contract import Challenge, Finding, Verdict
from activities.likeness.digits import readings
from activities.likeness.evidence import Evidence
from activities.likeness.listening import spoken_part

SHARE_MIN: Final = 1.0
_UNHEARD: Final = "Nobody is heard. Speak up, near the microphone."
_UNLIKE: Final = (
    "The number was not understood. Say each digit on its own, in English, in a quiet place."
)


def spoken_number(evidence: Evidence, challenge: Challenge) -> Finding:
    """Whether the digits were said, all of them, in their order, and no others."""
    part = spoken_part(evidence.sound)
    if len(part) == 0:
        return found("spoken_number", models.sphinx(), "failed", 0.0, SHARE_MIN, _UNHEARD)
    best = 0.0
    for reading in readings(part, len(challenge.digits)):
        best = max(best, _share(reading, challenge.digits))
        if best >= SHARE_MIN:
            break
    verdict: Verdict = "passed" if best >= SHARE_MIN else "failed"
    return found("spoken_number", models.sphinx(), verdict, best, SHARE_MIN, _UNLIKE)


def _share(reading: str, digits: str) -> float:
    if len(reading) != len(digits):
        return 0.0
    return sum(said == told for said, told in zip(reading, digits, strict=True)) / len(digits)
