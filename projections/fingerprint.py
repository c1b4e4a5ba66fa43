"""The bytes of a read model in one short word, so that two can be compared."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import asyncpg

from projections.projection import Projection


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """How many rows a table has, and the SHA-256 of all their values in the order of the key."""

    rows: int
    sha256: str


async def fingerprint(connection: asyncpg.Connection, projection: Projection[Any]) -> Fingerprint:
    """Read the whole live table, in PostgreSQL's binary format."""
    digest = hashlib.sha256()

    async def take(piece: bytes) -> None:
        digest.update(piece)

    done = await connection.copy_from_query(
        projection.sql["everything"], output=take, format="binary"
    )
    return Fingerprint(int(done.rpartition(" ")[2]), digest.hexdigest())
