"""After a takedown no address leads to a video's bytes, nor to those of a copy that left."""

from __future__ import annotations

from pathlib import Path

from temporalio.testing import ActivityEnvironment

from activities.export.auditing import AuditActivities
from activities.export.orders import AuditOrder
from activities.export.withholding import withheld_key, withhold_video
from activities.ledger import Context, Decision, Ledger
from domain.catalog import EVENTS
from domain.provenance.proof import OF_AN_EXPORT, Finding
from domain.video.export import EXPORT, CompleteExport, RequestExport
from domain.video.media import MediaFile
from domain.video.video import VIDEO, ReleaseVideo, TakeDownVideo
from infra.bootstrap import kit_of
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from infra.media.memory import MemoryObjectStore
from infra.provenance.keys import ProvenanceKeys
from infra.provenance.memory import MemoryIndex, MemoryRegister
from tests import words

LEFT, ANOTHERS = words.an_id("exp", 1), words.an_id("exp", 2)
OTHER_VIDEO = words.an_id("vid", 2)
COPY, OTHER_COPY = words.a_file(fill="e"), words.a_file(fill="f")
RENDITION = words.RENDITION
CONTEXT = Context("test", "test")


async def exported(ledger: Ledger, export_id: str, video_id: str, film: MediaFile) -> None:
    """A copy of a video has left."""
    ask = RequestExport(
        command_id="ask",
        at=words.moment(6),
        export_id=export_id,
        video_id=video_id,
        account_id=words.ACCOUNT_ID,
    )
    found = {
        "artefact_id": export_id,
        "film_sha256": film.sha256,
        "parents": (video_id,),
        "word": "AI MADE",
        "findings": tuple(Finding(layer=each) for each in OF_AN_EXPORT),
    }
    proof = words.PROOF.model_copy(update=found)
    end = CompleteExport(command_id="end", at=words.moment(7), film=film, proof=proof)
    for command in (ask, end):
        await ledger.perform([Decision(EXPORT, export_id, command)], CONTEXT)


async def taken_down(ledger: Ledger) -> None:
    """The video was released, and taken down."""
    release = ReleaseVideo(
        command_id="release",
        at=words.moment(5),
        video_id=words.VIDEO_ID,
        generation_id=words.GENERATION_ID,
        account_id=words.ACCOUNT_ID,
        rendition=RENDITION,
        proof=words.PROOF,
    )
    down = TakeDownVideo(
        command_id="down", at=words.moment(9), video_id=words.VIDEO_ID, reason="owner-asked"
    )
    for command in (release, down):
        await ledger.perform([Decision(VIDEO, words.VIDEO_ID, command)], CONTEXT)


async def test_its_files_and_its_copies_go_and_nobody_elses(tmp_path: Path) -> None:
    ledger, register = Ledger(MemoryEventLog(), CatalogCodec(EVENTS)), MemoryRegister()
    store = MemoryObjectStore(lambda: words.moment())
    own = [RENDITION.film, RENDITION.poster, RENDITION.contact_sheet, COPY]
    for file in (*own, OTHER_COPY):
        path = tmp_path / file.sha256
        path.write_text(file.key)
        await store.put_file(file.key, path, file.content_type)
    await taken_down(ledger)
    for export_id, video_id, film in (
        (LEFT, words.VIDEO_ID, COPY),
        (ANOTHERS, OTHER_VIDEO, OTHER_COPY),
    ):
        await exported(ledger, export_id, video_id, film)
        await register.sealed(export_id, film.sha256, copy_of=video_id)

    for _ in ("once", "again"):
        await withhold_video(store, ledger, register, words.VIDEO_ID, RENDITION)
        expected = {OTHER_COPY.key, *(withheld_key(each.key) for each in own)}
        assert set(store.entries) == expected
    assert store.entries[withheld_key(COPY.key)].data == COPY.key.encode()


async def test_an_audit_misses_no_copy_of_a_video_that_was_taken_down(
    tmp_path: Path, keys: ProvenanceKeys
) -> None:
    ledger = Ledger(MemoryEventLog(), CatalogCodec(EVENTS))
    await taken_down(ledger)
    await exported(ledger, LEFT, words.VIDEO_ID, COPY)
    kit = kit_of(keys, MemoryRegister(), MemoryIndex())
    auditing = AuditActivities(MemoryObjectStore(), ledger, kit, tmp_path)
    found = await ActivityEnvironment().run(auditing.audit_artefact, AuditOrder(artefact_id=LEFT))
    assert (found.film_sha256, found.code) == (None, None)
