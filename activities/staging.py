"""Where files lie that are made and not yet in their final place: ``staging/{story}/``.

From there they go to the place that the hash of their bytes names, where nothing is ever changed.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

from activities.orders import StagedFile
from activities.scratch import file_sha256
from activities.threads import in_thread
from domain.kernel.ports import HashMismatch, ObjectMissing, ObjectStore
from domain.video.media import MediaFile, content_key

STAGING: Final = "staging"


async def staged(store: ObjectStore, story: str, path: Path, content_type: str) -> StagedFile:
    """Put a file there under the hash of its bytes. Raises StoreUnavailable."""
    sha256 = await in_thread(lambda sign: file_sha256(path, sign.heed))
    key = f"{STAGING}/{story}/{sha256}{path.suffix}"
    stored = await store.put_file(key, path, content_type)
    return StagedFile(key=key, sha256=stored.sha256, size=stored.size, content_type=content_type)


async def settled(store: ObjectStore, made: StagedFile) -> MediaFile:
    """Bring one file to its content address, unless its bytes are there already.

    Raises ObjectMissing when it is in neither place, HashMismatch when the bytes read back differ.
    """
    key = content_key(made.sha256, made.content_type)
    with suppress(ObjectMissing, HashMismatch):  # a broken copy is written over
        await store.verify(key, made.sha256)
        return _media_file(key, made)
    await store.copy(made.key, key)
    try:
        await store.verify(key, made.sha256)
    except HashMismatch:
        await store.delete(key)  # nobody may ever be handed these bytes
        raise
    return _media_file(key, made)


async def cleared(store: ObjectStore, story: str) -> int:
    """Remove what a story left there; how many objects that were."""
    removed = 0
    async for key, _ in store.list(f"{STAGING}/{story}/"):
        await store.delete(key)
        removed += 1
    return removed


def _media_file(key: str, made: StagedFile) -> MediaFile:
    return MediaFile(key=key, sha256=made.sha256, size=made.size, content_type=made.content_type)
