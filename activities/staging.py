"""Where files lie that are made and not yet in their final place: ``staging/{story}/``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from activities.orders import StagedFile
from activities.scratch import file_sha256
from activities.threads import in_thread
from domain.kernel.ports import ObjectStore

STAGING: Final = "staging"


async def staged(store: ObjectStore, story: str, path: Path, content_type: str) -> StagedFile:
    """Put a file there under the hash of its bytes. Raises StoreUnavailable."""
    sha256 = await in_thread(lambda sign: file_sha256(path, sign.heed))
    key = f"{STAGING}/{story}/{sha256}{path.suffix}"
    stored = await store.put_file(key, path, content_type)
    return StagedFile(key=key, sha256=stored.sha256, size=stored.size, content_type=content_type)
