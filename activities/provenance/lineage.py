"""What a film was made from, and under which agreements, as the log tells it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from activities.consent.office import CastingOffice
from activities.ledger import Ledger
from activities.provenance.agreement import Kin, Statement
from activities.provenance.orders import Claims
from activities.provenance.proving import origin_of
from activities.provenance.reading import GENERATIONS_MAX
from activities.provenance.refusals import ProvenanceBroken
from domain.generation.decider import GENERATION
from domain.generation.refusals import GenerationUnknown
from domain.generation.situations import Requested
from domain.generation.take import Take
from domain.kernel.canonical import canonical_json
from domain.kernel.ids import sibling
from domain.provenance.policy import POLICY
from domain.video.video import VIDEO, Hidden, Released, Unreleased, released_once


class Lineage:
    """Reads generations, castings and videos; changes nothing."""

    def __init__(self, ledger: Ledger, office: CastingOffice) -> None:
        self._ledger, self._office = ledger, office

    async def claims(self, generation_id: str, takes: Sequence[Take]) -> Claims:
        """What the manifest of a generation's film says of it. Raises GenerationUnknown."""
        parent = await self.parent(generation_id)
        return Claims(
            plan_sha256=plan_sha256(takes),
            policy_sha256=POLICY.sha256,
            receipt_sha256s=await self._office.admission_receipts(generation_id),
            parents=(parent[0],) if parent else (),
        )

    async def parent(self, generation_id: str) -> tuple[str, Released] | None:
        """The film that this one revises, where that was released with a proof of its own.

        An earlier generation that became no video has no film that could be a parent.
        """
        state = (await self._ledger.state(GENERATION, generation_id)).state
        if not isinstance(state, Requested):
            raise GenerationUnknown
        if state.brief.revises is None:
            return None
        video_id = sibling(state.brief.revises, "vid")
        video = (await self._ledger.state(VIDEO, video_id)).state
        if not isinstance(video, Released | Hidden):
            return None
        released = released_once(video)
        return (video_id, released) if released.proof is not None else None


async def stated(ledger: Ledger, artefact_id: str, generation_id: str, claims: Claims) -> Statement:
    """What the manifest of this artefact has to say: its claims, and its ancestry from the log.

    Raises ProvenanceBroken for a parent that was never released.
    """
    parents = await _kin(ledger, claims.parents, GENERATIONS_MAX)
    return Statement(origin_of(artefact_id, generation_id, claims), parents)


async def _kin(ledger: Ledger, artefact_ids: Sequence[str], generations: int) -> tuple[Kin, ...]:
    """Films and those that they were made from; what was taken down since remains a parent."""
    found = []
    for artefact_id in artefact_ids if generations else ():
        video = (await ledger.state(VIDEO, artefact_id)).state
        if isinstance(video, Unreleased):
            raise ProvenanceBroken(f"The log has no release of {artefact_id}, claimed as a parent.")
        proof = released_once(video).proof
        before = proof.parents if proof else ()
        found.append(Kin(artefact_id, await _kin(ledger, before, generations - 1)))
    return tuple(found)


def plan_sha256(takes: Sequence[Take]) -> str:
    """The hash of the plans of all shots, in their order, as canonical JSON."""
    return hashlib.sha256(canonical_json([each.plan_key for each in takes])).hexdigest()
