"""The audit: a sample of what is served is read back, every layer of it, as on the first day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio import activity

from activities.export.making import proof_of_export
from activities.export.orders import Audited, AuditOrder, AuditSample, SampleOrder
from activities.heartbeats import beating
from activities.ledger import Ledger
from activities.provenance.agreement import Statement
from activities.provenance.kit import ProvenanceKit
from activities.provenance.lineage import stated
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


@dataclass(frozen=True)
class _Served:
    """A file that is served as an artefact; ``rendition`` is that of a video, with its stills."""

    artefact_id: str
    generation_id: str
    film: MediaFile
    proof: Proof | None
    rendition: Rendition | None = None


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
        film = served.film
        try:
            await self._look_at(served)
        except (ProvenanceBroken, NotAFilm, Unproven) as broken:
            return Audited(film_sha256=film.sha256, code=broken.code, explanation=str(broken))
        except (HashMismatch, ObjectMissing):
            return Audited(
                film_sha256=film.sha256,
                code="bytes-lost",
                explanation=f"The stored bytes of {order.artefact_id} are gone or changed.",
            )
        return Audited(film_sha256=film.sha256)

    async def _served(self, artefact_id: str) -> _Served | None:
        """The file that is served as this artefact; None when nothing is any more."""
        if artefact_id.startswith("exp_"):
            export = (await self._ledger.state(EXPORT, artefact_id)).state
            if not isinstance(export, Completed):
                return None
            video = await self._kept(export.video_id)
            if video is None:
                return None
            return _Served(artefact_id, video.generation_id, export.film, export.proof)
        video = await self._kept(artefact_id)
        if video is None:
            return None
        rendition = video.rendition
        return _Served(artefact_id, video.generation_id, rendition.film, video.proof, rendition)

    async def _kept(self, video_id: str) -> Released | None:
        video = (await self._ledger.state(VIDEO, video_id)).state
        return released_once(video) if isinstance(video, Released | Hidden) else None

    async def _look_at(self, served: _Served) -> None:
        """Raise what does not verify of a film, or of the stills of a video."""
        proof = served.proof
        if proof is None:
            raise Unproven(f"{served.artefact_id} has no proof.")
        statement = await stated(
            self._ledger, served.artefact_id, served.generation_id, claims_of(proof)
        )
        await self._read_back(served.film, proof, statement)
        if served.rendition is not None:
            await self._look_at_stills(served.rendition, statement)

    async def _read_back(self, film: MediaFile, proof: Proof, statement: Statement) -> None:
        artefact_id, kit = statement.origin.artefact_id, self._kit
        claims, word = claims_of(proof), proof.word
        with scratch_folder(self._scratch, "audit-") as folder:
            async with beating():
                path = folder / "served.mp4"
                await self._store.get_file(film.key, path, film.sha256)
                if await kit.register.artefact_with(film.sha256) != artefact_id:
                    raise ProvenanceBroken(f"The register does not know {artefact_id}.")
                if word is not None:
                    again = await proof_of_export(kit, path, statement, claims, film, word)
                else:
                    verified = await in_thread(
                        lambda sign: read_back(kit, path, statement, proof.number, sign)
                    )
                    again = proof_of(verified, artefact_id, proof.number, film.sha256, claims)
                    await self._require_printed(artefact_id, again)
        require_proof(
            again, artefact_id, film.sha256, OF_A_RENDITION if word is None else OF_AN_EXPORT
        )

    async def _look_at_stills(self, rendition: Rendition, statement: Statement) -> None:
        with scratch_folder(self._scratch, "stills-") as folder:
            async with beating():
                await require_stills(
                    self._store,
                    self._kit.reader,
                    statement,
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
