"""Signs that a child may be enrolling: rules, because no packaged model of age was found.

Under 13 by the declared age fails. From 13 to 17, an age that was not declared, or a voice as high
as a child's is for a human. A child with a low voice who declares 18 is not seen by this check.
Score: the declared age in years; where the voice decides, the threshold is in hertz.
"""

from __future__ import annotations

from typing import Final

from activities.likeness import models
from activities.likeness.checks.finding import found
from activities.likeness.contract import Claim, Finding
from activities.likeness.evidence import Evidence
from activities.likeness.listening import pitch_hertz

AGE_MIN: Final = 13
ADULT: Final = 18
CHILD_HERTZ: Final = 290.0
"""Adults speak at a median of about 85 to 255 Hz, children of ten at 220 to 320."""
_YOUNG: Final = "Nobody under 13 can be enrolled."
_LOOKED_AT: Final = "Somebody looks at this attempt; nothing has to be done."


def age_signs(evidence: Evidence, claim: Claim) -> Finding:
    """What the declared age and the voice say."""
    model = models.rules()
    age = claim.age_years
    if age is not None and age < AGE_MIN:
        return found("age_signs", model, "failed", age, AGE_MIN, _YOUNG)
    if age is None or age < ADULT:
        return found("age_signs", model, "unsure", age or 0, ADULT, _LOOKED_AT)
    pitch = pitch_hertz(evidence.sound)
    if pitch > CHILD_HERTZ:
        return found("age_signs", model, "unsure", pitch, CHILD_HERTZ, _LOOKED_AT)
    return found("age_signs", model, "passed", age, ADULT)
