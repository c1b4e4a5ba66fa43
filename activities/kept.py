"""Kept takes: what was sampled stays for some days, so that the same plan is found and not sampled.

They lie under ``kept/{account}/{plan}/{generation}.{sha256}.mkv``: nobody finds another account's,
erasing an account is removing one folder, and the bytes' hash travels in the name.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from activities.scratch import file_sha256
from activities.threads import in_thread
from domain.kernel.ports import HashMismatch, ObjectMissing, ObjectStore

KEPT: Final = "kept"
DAYS_KEPT: Final = 7.0
DAYS_IN_USE_MAX: Final = 3.0
"""A story may wait a day each to sample, assemble and store: for so long a found take must stay."""
SECONDS_PER_DAY: Final = 86_400
_CONTENT_TYPE: Final = "video/x-matroska"


@dataclass(frozen=True)
class KeptFile:
    """A take in the store, and the generation that sampled it. Size in bytes, hash in hex."""

    key: str
    generation_id: str
    sha256: str
    size: int


@dataclass(frozen=True)
class KeptTakes:
    """The takes of all accounts; each stays ``days`` and is handed out until it is nearly due."""

    store: ObjectStore
    now: Callable[[], datetime]
    days: float = DAYS_KEPT

    async def find(self, account_id: str, plan_key: str, generation_id: str) -> KeptFile | None:
        """A take of this plan whose bytes were read and are what they were; damaged ones go.

        One that ``generation_id`` sampled itself, before its worker died, is found at any age.
        """
        prefix = f"{KEPT}/{account_id}/{plan_key}/"
        written_after = self.now().timestamp() - (self.days - DAYS_IN_USE_MAX) * SECONDS_PER_DAY
        found = [each async for each in self.store.list(prefix)]
        for key, written_at in sorted(found):
            owner, sha256, _ = key.removeprefix(prefix).split(".")
            if written_at < written_after and owner != generation_id:
                continue
            try:
                stored = await self.store.verify(key, sha256)
            except ObjectMissing:
                continue
            except HashMismatch:
                await self.store.delete(key)
                continue
            return KeptFile(key, owner, sha256, stored.size)
        return None

    async def keep(
        self, account_id: str, plan_key: str, generation_id: str, path: Path
    ) -> KeptFile:
        """Put a take there. Raises StoreUnavailable, HashMismatch."""
        sha256 = await in_thread(lambda sign: file_sha256(path, sign.heed))
        key = f"{KEPT}/{account_id}/{plan_key}/{generation_id}.{sha256}.mkv"
        stored = await self.store.put_file(key, path, _CONTENT_TYPE)
        if stored.sha256 != sha256:
            with suppress(ObjectMissing):
                await self.store.delete(key)
            raise HashMismatch(f"{key} does not hold the bytes that were sampled")
        return KeptFile(key, generation_id, sha256, stored.size)


def sampled_by(key: str) -> str:
    """The generation that sampled the take under this key."""
    return key.rsplit("/", 1)[1].split(".", 1)[0]
