"""From what was read back from a file to the proof that the domain asks for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from activities.provenance.agreement import Statement
from activities.provenance.kit import ProvenanceKit
from activities.provenance.manifest import Origin
from activities.provenance.orders import Claims
from activities.provenance.prints import Kind
from activities.provenance.refusals import ProvenanceBroken
from activities.provenance.steps import Verified, verify_rendition
from activities.threads import StopSign
from domain.provenance.policy import POLICY
from domain.provenance.proof import Finding, Layer, Proof


def read_back(
    kit: ProvenanceKit,
    path: Path,
    statement: Statement,
    number: int,
    sign: StopSign,
    word: str | None = None,
) -> Verified:
    """Verify every layer of a file, whichever of our keys it was marked with.

    Raises ProvenanceBroken, ManifestDiffers, NotAFilm, and ``Stopped``.
    """
    broken: ProvenanceBroken | None = None
    for key in reversed(kit.mark_keys):
        sign.heed()
        try:
            return verify_rendition(path, statement, kit.reader, key, number, word)
        except ProvenanceBroken as error:
            broken = broken or error  # what the newest key says is told
    raise broken or ProvenanceBroken("This installation has no key to read marks with.")


def proof_of(
    verified: Verified,
    artefact_id: str,
    number: int,
    film_sha256: str,
    claims: Claims,
    word: str | None = None,
) -> Proof:
    """The proof of what was verified, each layer with its measure."""
    return Proof(
        artefact_id=artefact_id,
        film_sha256=film_sha256,
        number=number,
        plan_sha256=claims.plan_sha256,
        policy_sha256=claims.policy_sha256,
        receipt_sha256s=claims.receipt_sha256s,
        parents=claims.parents,
        word=word,
        findings=_findings(verified),
    )


def _findings(verified: Verified) -> tuple[Finding, ...]:
    counted = Counter(each.kind for each in verified.prints)
    found = [
        Finding(layer="manifest"),
        Finding(layer="picture-mark", measure=round(verified.picture_pilot, 2)),
        _carried("sound-mark", verified.sound_pilot),
        _carried("picture-fingerprint", counted[Kind.PICTURE] or None),
        _carried("sound-fingerprint", counted[Kind.SOUND] or None),
    ]
    if verified.visible_share is not None:
        found.append(Finding(layer="visible-mark", measure=round(verified.visible_share, 4)))
    return tuple(found)


def _carried(layer: Layer, measure: float | None) -> Finding:
    if measure is None:
        return Finding(layer=layer, standing="nothing-to-carry-it")
    return Finding(layer=layer, measure=round(measure, 2))


def origin_of(artefact_id: str, generation_id: str, claims: Claims) -> Origin:
    """Our assertion, as the manifest holds it."""
    return Origin(
        artefact_id=artefact_id,
        generation_id=generation_id,
        plan_sha256=claims.plan_sha256,
        policy_sha256=claims.policy_sha256,
        receipt_sha256s=claims.receipt_sha256s,
    )


def claims_of_a_copy(video_id: str, proof: Proof) -> Claims:
    """What a copy's manifest claims: the plan and the receipts of its video, today's policy."""
    return Claims(
        plan_sha256=proof.plan_sha256,
        policy_sha256=POLICY.sha256,
        receipt_sha256s=proof.receipt_sha256s,
        parents=(video_id,),
    )


def claims_of(proof: Proof) -> Claims:
    """What a proven file's manifest claims."""
    return Claims(
        plan_sha256=proof.plan_sha256,
        policy_sha256=proof.policy_sha256,
        receipt_sha256s=proof.receipt_sha256s,
        parents=proof.parents,
    )
