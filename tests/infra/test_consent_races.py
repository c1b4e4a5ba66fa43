"""Budgets are exact on the real log, between processes that share nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from infra.cli.consent_proofs import race_for_budget
from infra.eventlog.postgres import PostgresEventLog
from tests.servers import PostgresServer

pytestmark = pytest.mark.servers


async def test_a_budget_of_ten_admits_ten_of_a_hundred_and_fifty_racing_requests() -> None:
    with PostgresServer() as server:
        await PostgresEventLog.migrate(server.dsn)
        async with AsyncExitStack() as stack:
            logs = [await stack.enter_async_context(PostgresEventLog(server.dsn)) for _ in range(3)]
            race = await race_for_budget(logs, requests=150, budget=10)
    assert (race.admitted, race.reserved, race.refused) == (10, 10, 140)
