"""No human face in the clip of a pet or a thing, upright or not.

Score: how sure the surest face is, however it lies (``turning``), or 1 where one is seen upright in
any picture; a single sure one is enough to refuse. A drawn or printed face counts as well, for
somebody may be behind it.
"""

from __future__ import annotations

from typing import Final

from activities.likeness import models
from activities.likeness.checks.finding import found
from activities.likeness.contract import Finding, Verdict
from activities.likeness.evidence import Evidence

PRESENCE_MIN: Final = 0.5
SURENESS_MAX: Final = 0.88
"""Half-way between the surest cat, 0.84, and the least sure person, 0.92, whose face has 5 % of the
picture's width (docs/enrolment.md)."""
_ADVICE: Final = "A human face is in the clip. Record the pet or the thing alone."


def human_face_in_pet(evidence: Evidence) -> Finding:
    """Whether nobody is seen."""
    upright = bool(((evidence.faces > 0) & (evidence.presence >= PRESENCE_MIN)).any())
    score = max(float(evidence.turned.max(initial=0.0)), float(upright))
    verdict: Verdict = "failed" if score > SURENESS_MAX else "passed"
    return found("human_face_in_pet", models.yunet(), verdict, score, SURENESS_MAX, _ADVICE)
