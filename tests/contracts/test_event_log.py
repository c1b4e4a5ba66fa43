"""The event log's contract, on each log that we have."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from infra.eventlog.memory import MemoryEventLog
from infra.eventlog.postgres import PostgresEventLog
from tests.contracts.event_log import EventLogContract, UniqueEventIds
from tests.servers import PostgresServer


@pytest.fixture(scope="module")
def postgres_dsn() -> Iterator[str]:
    with PostgresServer() as server:
        yield server.dsn


@pytest.fixture(scope="module")
async def postgres_log(postgres_dsn: str) -> AsyncIterator[PostgresEventLog]:
    await PostgresEventLog.migrate(postgres_dsn)
    async with PostgresEventLog(postgres_dsn) as log:
        yield log


class TestMemory(EventLogContract, UniqueEventIds):
    @pytest.fixture
    def log(self) -> MemoryEventLog:
        return MemoryEventLog()


@pytest.mark.servers
class TestPostgres(EventLogContract, UniqueEventIds):
    @pytest.fixture
    def log(self, postgres_log: PostgresEventLog) -> PostgresEventLog:
        return postgres_log
