"""A PostgreSQL server for this room; every test gets a database of its own, migrated and empty."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import count

import asyncpg
import pytest

from infra.eventlog.postgres import PostgresEventLog
from projections.registry import prepare_projections
from tests.servers import PostgresServer

_numbers = count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
async def migrated(postgres: PostgresServer) -> str:
    """The name of a database to copy."""
    await _ask(postgres.dsn, "CREATE DATABASE migrated")
    await PostgresEventLog.migrate(postgres.database("migrated"))
    await prepare_projections(postgres.database("migrated"))
    return "migrated"


@pytest.fixture
async def dsn(postgres: PostgresServer, migrated: str) -> str:
    """It goes with its server: dropping it would cost a checkpoint."""
    name = f"projections_{next(_numbers)}"
    await _ask(postgres.dsn, f"CREATE DATABASE {name} TEMPLATE {migrated}")
    return postgres.database(name)


@pytest.fixture
async def log(dsn: str) -> AsyncIterator[PostgresEventLog]:
    async with PostgresEventLog(dsn) as log:
        yield log


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=4) as pool:
        yield pool


async def _ask(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
