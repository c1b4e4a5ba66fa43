"""With addresses given, the same program uses those servers and starts none of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.embedded.servers import EmbeddedServers
from infra.settings import Settings
from infra.supervision.stack import running
from tests.faults.batch import a_batch

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


async def test_given_servers_are_used_and_left_running(tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    async with EmbeddedServers(Settings(home=theirs)) as servers:
        given = servers.settings.filled(home=ours, api_port=None)
        async with running(given) as stack:
            assert stack.servers.all == {}
            assert stack.settings.temporal_address == servers.settings.temporal_address
            async with a_batch(stack.settings, size=2) as batch:
                await batch.verify()
        assert not any((ours / room).exists() for room in ("temporal", "postgres", "s3"))
        assert all(server.alive for server in servers.all.values())
