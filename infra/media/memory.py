"""The object store's twin in memory: a dictionary with manners, for tests and for trying out."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from domain.kernel.ports import StoredObject, UploadGrant
from infra.clock import system_clock
from infra.media.faults import missing, require_hash, require_size


@dataclass(frozen=True)
class Entry:
    """An object's bytes, their type, and when they were written."""

    data: bytes
    content_type: str
    written_at: datetime


class UploadRefused(Exception):
    """What was sent does not hold to its grant."""


class MemoryObjectStore:
    """All objects in one dictionary, which tests may look into and tamper with."""

    def __init__(self, clock: Callable[[], datetime] = system_clock) -> None:
        self._clock = clock
        self.entries: dict[str, Entry] = {}

    async def put_file(self, key: str, path: Path, content_type: str) -> StoredObject:
        """Keep a file's bytes and report their size and hash."""
        data = await asyncio.to_thread(path.read_bytes)
        self.entries[key] = Entry(data, content_type, self._clock())
        return _described(key, data)

    async def get_file(
        self, key: str, path: Path, sha256: str | None = None, size_max: int | None = None
    ) -> StoredObject:
        """Write the bytes to a file, unless they are not as promised."""
        data = self._entry(key).data
        require_size(key, len(data), size_max)
        found = _described(key, data)
        require_hash(found, sha256)
        await asyncio.to_thread(path.write_bytes, data)
        return found

    async def copy(self, source: str, target: str) -> None:
        """Copy within the store."""
        self.entries[target] = replace(self._entry(source), written_at=self._clock())

    async def verify(self, key: str, sha256: str) -> StoredObject:
        """Compare the hash of the bytes, or raise ``HashMismatch``."""
        found = _described(key, self._entry(key).data)
        require_hash(found, sha256)
        return found

    async def delete(self, key: str) -> None:
        """Remove an object; one that is gone already is no error."""
        self.entries.pop(key, None)

    async def list(self, prefix: str) -> AsyncIterator[tuple[str, float]]:
        """Keys under a prefix with the seconds since the epoch at which each was written."""
        for key in sorted(self.entries):
            if key.startswith(prefix) and (entry := self.entries.get(key)):
                yield key, entry.written_at.timestamp()

    async def address(self, key: str, lifetime: timedelta) -> str:
        """Where the object would be found; only this store knows what it means."""
        return f"memory:///{key}?seconds={lifetime.total_seconds():g}"

    async def upload_grant(
        self, key: str, content_type: str, bytes_max: int, expires_at: datetime
    ) -> UploadGrant:
        """Leave to write one object with ``receive``."""
        fields = {"key": key, "Content-Type": content_type}
        return UploadGrant("memory:///", fields, bytes_max, expires_at)

    def receive(self, grant: UploadGrant, data: bytes) -> None:
        """Take a stranger's bytes as a server would. Raises ``UploadRefused``."""
        if not 1 <= len(data) <= grant.bytes_max or self._clock() > grant.expires_at:
            raise UploadRefused
        content_type = grant.fields["Content-Type"]
        self.entries[grant.fields["key"]] = Entry(data, content_type, self._clock())

    def _entry(self, key: str) -> Entry:
        if key not in self.entries:
            raise missing(key)
        return self.entries[key]


def _described(key: str, data: bytes) -> StoredObject:
    return StoredObject(key, len(data), hashlib.sha256(data).hexdigest())
