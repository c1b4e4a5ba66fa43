"""The first policy that staff publish in a house that has judged nothing. No server needed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from activities.ledger import Ledger
from activities.moderation.policies import PolicyDesk
from domain.catalog import EVENTS
from infra.api.policies import publish_policy
from infra.api.problems import Trouble
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from tests import words
from tests.workflows.screener import told_policy


async def test_the_packaged_policy_decides_while_the_first_one_of_staff_watches() -> None:
    log, codec = MemoryEventLog(), CatalogCodec(EVENTS)
    desk = PolicyDesk(log, codec, told_policy())
    doors = SimpleNamespace(policies=desk, clock=words.moment, ledger=Ledger(log, codec))
    state = SimpleNamespace(doors=doors)
    request = cast(Any, SimpleNamespace(app=SimpleNamespace(state=state)))
    with pytest.raises(Trouble, match="The next one is 2"):
        await publish_policy(request, "staff-desk", told_policy(1, block=100))
    listed = await publish_policy(request, "staff-desk", told_policy(2, block=100))
    assert [each.reach for each in listed.items] == ["shadow", "in-force"]
    assert (await desk.policies()).in_force == told_policy()
