"""Where the bytes of an attempt lie in the store, and how its sealed references are opened.

``uploads/{enrolment}/{n}`` is where a stranger may write; ``enrolments/{enrolment}/clip`` is the
clip as it was taken in, which nobody else can change; ``likeness/{enrolment}/`` holds what an
approval keeps, sealed for the attempt. The first two are empty when an attempt has ended.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from domain.cameo.cameo import CameoVersion
from domain.kernel.ports import ObjectStore
from domain.kernel.vault import Vault
from domain.video.media import MediaFile

UPLOADS: Final = "uploads"
CLIPS: Final = "enrolments"
SEALED: Final = ".sealed"
LIKENESS: Final = "likeness"


def upload_key(enrolment_id: str, number: int) -> str:
    """Where the answer to an attempt's n-th challenge is uploaded; 0 where there is none."""
    return f"{UPLOADS}/{enrolment_id}/{number}"


def clip_key(enrolment_id: str) -> str:
    """Where the clip lies that was taken in."""
    return f"{CLIPS}/{enrolment_id}/clip"


def likeness_key(enrolment_id: str, name: str) -> str:
    """Where a sealed part of the likeness lies, such as ``face.png``."""
    return f"{LIKENESS}/{enrolment_id}/{name}{SEALED}"


async def open_reference(
    store: ObjectStore, vault: Vault, version: CameoVersion, file: MediaFile, scratch: Path
) -> bytes:
    """A reference in clear, for the studio. Raises Erased once its key is gone, SealBroken."""
    sealed = scratch / f"{file.sha256}.sealed"
    await store.get_file(file.key, sealed, file.sha256)
    name = file.key.rsplit("/", 1)[1].removesuffix(".sealed")
    return await vault.unseal(version.enrolment_id, name, sealed.read_bytes())
