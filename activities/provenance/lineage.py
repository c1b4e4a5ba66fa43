"""What a film was made from, and under which agreements, as the log tells it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from activities.consent.office import CastingOffice
from activities.ledger import Ledger
from activities.provenance.orders import Claims
from domain.generation.decider import GENERATION
from domain.generation.refusals import GenerationUnknown
from domain.generation.situations import Requested
from domain.generation.take import Take
from domain.kernel.canonical import canonical_json
from domain.kernel.ids import sibling
from domain.provenance.policy import POLICY
from domain.video.video import VIDEO, Hidden, Released, released_once


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


def plan_sha256(takes: Sequence[Take]) -> str:
    """The hash of the plans of all shots, in their order, as canonical JSON."""
    return hashlib.sha256(canonical_json([each.plan_key for each in takes])).hexdigest()
