"""Success means seen: an action is reported done once those who read can see it."""

from __future__ import annotations

import asyncio
from typing import Final

from infra.api.deadlines import asking
from infra.api.doors import Doors
from infra.api.problems import Trouble
from projections.moderation import CaseRow

_GLANCE_SECONDS: Final = 0.02


async def case_seen(doors: Doors, case_id: str, position: int) -> CaseRow:
    """The case's row once the read model accounts for a position.

    Raises the problem ``read-model-behind``: what was decided stands, and is not seen yet.
    """
    give_up_at = asyncio.get_running_loop().time() + doors.limits.catch_up_seconds_max
    async with asking("postgres"):
        while True:
            row = await doors.moderation.get(case_id)
            if row is not None and (
                row.last_position >= position or await doors.moderation.position() >= position
            ):
                return await doors.moderation.get(case_id) or row
            if asyncio.get_running_loop().time() >= give_up_at:
                raise Trouble("read-model-behind")
            await asyncio.sleep(_GLANCE_SECONDS)
