"""What ends at once when somebody disappears: open requests for consent, and retakes.

The stories of requests look daily too, and a retake meets the deletion wherever it goes next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from temporalio.service import RPCError

from domain.consent.asking import WithdrawnBecause
from domain.kernel.model import Value
from infra.api.deadlines import asking
from infra.api.doors import Doors
from infra.telemetry import logs
from workflows.cameo_contracts import enrolment_workflow_id
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


async def end_retakes_of(doors: Doors, account_id: str, cameo_id: str) -> None:
    """End the attempts that were to become a version of a cameo that is gone."""
    async with asking("postgres"):
        found = await doors.enrolments.open_of_cameo(account_id, cameo_id)
    stories = (enrolment_workflow_id(each) for each in found)
    await asyncio.gather(*(_tell(doors, each, "cameo_deleted") for each in stories))


async def _end(doors: Doors, ask_ids: Iterable[str], because: WithdrawnBecause) -> None:
    stories = (ask_workflow_id(each) for each in ask_ids)
    news = Disappearance(because=because)
    await asyncio.gather(*(_tell(doors, each, "side_disappeared", news) for each in stories))


async def _tell(doors: Doors, workflow_id: str, signal: str, *news: Value) -> None:
    """Tell a story; one that cannot be told now finds out by itself."""
    handle = doors.client.get_workflow_handle(workflow_id)
    try:
        async with asyncio.timeout(_SECONDS_MAX):
            await handle.signal(
                signal, args=list(news), rpc_timeout=timedelta(seconds=_SECONDS_MAX)
            )
    except (RPCError, TimeoutError, RuntimeError) as away:
        _log.warning("a story could not be told of a disappearance", exc_info=away)
