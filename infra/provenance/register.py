"""The register of numbers in PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import asyncpg
import numpy as np
from asyncpg.pool import PoolConnectionProxy
from numpy.typing import NDArray

from infra.named_sql import statements
from infra.provenance.faults import reaching

_SQL: Final = statements(Path(__file__).with_suffix(".sql"))
_NAME: Final = "register of artefacts"


class PostgresRegister:
    """Numbers from one on, without gaps, in the order in which they were given out."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @staticmethod
    async def migrate(connection: asyncpg.Connection | PoolConnectionProxy) -> None:
        """Create the tables. Safe to run again."""
        await connection.execute(_SQL["create"])

    async def issue(self, artefact_id: str) -> int:
        """The number of an artefact; the same one when asked again."""
        with reaching(_NAME):
            known = await self._pool.fetchval(_SQL["known"], artefact_id)
            if known is not None:
                return int(known)
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(_SQL["lock"])
                return int(await connection.fetchval(_SQL["issue"], artefact_id))

    async def artefact_of(self, number: int) -> str | None:
        """The artefact that has a number."""
        with reaching(_NAME):
            found: str | None = await self._pool.fetchval(_SQL["artefact_of"], number)
        return found

    async def sealed(self, artefact_id: str, sha256: str, copy_of: str | None = None) -> None:
        """Remember the hash of the bytes that are served for an artefact."""
        with reaching(_NAME):
            await self._pool.execute(_SQL["seal"], sha256, artefact_id, copy_of)

    async def copies(self, video_id: str) -> list[str]:
        """The artefacts that were sealed as copies of a video."""
        with reaching(_NAME):
            rows = await self._pool.fetch(_SQL["copies"], video_id)
        return [row["artefact_id"] for row in rows]

    async def artefact_with(self, sha256: str) -> str | None:
        """The artefact that is served as exactly these bytes."""
        with reaching(_NAME):
            found: str | None = await self._pool.fetchval(_SQL["artefact_with"], sha256)
        return found

    async def sample(self, seed: str, count: int) -> list[str]:
        """At most so many artefacts whose bytes are served; the seed chooses which."""
        with reaching(_NAME):
            rows = await self._pool.fetch(_SQL["sample"], seed, count)
        return [row["artefact_id"] for row in rows]

    async def numbers(self, after: int = 0) -> NDArray[np.int64]:
        """All numbers that were given out, above one, in order."""
        with reaching(_NAME):
            rows = await self._pool.fetch(_SQL["numbers"], after)
        return np.array([row["number"] for row in rows], np.int64)
