"""An index for ``bench provenance``: real prints among those of films that nobody made."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg
import cv2
import numpy as np
from asyncpg.pool import PoolConnectionProxy

from activities.provenance.prints import Kind, Print, picture_hash
from infra.embedded.ports import PortBook
from infra.embedded.postgres import PostgresServer
from infra.provenance.index import PostgresIndex, row
from infra.settings import Settings

_COPY_ROWS: Final = 20_000


async def fill(pool: asyncpg.Pool, real: dict[str, list[Print]], made_up: int) -> None:
    """Write all prints, and the index over them at the end, which is much quicker."""
    async with pool.acquire() as connection:
        await PostgresIndex.migrate(connection)
        await connection.execute("DROP INDEX provenance.prints_by_key")
        for artefact, prints in real.items():
            rows = dict.fromkeys(prints)
            await _copy(connection, [row(artefact, each) for each in rows])
        waiting: list[tuple[object, ...]] = []
        for number in range(made_up):
            waiting += [row(f"made-up-{number}", each) for each in _made_up(number)]
            if len(waiting) >= _COPY_ROWS:
                await _copy(connection, waiting)
                waiting = []
        await _copy(connection, waiting)
        await PostgresIndex.migrate(connection)
        await connection.execute("ANALYZE provenance.prints")


async def _copy(connection: PoolConnectionProxy, rows: list[tuple[object, ...]]) -> None:
    await connection.copy_records_to_table(
        "prints",
        schema_name="provenance",
        columns=["artefact_id", "kind", "at_ms", "hash", "keys"],
        records=rows,
    )


def _made_up(number: int) -> list[Print]:
    """Prints of a film of five seconds that nobody made: smooth random pictures, random sound."""
    rng = np.random.default_rng(1_000_000 + number)
    small = rng.standard_normal((35, 16, 16)).astype(np.float32)
    fall = 1 / (1 + np.add.outer(np.arange(16), np.arange(16)))
    waves = cv2.dct(np.eye(64, dtype=np.float32))[:16]
    pictures = waves.T @ (small * fall) @ waves
    hashes = np.unique(picture_hash(pictures.astype(np.float32)), axis=0)
    heard = np.unique(rng.integers(0, 256, (14, 32), np.uint8), axis=0)
    return [
        *(Print(Kind.PICTURE, at * 1000 // 7, each.tobytes()) for at, each in enumerate(hashes)),
        *(Print(Kind.SOUND, at * 370, each.tobytes()) for at, each in enumerate(heard)),
    ]


@asynccontextmanager
async def served() -> AsyncIterator[asyncpg.Pool]:
    """PostgreSQL in a temporary home, as ``up`` would start it."""
    with tempfile.TemporaryDirectory(prefix="callsheet-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # as root the server runs as another user, who must enter it
        server = PostgresServer(Settings(home=home), PortBook(home))
        try:
            await server.start()
            async with asyncpg.create_pool(server.url, min_size=1, max_size=2) as pool:
                yield pool
        finally:
            await server.stop()
