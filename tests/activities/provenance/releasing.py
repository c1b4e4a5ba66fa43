"""A generation on its way to its release, with a real clip, and ways to break one layer of it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from temporalio.testing import ActivityEnvironment

from activities.consent.office import CastingOffice
from activities.film.changed import Planes
from activities.film.shape import Timing
from activities.ledger import Context, Decision, Ledger
from activities.media import MediaActivities
from activities.orders import Assembled, AssemblyOrder, StorageOrder
from activities.provenance.changes import Invisible, Visible
from activities.provenance.keyed import Floats
from activities.provenance.kit import ProvenanceKit
from activities.provenance.lineage import Lineage
from activities.provenance.manifest import Generator, Origin, Parent
from activities.provenance.orders import Claims, ProvingOrder, Signed, SigningOrder
from activities.provenance.sealing import SealingActivities
from activities.provenance.signing import FilmSigner
from domain.catalog import EVENTS
from domain.generation.commands import RecordTake
from domain.generation.decider import GENERATION
from domain.generation.take import Take
from domain.kernel.model import Command
from domain.provenance.proof import Proof
from domain.video.media import Rendition
from domain.video.video import VIDEO, ReleaseVideo
from infra.bootstrap import kit_of
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from infra.media.memory import MemoryObjectStore
from infra.provenance.keys import ProvenanceKeys
from infra.provenance.memory import MemoryIndex, MemoryRegister
from tests import words
from tests.activities.provenance.films import FPS

TIMING = Timing(frames=3 * FPS, fps=FPS)


@dataclass
class Release:
    """The activities of the release path around one take that the studio has kept."""

    store: MemoryObjectStore
    ledger: Ledger
    kit: ProvenanceKit
    media: MediaActivities
    sealing: SealingActivities
    take: Take
    environment: ActivityEnvironment

    async def assembled(self, artefact_id: str | None = words.VIDEO_ID) -> Assembled:
        order = AssemblyOrder(**errand("assemble"), takes=(self.take,), artefact_id=artefact_id)
        return await self.environment.run(self.media.assemble_rendition, order)

    async def signed(self, assembled: Assembled) -> Signed:
        order = SigningOrder(
            **errand("sign"),
            artefact_id=words.VIDEO_ID,
            assembled=assembled,
            takes=(self.take,),
        )
        return await self.environment.run(self.sealing.sign_film, order)

    async def stored(self, assembled: Assembled) -> Rendition:
        order = StorageOrder(**errand("store"), assembled=assembled, takes=(self.take,))
        return (await self.environment.run(self.media.store_rendition, order)).rendition

    async def proven(self, rendition: Rendition, claims: Claims) -> Proof:
        order = ProvingOrder(
            **errand("prove"), artefact_id=words.VIDEO_ID, rendition=rendition, claims=claims
        )
        return (await self.environment.run(self.sealing.prove_rendition, order)).proof

    async def whole(self) -> tuple[Rendition, Proof]:
        """All steps up to the release decision."""
        signed = await self.signed(await self.assembled())
        rendition = await self.stored(signed.assembled)
        return rendition, await self.proven(rendition, signed.claims)

    async def released(self) -> Rendition:
        """The video can be seen, with the proof of its bytes."""
        rendition, proof = await self.whole()
        show = ReleaseVideo(
            command_id="release",
            at=words.moment(20),
            video_id=words.VIDEO_ID,
            generation_id=words.GENERATION_ID,
            account_id=words.ACCOUNT_ID,
            rendition=rendition,
            proof=proof,
        )
        decision = Decision(VIDEO, words.VIDEO_ID, show)
        await self.ledger.perform([decision], Context("test", "test"))
        return rendition

    async def perform(self, *commands: Command) -> None:
        for command in commands:
            decision = Decision(GENERATION, words.GENERATION_ID, command)
            await self.ledger.perform([decision], Context("test", "test"))

    async def file(self, rendition: Rendition, path: Path) -> Path:
        await self.store.get_file(rendition.film.key, path)
        return path


def errand(step: str) -> dict[str, Any]:
    return {
        "generation_id": words.GENERATION_ID,
        "account_id": words.ACCOUNT_ID,
        "command_id": f"generation/{words.GENERATION_ID}/{step}",
        "at": words.moment(10),
        "actor": "worker/media",
    }


async def a_release(folder: Path, take_file: Path, keys: ProvenanceKeys) -> Release:
    """A generation whose one take has just been kept."""
    content = await asyncio.to_thread(take_file.read_bytes)
    sha256 = hashlib.sha256(content).hexdigest()
    take = Take(
        key=f"takes/{words.GENERATION_ID}/{sha256}.mkv",
        sha256=sha256,
        size=len(content),
        plan_key="c" * 64,
        frames=TIMING.frames,
        fps=TIMING.fps,
        sample_rate=48_000,
    )
    store = MemoryObjectStore(lambda: words.moment())
    await store.put_file(take.key, take_file, "video/x-matroska")
    log, codec = MemoryEventLog(), CatalogCodec(EVENTS)
    ledger, kit = Ledger(log, codec), kit_of(keys, MemoryRegister(), MemoryIndex())
    lineage = Lineage(ledger, CastingOffice(log, codec))
    scratch = folder / "scratch"
    release = Release(
        store,
        ledger,
        kit,
        MediaActivities(store, ledger, words.moment, scratch, kit=kit),
        SealingActivities(store, ledger, kit, lineage, scratch),
        take,
        ActivityEnvironment(),
    )
    recorded = RecordTake(command_id="take", at=words.moment(3), take=take)
    await release.perform(words.request_video(), words.begin_sampling(), recorded)
    return release


class OnlySound(Invisible):
    """Leaves the pictures as they are."""

    def picture(self, planes: Planes, seconds: float) -> None:
        return None


class OnlyPictures(Invisible):
    """Leaves the sound as it is."""

    def sound(self, samples: Floats) -> Floats:
        return samples


class Tilting(Visible):
    """Draws the visible mark on pictures that are turned, which the faint one does not survive."""

    def picture(self, planes: Planes, seconds: float) -> None:
        height, width = planes.shape[0] * 2 // 3, planes.shape[1]
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), 6.0, 1.0)
        planes[:height] = cv2.warpAffine(
            planes[:height], turn, (width, height), borderMode=cv2.BORDER_REPLICATE
        )
        super().picture(planes, seconds)


class Backwards(Visible):
    """Plays the sound from its end, which no mark survives."""

    def sound(self, samples: Floats) -> Floats:
        return np.ascontiguousarray(samples[:, ::-1])


def unsigned(film: Path, signed: Path, origin: Origin, parents: tuple[Parent, ...]) -> None:
    """Instead of signing: the same bytes."""
    signed.write_bytes(film.read_bytes())


@contextmanager
def breaking(layer: str, kit: ProvenanceKit, folder: Path) -> Iterator[None]:
    """Break one layer of films that are released, or copies that leave, while the block runs."""
    with pytest.MonkeyPatch.context() as patch:
        match layer:
            case "manifest":
                patch.setattr(kit.signer, "sign", unsigned)
            case "issuer":
                others = ProvenanceKeys.ensure(folder / "others", datetime.now(UTC))  # noqa: TID251 certificates
                foreign = FilmSigner(others.signing, kit.reader, Generator("other", "1"))
                patch.setattr(kit.signer, "sign", foreign.sign)
            case "graph":
                patch.setattr(kit.signer, "sign", partial(_orphaned, kit.signer.sign))
            case "picture-mark":
                patch.setattr("activities.media.Invisible", OnlySound)
                patch.setattr("activities.provenance.steps.Visible", Tilting)
            case "sound-mark":
                patch.setattr("activities.media.Invisible", OnlyPictures)
                patch.setattr("activities.provenance.steps.Visible", Backwards)
            case "visible-mark":
                patch.setattr("activities.provenance.changes.VisibleMark.apply", _nothing)
            case "fingerprint":
                patch.setattr(kit.index, "near", _nobody)
            case _:
                raise ValueError(f"there is no layer {layer}")
        yield


def _orphaned(
    sign: Callable[..., None], film: Path, signed: Path, origin: Origin, _: tuple[Parent, ...]
) -> None:
    """Signed as it should be, but for the parents, of which nothing is said."""
    sign(film, signed, origin, ())


def _nothing(*_: object) -> None:
    return None


async def _nobody(*_: object) -> list[object]:
    return []
