"""Stills of a film, read back from the store: their manifests say what the film's says."""

from __future__ import annotations

from pathlib import Path

from activities.provenance.agreement import Statement
from activities.provenance.reading import ManifestReader
from activities.provenance.steps import require_manifest
from activities.threads import StopSign, in_thread
from domain.kernel.ports import ObjectStore
from domain.provenance.verdict import ManifestState
from domain.video.media import Rendition


async def require_stills(
    store: ObjectStore,
    reader: ManifestReader,
    statement: Statement,
    rendition: Rendition,
    folder: Path,
    *,
    unsigned_pass: bool = False,
) -> None:
    """Verify the manifests of poster and contact sheet on the bytes that are served.

    With ``unsigned_pass``, those that were released before stills were signed pass as well: no
    other bytes have the hash that the log knows. Raises ProvenanceBroken,
    ManifestDiffers, HashMismatch, ObjectMissing.
    """
    poster, sheet = folder / "poster.jpg", folder / "contact-sheet.jpg"
    await store.get_file(rendition.poster.key, poster, rendition.poster.sha256)
    await store.get_file(rendition.contact_sheet.key, sheet, rendition.contact_sheet.sha256)

    def look(sign: StopSign) -> None:
        for path, which in ((poster, "poster"), (sheet, "contact sheet")):
            sign.heed()
            if unsigned_pass and reader.read(path).state is ManifestState.MISSING:
                continue
            require_manifest(path, statement, reader, which)

    await in_thread(look)
