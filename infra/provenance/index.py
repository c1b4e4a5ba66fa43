"""Fingerprints in PostgreSQL, found by multi-index hashing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import asyncpg
import numpy as np
from asyncpg.pool import PoolConnectionProxy

from activities.provenance.ports import Match
from activities.provenance.prints import BITS, Kind, Print
from infra.named_sql import statements
from infra.provenance.faults import reaching

_SQL: Final = statements(Path(__file__).with_suffix(".sql"))
_NAME: Final = "index of fingerprints"
_PLANNING: Final = "SET LOCAL enable_seqscan = off"
"""Hundreds of keys look like much of the table to the planner; they are not."""


class PostgresIndex:
    """The prints of all artefacts in one table."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @staticmethod
    async def migrate(connection: asyncpg.Connection | PoolConnectionProxy) -> None:
        """Create the table. Safe to run again."""
        await connection.execute(_SQL["create"])

    async def remember(self, artefact_id: str, prints: Sequence[Print]) -> None:
        """Index an artefact's prints. Remembering the same again changes nothing."""
        rows = [row(artefact_id, each) for each in prints]
        with reaching(_NAME):
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.executemany(_SQL["remember"], rows)

    async def forget(self, artefact_id: str) -> None:
        """Remove an artefact's prints."""
        with reaching(_NAME):
            await self._pool.execute(_SQL["forget"], artefact_id)

    async def printed(self, artefact_ids: Sequence[str]) -> set[str]:
        """Those among these artefacts whose pictures are indexed."""
        with reaching(_NAME):
            rows = await self._pool.fetch(_SQL["printed"], list(artefact_ids), int(Kind.PICTURE))
        return {found["artefact_id"] for found in rows}

    async def nearest(self, artefact_ids: Sequence[str], prints: Sequence[Print]) -> dict[str, int]:
        """How many bits each artefact's pictures are apart from these at least, of 256."""
        asked = [_bits(each) for each in prints]
        with reaching(_NAME):
            rows = await self._pool.fetch(
                _SQL["nearest"], list(artefact_ids), int(Kind.PICTURE), asked
            )
        return {found["artefact_id"]: found["distance"] for found in rows}

    async def near(self, prints: Sequence[Print], distance_max: int) -> list[Match]:
        """Prints of the same kind within a distance that share a part with one of these.

        Of two hashes that differ in d bits at random, 1 - (1 - (1 - d/256)^16)^16 are found: 0.98
        at 20, 0.72 at 38. Every moment of an excerpt asks anew, so one that is missed costs little.
        """
        with reaching(_NAME):
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(_PLANNING)
                found = [
                    each
                    for kind in sorted({each.kind for each in prints})
                    for each in await _near(connection, prints, kind, distance_max)
                ]
        return found


async def _near(
    connection: PoolConnectionProxy, prints: Sequence[Print], kind: Kind, distance_max: int
) -> list[Match]:
    places = [place for place, each in enumerate(prints) if each.kind is kind]
    asked = [prints[place] for place in places]
    wanted = sorted({key for each in asked for key in keys(each)})
    rows = await connection.fetch(
        _SQL["near"], wanted, [_bits(each) for each in asked], distance_max
    )
    return [
        Match(places[row["query"]], row["artefact_id"], row["at_ms"], row["distance"])
        for row in rows
    ]


def row(artefact_id: str, each: Print) -> tuple[str, int, int, asyncpg.BitString, list[int]]:
    """A print as the table holds it."""
    return artefact_id, int(each.kind), each.at_ms, _bits(each), keys(each)


def keys(each: Print) -> list[int]:
    """Sixteen parts of a hash, each with its kind and its place."""
    parts = np.frombuffer(each.hash, ">u2").astype(int)
    return [int(each.kind) << 20 | place << 16 | int(part) for place, part in enumerate(parts)]


def _bits(each: Print) -> asyncpg.BitString:
    return asyncpg.BitString.frombytes(each.hash, bitlength=BITS)
