"""The steps of the release path that sign a film and its stills and prove what is stored.

They run on a worker.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from temporalio import activity

from activities.generation import context_of
from activities.heartbeats import beating
from activities.ledger import Decision, Ledger
from activities.orders import StagedFile
from activities.provenance.kit import ProvenanceKit
from activities.provenance.lineage import Lineage, stated
from activities.provenance.manifest import Parent
from activities.provenance.orders import Proven, ProvingOrder, Signed, SigningOrder
from activities.provenance.proving import origin_of, proof_of, read_back
from activities.provenance.stay_down import require_not_taken_down
from activities.provenance.steps import sign_rendition
from activities.provenance.stills import require_stills
from activities.scratch import scratch_folder
from activities.staging import staged
from activities.threads import in_thread
from domain.generation.commands import RecordProof
from domain.generation.decider import GENERATION
from domain.kernel.ports import ObjectStore


class SealingActivities:
    """Every method is safe to repeat. Unfinished files lie in ``scratch``.

    ``StoreUnavailable`` and ``DiskFull`` pass through: the step is to be tried again later.
    """

    def __init__(
        self,
        store: ObjectStore,
        ledger: Ledger,
        kit: ProvenanceKit,
        lineage: Lineage,
        scratch: Path,
    ) -> None:
        self._store, self._ledger, self._kit = store, ledger, kit
        self._lineage, self._scratch = lineage, scratch

    @property
    def bodies(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [self.sign_film, self.prove_rendition]

    @activity.defn
    async def sign_film(self, order: SigningOrder) -> Signed:
        """Sign the staged film and its stills with the film's parents, and stage what came of it.

        Stills claim what their film claims. A signature is drawn anew each time, so a repeated
        step stages other bytes; those that the step answered with go on. Raises ParentUntrusted,
        SigningFailed, HashMismatch.
        """
        made = order.assembled
        claims = await self._lineage.claims(order.generation_id, order.takes)
        origin = origin_of(order.artefact_id, order.generation_id, claims)
        with scratch_folder(self._scratch, "signing-") as folder:
            async with beating():
                parents = await self._parents(order.generation_id, folder)

                async def sealed(file: StagedFile, name: str) -> StagedFile:
                    plain, signed = folder / name, folder / f"signed-{name}"
                    await self._store.get_file(file.key, plain, file.sha256)
                    await in_thread(
                        lambda _: sign_rendition(self._kit.signer, plain, signed, origin, parents)
                    )
                    return await staged(self._store, order.generation_id, signed, file.content_type)

                files = {
                    "film": await sealed(made.film, "film.mp4"),
                    "poster": await sealed(made.poster, "poster.jpg"),
                    "contact_sheet": await sealed(made.contact_sheet, "contact-sheet.jpg"),
                }
        return Signed(assembled=made.model_copy(update=files), claims=claims)

    @activity.defn
    async def prove_rendition(self, order: ProvingOrder) -> Proven:
        """Verify every layer on the stored bytes, remember them, and write the proof down.

        Raises ProvenanceBroken, naming the layer, ManifestDiffers, naming the field,
        TakenDownBefore, and HashMismatch.
        """
        rendition, kit = order.rendition, self._kit
        statement = await stated(self._ledger, order.artefact_id, order.generation_id, order.claims)
        film = rendition.film
        with scratch_folder(self._scratch, "proving-") as folder:
            async with beating():
                path = folder / "stored.mp4"
                await self._store.get_file(film.key, path, film.sha256)
                number = await kit.register.issue(order.artefact_id)
                verified = await in_thread(
                    lambda sign: read_back(kit, path, statement, number, sign)
                )
                await require_stills(self._store, kit.reader, statement, rendition, folder)
                await require_not_taken_down(self._ledger, kit.index, verified.prints)
                await kit.index.remember(order.artefact_id, verified.prints)
                for file in (film, rendition.poster, rendition.contact_sheet):
                    await kit.register.sealed(order.artefact_id, file.sha256)
        proof = proof_of(verified, order.artefact_id, number, film.sha256, order.claims)
        command = RecordProof(command_id=order.command_id, at=order.at, proof=proof)
        await self._ledger.perform(
            [Decision(GENERATION, order.generation_id, command)], context_of(order)
        )
        return Proven(proof=proof)

    async def _parents(self, generation_id: str, folder: Path) -> tuple[Parent, ...]:
        """The films that this one was made from, as they are stored."""
        found = await self._lineage.parent(generation_id)
        if found is None:
            return ()
        video_id, video = found
        path, film = folder / "parent.mp4", video.rendition.film
        await self._store.get_file(film.key, path, film.sha256)
        return (Parent(video_id, path),)
