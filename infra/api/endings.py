"""Open requests for consent end at once when a side disappears; their stories look daily too."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from temporalio.service import RPCError

from domain.consent.asking import WithdrawnBecause
from infra.api.deadlines import asking
from infra.api.doors import Doors
from infra.telemetry import logs
from workflows.consent_contracts import Disappearance, ask_workflow_id

_SECONDS_MAX: Final = 2.0
_log: Final = logs.logger("callsheet.api")


async def end_requests_between(doors: Doors, one_id: str, other_id: str) -> None:
    """End what the two have asked of each other."""
    async with asking("postgres"):
        found = await doors.asks.pending_between(one_id, other_id)
    await _end(doors, found, "blocked")


async def end_requests_for(doors: Doors, cameo_id: str) -> None:
    """End what was asked for a cameo that is gone."""
    async with asking("postgres"):
        found = await doors.asks.pending_for_cameo(cameo_id)
    await _end(doors, found, "cameo-gone")


async def _end(doors: Doors, ask_ids: Iterable[str], because: WithdrawnBecause) -> None:
    """Tell each story; one that cannot be told now finds out by itself within a day."""

    async def tell(ask_id: str) -> None:
        handle = doors.client.get_workflow_handle(ask_workflow_id(ask_id))
        try:
            async with asyncio.timeout(_SECONDS_MAX):
                await handle.signal(
                    "side_disappeared",
                    Disappearance(because=because),
                    rpc_timeout=timedelta(seconds=_SECONDS_MAX),
                )
        except (RPCError, TimeoutError, RuntimeError) as away:
            _log.warning("a request could not be told of a disappearance", exc_info=away)

    await asyncio.gather(*(tell(each) for each in ask_ids))
