"""Cameos are deleted for good: by their owner, or because the owner turns out to be a child."""

from __future__ import annotations

import asyncio
from typing import Final

from domain.cameo.enrolment_refusals import EnrolmentUnderAge
from infra.api import stories
from infra.api.deadlines import asking
from infra.api.doors import Doors
from infra.api.endings import end_requests_for, end_retakes_of
from infra.api.problems import Trouble
from infra.telemetry import traces
from projections.cameos import CameoRow
from workflows.cameo_contracts import (
    CAMEO_DELETION,
    CameoDeletionOrder,
    DeletionReceipt,
    deletion_workflow_id,
)

OWNER_DELETED: Final = "owner-deleted"
_PAGE: Final = 100
_GLANCE_SECONDS: Final = 0.02


async def delete_for_good(
    doors: Doors, client: str, account: str, cameo_id: str, reason: str = OWNER_DELETED
) -> None:
    """Return once the deletion stands in the log; a story then destroys the likeness. Requests for
    the cameo and retakes of it end.
    """
    order = CameoDeletionOrder(
        cameo_id=cameo_id,
        account_id=account,
        reason=reason,
        requested_by=f"client/{client}",
        traceparent=traces.current_traceparent(),
    )
    await stories.begin(
        doors.client,
        CAMEO_DELETION,
        order,
        deletion_workflow_id(cameo_id),
        "recorded",
        DeletionReceipt,
        update_id=f"recorded/{cameo_id}",
        again=True,
        seconds_max=doors.limits.recording_seconds_max,
    )
    await end_requests_for(doors, cameo_id)
    await end_retakes_of(doors, account, cameo_id)


async def delete_the_childs(doors: Doors, client: str, account: str, position: int) -> None:
    """Delete every cameo of a person that an account has, which turned out to be a child's.

    ``position`` is where the declaration stands: no version is approved after it, so a list that
    has come so far is whole. Raises the problem ``read-model-behind``; asking again goes on.
    """
    for row in await _people_of(doors, account, position):
        await delete_for_good(doors, client, account, row.cameo_id, EnrolmentUnderAge.code)


async def _people_of(doors: Doors, account: str, position: int) -> list[CameoRow]:
    give_up_at = asyncio.get_running_loop().time() + doors.limits.catch_up_seconds_max
    async with asking("postgres"):
        while await doors.cameos.position() < position:
            if asyncio.get_running_loop().time() >= give_up_at:
                raise Trouble("read-model-behind")
            await asyncio.sleep(_GLANCE_SECONDS)
        found: list[CameoRow] = []
        page: list[CameoRow] | None = None
        while page is None or len(page) == _PAGE:
            before = page[-1].first_position if page else None
            page = await doors.cameos.of_account(account, _PAGE, before)
            found += page
    return [each for each in found if each.kind == "person"]
