"""What the release path hands to the steps of provenance and gets back."""

from __future__ import annotations

from activities.orders import Assembled, Errand, OfTakes
from domain.kernel.model import Value
from domain.provenance.proof import ArtefactId, Proof
from domain.video.media import Rendition, Sha256


class Claims(Value):
    """What a film's manifest claims of it besides its id. Hashes are SHA-256 in hex."""

    plan_sha256: Sha256
    policy_sha256: Sha256
    receipt_sha256s: tuple[Sha256, ...] = ()
    parents: tuple[ArtefactId, ...] = ()


class SigningOrder(OfTakes):
    """Sign a staged film as this artefact; the last change of its bytes."""

    artefact_id: ArtefactId
    assembled: Assembled


class Signed(Value):
    """The staged files with the signed film among them, and what its manifest claims."""

    assembled: Assembled
    claims: Claims


class ProvingOrder(Errand):
    """Verify every layer on the bytes that are stored, remember them, and say so in the log."""

    artefact_id: ArtefactId
    rendition: Rendition
    claims: Claims


class Proven(Value):
    """Every layer was verified on these bytes."""

    proof: Proof
