"""The same face throughout: no picture shows somebody else.

Score: the lowest cosine between the person's typical identity and that of any stretch of two
neighbouring pictures. SFace's own threshold for the same person is 0.363; turned heads come near
0.55, so frontal pictures are also held to a stricter one.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.likeness import models
from activities.likeness.checks.finding import found
from activities.likeness.contract import Finding, Verdict
from activities.likeness.evidence import Evidence
from activities.likeness.pose import pose_of

COSINE_MIN: Final = 0.40
FRONTAL_COSINE_MIN: Final = 0.62
_FRONTAL_DEGREES: Final = 7.0
_IDENTITIES_MIN: Final = 4
_ADVICE: Final = "The face changes during the clip. Record it in one piece, in steady light."


def same_face(evidence: Evidence) -> Finding:
    """Whether every picture shows the person that the first pictures show."""
    kept = evidence.alone[evidence.identity_of]
    vectors = evidence.identities[kept]
    if len(vectors) < _IDENTITIES_MIN:
        return found("same_face", models.sface(), "failed", 0.0, COSINE_MIN, _ADVICE)
    frontal = _frontal(evidence)[kept]
    lowest = _lowest(vectors, np.ones(len(vectors), bool))
    lowest_frontal = _lowest(vectors, frontal) if frontal.sum() >= _IDENTITIES_MIN else lowest
    scaled = min(lowest, lowest_frontal - FRONTAL_COSINE_MIN + COSINE_MIN)
    verdict: Verdict = "passed" if scaled >= COSINE_MIN else "failed"
    return found("same_face", models.sface(), verdict, scaled, COSINE_MIN, _ADVICE)


def typical_face(evidence: Evidence) -> NDArray[np.float32] | None:
    """The person's vector: the mean of the frontal pictures, of unit length."""
    kept = evidence.alone[evidence.identity_of]
    chosen = evidence.identities[kept & _frontal(evidence)]
    if len(chosen) == 0:
        chosen = evidence.identities[kept]
    if len(chosen) == 0:
        return None
    mean = chosen.mean(0)
    return np.asarray(mean / (np.linalg.norm(mean) + 1e-9), np.float32)


def _frontal(evidence: Evidence) -> NDArray[np.bool_]:
    """[k]: which identities were taken while the head was at rest."""
    poses = pose_of(evidence.points)
    alone = evidence.alone
    if not alone.any():
        return np.zeros(len(evidence.identity_of), bool)
    off = np.abs(poses - np.median(poses[alone], axis=0)).max(1)
    return np.asarray(off[evidence.identity_of] < _FRONTAL_DEGREES)


def _lowest(vectors: NDArray[np.float32], chosen: NDArray[np.bool_]) -> float:
    """The lowest cosine with the beginning and with the middle of all, over pairs of neighbours.

    The better of two neighbours counts: one blurred picture is no other person.
    """
    picked = vectors[chosen]
    early = picked[: max(2, len(picked) // 4)].mean(0)
    early /= np.linalg.norm(early) + 1e-9
    cosines = picked @ early
    return float(np.maximum(cosines[1:], cosines[:-1]).min())
