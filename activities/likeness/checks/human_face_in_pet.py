"""No human face in the clip of a pet or a thing.

Score: the share of pictures with a face; a single sure one is enough to refuse. A drawn or printed
face counts as well, for somebody may be behind it.
"""

from __future__ import annotations

from typing import Final

from activities.likeness import models
from activities.likeness.checks.finding import found
from activities.likeness.contract import Finding, Verdict
from activities.likeness.evidence import Evidence

PRESENCE_MIN: Final = 0.5
SHARE_MAX: Final = 0.0
_ADVICE: Final = "A human face is in the clip. Record the pet or the thing alone."


def human_face_in_pet(evidence: Evidence) -> Finding:
    """Whether nobody is seen."""
    seen = (evidence.faces > 0) & (evidence.presence >= PRESENCE_MIN)
    share = float(seen.mean())
    verdict: Verdict = "failed" if share > SHARE_MAX else "passed"
    return found("human_face_in_pet", models.yunet(), verdict, share, SHARE_MAX, _ADVICE)
