"""A studio for tests of the door: its takes are four steps of nothing, its films a few bytes.

It is honest towards the log and the store. A brief with the seed ``HELD`` stays at its second step
until it is cancelled or released.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from pathlib import Path

import numpy as np
from temporalio import activity

from activities.export.orders import (
    Branded,
    BrandingOrder,
    ExportProven,
    ExportProvingOrder,
    KeepDownOrder,
    KeptDown,
)
from activities.export.withholding import withhold_video
from activities.generation import context_of
from activities.ledger import Decision, Ledger
from activities.orders import (
    Assembled,
    AssemblyOrder,
    ClearanceOrder,
    Cleared,
    Errand,
    SamplingOrder,
    SamplingProgress,
    SavedStrip,
    StagedFile,
    StorageOrder,
    Stored,
)
from activities.provenance.orders import Claims, Proven, ProvingOrder, Signed, SigningOrder
from domain.generation.commands import BeginSampling, RecordProof, RecordRendition, RecordTake
from domain.generation.decider import GENERATION
from domain.generation.take import Take
from domain.kernel.ports import ObjectStore
from domain.provenance.policy import POLICY
from domain.provenance.proof import OF_A_RENDITION, OF_AN_EXPORT, Finding, Proof
from domain.video.media import MediaFile, Rendition, content_key
from domain.video.video import VIDEO, TakenDown
from gpu_workers.previews import Strips, strip
from infra.provenance.memory import MemoryRegister

HELD = 4242
STEPS = 4


class SmallStudio:
    """Activities of the studio and of the media worker, in one."""

    def __init__(self, ledger: Ledger, store: ObjectStore) -> None:
        self._ledger, self._store = ledger, store
        self._register = MemoryRegister()
        self.released = asyncio.Event()

    @activity.defn
    async def sample_take(self, order: SamplingOrder) -> Take:
        attempt = activity.info().attempt
        name = f"{order.command_id}/{attempt}"
        begin = BeginSampling(
            command_id=f"{name}/begin",
            at=order.at,
            shot=order.shot,
            attempt=attempt,
            steps=STEPS,
            plan_key="c" * 64,
        )
        await self._decide(order, begin)
        for step in range(1, STEPS + 1):
            activity.heartbeat(_progress(order, attempt, step))
            looked = None
            while order.brief.seed == HELD and step == 2 and not self.released.is_set():
                looked = looked or await self._look(order, attempt, step)
                await asyncio.sleep(0.05)
                told = _progress(order, attempt, step)
                activity.heartbeat(told.model_copy(update={"preview": looked}))
        take = Take(
            key=f"takes/{order.generation_id}/{'b' * 64}.mkv",
            sha256="b" * 64,
            size=1,
            plan_key="c" * 64,
            frames=12,
            fps=24,
            sample_rate=48000,
        )
        await self._decide(
            order,
            RecordTake(
                command_id=f"{order.command_id}/take", at=order.at, shot=order.shot, take=take
            ),
        )
        return take

    async def _look(self, order: SamplingOrder, attempt: int, step: int) -> SavedStrip:
        strips = Strips(
            self._store, order.generation_id, attempt, Path(tempfile.gettempdir()), order.shot
        )
        return await strips.save(step, strip(np.full((6, 90, 160, 3), 90, np.uint8)))

    @activity.defn
    async def assemble_rendition(self, order: AssemblyOrder) -> Assembled:
        film, poster, sheet = [
            StagedFile(
                key=f"staging/{order.generation_id}/{kind}",
                sha256=_sha(data),
                size=len(data),
                content_type=content_type,
            )
            for kind, data, content_type in _files(order.generation_id)
        ]
        return Assembled(
            film=film,
            poster=poster,
            contact_sheet=sheet,
            width=64,
            height=64,
            fps=24,
            frames=12,
            picture_seconds=0.5,
            sound_seconds=0.5,
            sample_rate=48000,
        )

    @activity.defn
    async def store_rendition(self, order: StorageOrder) -> Stored:
        kept = [
            await self._keep(data, content_type)
            for _, data, content_type in _files(order.generation_id)
        ]
        made = order.assembled.model_dump(exclude={"film", "poster", "contact_sheet"})
        rendition = Rendition(film=kept[0], poster=kept[1], contact_sheet=kept[2], **made)
        await self._decide(
            order, RecordRendition(command_id=order.command_id, at=order.at, rendition=rendition)
        )
        return Stored(rendition=rendition)

    @activity.defn
    async def sign_film(self, order: SigningOrder) -> Signed:
        claims = Claims(plan_sha256="c" * 64, policy_sha256=POLICY.sha256)
        return Signed(assembled=order.assembled, claims=claims)

    @activity.defn
    async def prove_rendition(self, order: ProvingOrder) -> Proven:
        proof = Proof(
            artefact_id=order.artefact_id,
            film_sha256=order.rendition.film.sha256,
            number=1,
            plan_sha256=order.claims.plan_sha256,
            policy_sha256=order.claims.policy_sha256,
            findings=tuple(Finding(layer=each) for each in OF_A_RENDITION),
        )
        await self._decide(
            order, RecordProof(command_id=order.command_id, at=order.at, proof=proof)
        )
        return Proven(proof=proof)

    @activity.defn
    async def brand_video(self, order: BrandingOrder) -> Branded:
        film = await self._keep(f"copy {order.export_id}".encode(), "video/mp4")
        claims = Claims(plan_sha256="c" * 64, policy_sha256=POLICY.sha256)
        return Branded(film=film, claims=claims)

    @activity.defn
    async def prove_export(self, order: ExportProvingOrder) -> ExportProven:
        proof = Proof(
            artefact_id=order.export_id,
            film_sha256=order.film.sha256,
            number=1,
            plan_sha256=order.claims.plan_sha256,
            policy_sha256=order.claims.policy_sha256,
            parents=(order.video_id,),
            word="AI MADE",
            findings=tuple(Finding(layer=each) for each in OF_AN_EXPORT),
        )
        await self._register.sealed(order.export_id, order.film.sha256, copy_of=order.video_id)
        return ExportProven(proof=proof)

    @activity.defn
    async def keep_video_down(self, order: KeepDownOrder) -> KeptDown:
        state = (await self._ledger.state(VIDEO, order.video_id)).state
        assert isinstance(state, TakenDown)
        where = (self._store, self._ledger, self._register)
        await withhold_video(*where, order.video_id, state.released.rendition)
        return KeptDown(prints=0)

    @activity.defn
    async def clear_staging(self, order: ClearanceOrder) -> Cleared:
        return Cleared(objects=0)

    async def _decide(self, order: Errand, command: object) -> None:
        decision = Decision(GENERATION, order.generation_id, command)  # type: ignore[arg-type]
        await self._ledger.perform([decision], context_of(order))

    async def _keep(self, data: bytes, content_type: str) -> MediaFile:
        key = content_key(_sha(data), content_type)
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            await self._store.put_file(key, Path(file.name), content_type)
        return MediaFile(key=key, sha256=_sha(data), size=len(data), content_type=content_type)


def _progress(order: SamplingOrder, attempt: int, step: int) -> SamplingProgress:
    return SamplingProgress(shot=order.shot, attempt=attempt, step=step, steps=STEPS)


def _files(generation_id: str) -> list[tuple[str, bytes, str]]:
    return [
        ("film", f"film of {generation_id}".encode(), "video/mp4"),
        ("poster", f"poster of {generation_id}".encode(), "image/jpeg"),
        ("sheet", f"sheet of {generation_id}".encode(), "image/jpeg"),
    ]


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
