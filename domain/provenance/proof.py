"""The proof of one file: what was found on its bytes, layer by layer, before anybody may see it.

It is made from the bytes as they are stored. Hashes are SHA-256 in hex and ids are random, so a
proof names nobody.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from domain.kernel.errors import Refusal
from domain.kernel.model import Value
from domain.video.media import Sha256

Layer = Literal[
    "manifest",
    "picture-mark",
    "sound-mark",
    "visible-mark",
    "picture-fingerprint",
    "sound-fingerprint",
]
Standing = Literal["verified", "nothing-to-carry-it"]
"""Silence carries no mark, and a blank picture leaves no fingerprint: that is said, not skipped."""

ArtefactId = Annotated[str, StringConstraints(pattern=r"^(vid|exp)_[0-9A-HJKMNP-TV-Z]{26}$")]
"""A video, or an export of one."""

OF_A_RENDITION: Final[tuple[Layer, ...]] = (
    "manifest",
    "picture-mark",
    "sound-mark",
    "picture-fingerprint",
    "sound-fingerprint",
)
OF_AN_EXPORT: Final[tuple[Layer, ...]] = (*OF_A_RENDITION, "visible-mark")
_MAY_LACK_A_CARRIER: Final[frozenset[Layer]] = frozenset(
    {"sound-mark", "picture-fingerprint", "sound-fingerprint"}
)


class Finding(Value):
    """What was found of one layer.

    ``measure`` is the pilot of a mark in standard deviations, the share of pictures that show the
    visible mark, or the number of fingerprints that were remembered.
    """

    layer: Layer
    standing: Standing = "verified"
    measure: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


class Proof(Value):
    """One file's bytes, the number that its marks say, and what stands in its manifest.

    ``word`` is what the visible mark of an export says.
    """

    artefact_id: ArtefactId
    film_sha256: Sha256
    number: Annotated[int, Field(gt=0)]
    plan_sha256: Sha256
    policy_sha256: Sha256
    receipt_sha256s: tuple[Sha256, ...] = ()
    parents: tuple[ArtefactId, ...] = ()
    word: str | None = None
    findings: tuple[Finding, ...]

    def lacks(self, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
        """Which of these layers nobody has verified on these bytes."""
        held = {
            each.layer
            for each in self.findings
            if each.standing == "verified" or each.layer in _MAY_LACK_A_CARRIER
        }
        return tuple(each for each in layers if each not in held)


class Unproven(Refusal):
    """Nobody has verified a mark, a signature and a fingerprint on the bytes of this film."""

    code = "provenance-unproven"
    stage = "provenance"
    next_step = "Ask for it again; what was sampled is kept for some days and is found then."


def require_proof(
    proof: Proof | None, artefact_id: str, film_sha256: str, layers: tuple[Layer, ...]
) -> None:
    """Raise Unproven unless every layer was verified on exactly these bytes of this artefact."""
    if proof is None:
        raise Unproven(f"{artefact_id} has no proof.")
    if (proof.artefact_id, proof.film_sha256) != (artefact_id, film_sha256):
        raise Unproven(f"The proof is of other bytes than those of {artefact_id}.")
    if missing := proof.lacks(layers):
        raise Unproven(f"{artefact_id} lacks: {', '.join(missing)}.")
