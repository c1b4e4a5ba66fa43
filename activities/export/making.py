"""Making a copy for outside, proving it, and looking again at what is served."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from temporalio import activity

from activities.export.orders import (
    Branded,
    BrandingOrder,
    ExportProven,
    ExportProvingOrder,
    KeepDownOrder,
    KeptDown,
)
from activities.export.withholding import withheld_key, withhold_video
from activities.film.shape import Timing
from activities.heartbeats import beating
from activities.ledger import Ledger
from activities.provenance.agreement import Statement
from activities.provenance.kit import ProvenanceKit
from activities.provenance.lineage import stated
from activities.provenance.manifest import Parent
from activities.provenance.orders import Claims
from activities.provenance.ports import PrintIndex
from activities.provenance.prints import Kind, Print
from activities.provenance.proving import claims_of_a_copy, origin_of, proof_of, read_back
from activities.provenance.refusals import ProvenanceBroken
from activities.provenance.steps import brand_export, prints_of, sign_rendition
from activities.provenance.tracing import DISTANCE_MAX
from activities.scratch import scratch_folder
from activities.staging import cleared, settled, staged
from activities.threads import StopSign, in_thread
from domain.kernel.ports import ObjectStore
from domain.provenance.proof import Proof, Unproven
from domain.video.media import MediaFile
from domain.video.video import (
    VIDEO,
    TakenDown,
    Unreleased,
    VideoUnknown,
    released_once,
    require_seen,
)

RECOGNISED_MIN: Final = 0.5
"""Of a copy's moments, those whose fingerprints have to lead to the video."""


class ExportActivities:
    """Every method is safe to repeat. Unfinished files lie in ``scratch``.

    ``word`` is what the visible mark says. ``StoreUnavailable`` and ``DiskFull`` pass through.
    """

    def __init__(
        self,
        store: ObjectStore,
        ledger: Ledger,
        kit: ProvenanceKit,
        scratch: Path,
        word: str,
    ) -> None:
        self._store, self._ledger, self._kit = store, ledger, kit
        self._scratch, self._word = scratch, word

    @property
    def bodies(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [self.brand_video, self.prove_export, self.keep_video_down]

    @activity.defn
    async def brand_video(self, order: BrandingOrder) -> Branded:
        """Write the video anew with the visible mark, sign it last, and put it in its place.

        Raises VideoIsTakenDown, Unproven for a video of before films were marked, HashMismatch,
        ParentUntrusted, SigningFailed.
        """
        video = require_seen((await self._ledger.state(VIDEO, order.video_id)).state)
        if video.proof is None:
            raise Unproven(f"{order.video_id} was released before films were marked.")
        claims = claims_of_a_copy(order.video_id, video.proof)
        film, timing = video.rendition.film, Timing(video.rendition.frames, video.rendition.fps)
        with scratch_folder(self._scratch, "export-") as folder:
            async with beating():
                source, branded, signed = (
                    folder / name for name in ("video.mp4", "branded.mp4", "signed.mp4")
                )
                await self._store.get_file(film.key, source, film.sha256)

                def work(sign: StopSign) -> None:
                    brand_export(source, branded, timing, self._word, lambda *_: sign.heed())
                    origin = origin_of(order.export_id, video.generation_id, claims)
                    parents = (Parent(order.video_id, source),)
                    sign_rendition(self._kit.signer, branded, signed, origin, parents)

                await in_thread(work)
                made = await staged(self._store, order.export_id, signed, film.content_type)
                stored = await settled(self._store, made)
                await cleared(self._store, order.export_id)
        return Branded(film=stored, claims=claims)

    @activity.defn
    async def prove_export(self, order: ExportProvingOrder) -> ExportProven:
        """Verify every layer on the bytes that would be served, the visible mark among them.

        Raises ProvenanceBroken, naming the layer, ManifestDiffers, naming the field,
        VideoUnknown, and HashMismatch.
        """
        kit, film = self._kit, order.film
        video = (await self._ledger.state(VIDEO, order.video_id)).state
        if isinstance(video, Unreleased):
            raise VideoUnknown
        if order.claims.parents != (order.video_id,):
            raise ProvenanceBroken(f"{order.export_id} is not claimed as a copy of its video.")
        generation_id = released_once(video).generation_id
        statement = await stated(self._ledger, order.export_id, generation_id, order.claims)
        with scratch_folder(self._scratch, "proving-") as folder:
            async with beating():
                path = folder / "served.mp4"
                await self._store.get_file(film.key, path, film.sha256)
                proof = await proof_of_export(
                    kit, path, statement, order.claims, film, self._word, remembering=True
                )
        await kit.register.sealed(order.export_id, film.sha256, copy_of=order.video_id)
        return ExportProven(proof=proof)

    @activity.defn
    async def keep_video_down(self, order: KeepDownOrder) -> KeptDown:
        """Withhold the bytes of a video that was taken down, and remember its fingerprints.

        Raises VideoUnknown, HashMismatch, ObjectMissing.
        """
        state = (await self._ledger.state(VIDEO, order.video_id)).state
        if not isinstance(state, TakenDown):
            raise VideoUnknown
        rendition, kit = state.released.rendition, self._kit
        with scratch_folder(self._scratch, "takedown-") as folder:
            async with beating():
                await withhold_video(
                    self._store, self._ledger, kit.register, order.video_id, rendition
                )
                path, film = folder / "video.mp4", rendition.film
                await self._store.get_file(withheld_key(film.key), path, film.sha256)
                prints = await in_thread(lambda _: prints_of(path))
                await kit.index.remember(order.video_id, prints)
        return KeptDown(prints=len(prints))


async def proof_of_export(
    kit: ProvenanceKit,
    path: Path,
    statement: Statement,
    claims: Claims,
    film: MediaFile,
    word: str,
    *,
    remembering: bool = False,
) -> Proof:
    """Every layer read back from a copy, whose one parent is its video.

    Its marks say the number of that video. Its fingerprints are the video's too, so that what is
    traced has one answer; where the visible mark is most of what is to be seen, the copy has some
    of its own, which are remembered when ``remembering``. Raises ProvenanceBroken, ManifestDiffers,
    NotAFilm.
    """
    export_id, [video_id] = statement.origin.artefact_id, claims.parents
    number = await kit.register.issue(video_id)
    verified = await in_thread(lambda sign: read_back(kit, path, statement, number, sign, word))
    known = {video_id, export_id}
    if not await _recognised(kit.index, known, verified.prints):
        if remembering:
            await kit.index.remember(export_id, verified.prints)
        if not remembering or not await _recognised(kit.index, known, verified.prints):
            raise ProvenanceBroken(f"The fingerprints of {export_id} lead to nothing of ours.")
    return proof_of(verified, export_id, number, film.sha256, claims, word)


async def _recognised(index: PrintIndex, known: set[str], prints: tuple[Print, ...]) -> bool:
    """Whether enough moments of a copy lead to these artefacts; a blank one has nothing to."""
    pictures = [each for each in prints if each.kind is Kind.PICTURE]
    near = await index.near(pictures, DISTANCE_MAX) if pictures else []
    led = {pictures[each.query].at_ms for each in near if each.artefact_id in known}
    return len(led) >= RECOGNISED_MIN * len({each.at_ms for each in pictures})
