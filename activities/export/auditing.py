"""The audit: a sample of what is served is read back, every layer of it, as on the first day."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from temporalio import activity

from activities.export.making import proof_of_export
from activities.export.orders import Audited, AuditOrder, AuditSample, SampleOrder
from activities.heartbeats import beating
from activities.ledger import Ledger
from activities.provenance.kit import ProvenanceKit
from activities.provenance.proving import claims_of, proof_of, read_back
from activities.provenance.refusals import NotAFilm, ProvenanceBroken
from activities.provenance.stills import require_stills
from activities.scratch import scratch_folder
from activities.threads import in_thread
from domain.kernel.ports import HashMismatch, ObjectMissing, ObjectStore
from domain.provenance.proof import OF_A_RENDITION, OF_AN_EXPORT, Proof, Unproven, require_proof
from domain.video.export import EXPORT, Completed
from domain.video.media import MediaFile, Rendition
from domain.video.video import VIDEO, Hidden, Released, released_once


class AuditActivities:
    """Looks and tells; whoever asked opens the case."""

    def __init__(
        self, store: ObjectStore, ledger: Ledger, kit: ProvenanceKit, scratch: Path
    ) -> None:
        self._store, self._ledger, self._kit = store, ledger, kit
        self._scratch = scratch

    @property
    def bodies(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [self.sample_artefacts, self.audit_artefact]

    @activity.defn
    async def sample_artefacts(self, order: SampleOrder) -> AuditSample:
        """Choose artefacts that are served; the day decides which."""
        chosen = await self._kit.register.sample(order.day, order.count)
        return AuditSample(artefact_ids=tuple(chosen))

    @activity.defn
    async def audit_artefact(self, order: AuditOrder) -> Audited:
        """Read every layer back from an artefact's stored bytes, and say which does not verify."""
        served = await self._served(order.artefact_id)
        if served is None:
            return Audited(film_sha256=None)
        film, proof, rendition = served
        try:
            await self._read_back(order.artefact_id, film, proof)
            if rendition is not None:
                await self._look_at_stills(order.artefact_id, rendition)
        except (ProvenanceBroken, NotAFilm, Unproven) as broken:
            return Audited(film_sha256=film.sha256, code=broken.code, explanation=str(broken))
        except (HashMismatch, ObjectMissing):
            return Audited(
                film_sha256=film.sha256,
                code="bytes-lost",
                explanation=f"The stored bytes of {order.artefact_id} are gone or changed.",
            )
        return Audited(film_sha256=film.sha256)

    async def _served(
        self, artefact_id: str
    ) -> tuple[MediaFile, Proof | None, Rendition | None] | None:
        """The file that is served as this artefact, its proof, and a video's rendition.

        None when nothing is served any more.
        """
        if artefact_id.startswith("exp_"):
            export = (await self._ledger.state(EXPORT, artefact_id)).state
            if not isinstance(export, Completed) or not await self._kept(export.video_id):
                return None
            return export.film, export.proof, None
        video = (await self._ledger.state(VIDEO, artefact_id)).state
        if not isinstance(video, Released | Hidden):
            return None
        released = released_once(video)
        return released.rendition.film, released.proof, released.rendition

    async def _kept(self, video_id: str) -> bool:
        video = (await self._ledger.state(VIDEO, video_id)).state
        return isinstance(video, Released | Hidden)

    async def _read_back(self, artefact_id: str, film: MediaFile, proof: Proof | None) -> None:
        if proof is None:
            raise Unproven(f"{artefact_id} has no proof.")
        kit, claims, word = self._kit, claims_of(proof), proof.word
        with scratch_folder(self._scratch, "audit-") as folder:
            async with beating():
                path = folder / "served.mp4"
                await self._store.get_file(film.key, path, film.sha256)
                if await kit.register.artefact_with(film.sha256) != artefact_id:
                    raise ProvenanceBroken(f"The register does not know {artefact_id}.")
                if word is not None:
                    again = await proof_of_export(
                        kit, path, artefact_id, claims.parents[0], film, claims, word
                    )
                else:
                    verified = await in_thread(
                        lambda sign: read_back(kit, path, artefact_id, proof.number, sign)
                    )
                    again = proof_of(verified, artefact_id, proof.number, film.sha256, claims)
                    await self._require_printed(artefact_id, again)
        require_proof(
            again, artefact_id, film.sha256, OF_A_RENDITION if word is None else OF_AN_EXPORT
        )

    async def _look_at_stills(self, artefact_id: str, rendition: Rendition) -> None:
        with scratch_folder(self._scratch, "stills-") as folder:
            async with beating():
                await require_stills(
                    self._store,
                    self._kit.reader,
                    artefact_id,
                    rendition,
                    folder,
                    unsigned_pass=True,
                )

    async def _require_printed(self, artefact_id: str, proof: Proof) -> None:
        """What can be printed has to be in the index."""
        printable = any(
            each.layer == "picture-fingerprint" and each.standing == "verified"
            for each in proof.findings
        )
        if printable and not await self._kit.index.printed([artefact_id]):
            raise ProvenanceBroken(f"The fingerprints of {artefact_id} are not in the index.")
