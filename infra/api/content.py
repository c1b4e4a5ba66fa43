"""Short-lived addresses of what may leave: files that are named by their hash, and nothing else.

Takes and whatever is unfinished lie elsewhere in the same store. No route leads there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel

from infra.api.deadlines import asking
from infra.api.doors import Doors
from infra.api.problems import Trouble

SERVED: Final = "media/"


class ContentAddress(BaseModel):
    """Where the bytes are for a while, and what they must hash to."""

    address: str
    expires_at: datetime
    sha256: str
    bytes: int


async def address_of(doors: Doors, key: str, sha256: str, size: int) -> ContentAddress:
    """An address of a released file. Raises ValueError for a key that nobody may be handed."""
    if not key.startswith(SERVED):
        raise ValueError("this object is no released file; nobody is handed its address")
    lifetime = timedelta(seconds=doors.limits.address_seconds)
    expires_at = doors.clock() + lifetime
    async with asking("s3"):
        if key not in [found async for found, _ in doors.store.list(key)]:
            raise Trouble("content-missing")
        address = await doors.store.address(key, lifetime)
    return ContentAddress(address=address, expires_at=expires_at, sha256=sha256, bytes=size)
