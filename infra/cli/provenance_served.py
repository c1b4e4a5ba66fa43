"""Files as they would be served, read by somebody else: stored films, and copies for outside.

The outside reader is the C2PA library's own with its own settings. Our root is on nobody's trust
list there, so the best that it can say of a manifest is that it is valid: it fits the bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import c2pa

from activities.film.shape import Timing
from activities.provenance.agreement import Kin, Statement
from activities.provenance.manifest import FORMAT, Origin, Parent
from activities.provenance.reading import ManifestReader
from activities.provenance.refusals import ProvenanceBroken
from activities.provenance.signing import FilmSigner
from activities.provenance.steps import brand_export, sign_rendition, verify_rendition
from domain.kernel.model import Value

WORD: Final = "AI MADE"
_HOLDS: Final = ("Valid", "Trusted")


class Copy(Value):
    """A copy for outside: the layer that does not hold on it, and what the outside reader says."""

    broken: str | None
    read_apart: bool


@dataclass(frozen=True)
class Kit:
    """What marks, signs and reads in the bench."""

    signer: FilmSigner
    reader: ManifestReader
    key: bytes


def read_apart(served: Path) -> bool:
    """Whether a reader without any settings of ours finds a manifest inside that fits the bytes."""
    try:
        with served.open("rb") as file, c2pa.Reader(FORMAT, file) as outside:
            return outside.is_embedded() and str(outside.get_validation_state()) in _HOLDS
    except c2pa.C2paError:
        return False


def copy_of(
    film: Path, origin: Origin, timing: Timing, number: int, kit: Kit, folder: Path
) -> Copy:
    """Export a film as the product does, and read what would be served.

    ``number`` is what the film's marks say; the copy's say the same.
    """
    branded, served = folder / "branded.mp4", folder / "export.mp4"
    claimed = Origin(
        f"exp_of-{origin.artefact_id}",
        origin.generation_id,
        origin.plan_sha256,
        origin.policy_sha256,
        origin.receipt_sha256s,
    )
    brand_export(film, branded, timing, WORD)
    sign_rendition(kit.signer, branded, served, claimed, [Parent(origin.artefact_id, film)])
    statement, broken = Statement(claimed, (Kin(origin.artefact_id),)), None
    try:
        verify_rendition(served, statement, kit.reader, kit.key, number, WORD)
    except ProvenanceBroken as refusal:
        broken = str(refusal)
    return Copy(broken=broken, read_apart=read_apart(served))
