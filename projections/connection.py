"""Connections that write read models: alone in their session, and never waiting for ever."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

CONNECT_SECONDS_MAX: Final = 3.0
CLOSE_SECONDS_MAX: Final = 2.0
_SETTINGS: Final = {
    "default_transaction_isolation": "read committed",
    # A transaction that a crash forgets takes its checkpoint with it, and is folded again.
    "synchronous_commit": "off",
    # A runner that hangs must not keep the others from going on.
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "30s",
    # A plan made while a table was empty would scan it for ever.
    "enable_seqscan": "off",
    "jit": "off",
}


@asynccontextmanager
async def writing(dsn: str, purpose: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection for one projection's writer; dropped, not reused, when anything goes wrong."""
    connection: asyncpg.Connection = await asyncpg.connect(
        dsn,
        timeout=CONNECT_SECONDS_MAX,
        server_settings={**_SETTINGS, "application_name": f"callsheet-projections-{purpose}"},
    )
    try:
        yield connection
        await connection.close(timeout=CLOSE_SECONDS_MAX)
    finally:
        connection.terminate()
