"""Success means seen: an action is reported done once those who read can see it."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol, TypeVar

from domain.kernel.ids import sibling
from domain.video.video import VIDEO, Released, Unreleased
from infra.api.deadlines import asking
from infra.api.deciding import standing
from infra.api.doors import Doors
from infra.api.problems import Trouble
from projections.moderation import CaseRow
from projections.projection import Row
from projections.provenance_cases import ProvenanceCaseRow

_GLANCE_SECONDS: Final = 0.02

R_co = TypeVar("R_co", bound=Row, covariant=True)


class Reader(Protocol[R_co]):
    """Answers about one read model's rows."""

    async def get(self, key: str, /) -> R_co | None: ...

    async def position(self) -> int: ...


async def case_seen(doors: Doors, case_id: str, position: int) -> CaseRow:
    """The moderation case's row once the read model accounts for a position.

    Raises the problem ``read-model-behind``: what was decided stands, and is not seen yet.
    """
    return await _seen(doors, doors.moderation, case_id, position)


async def provenance_case_seen(doors: Doors, case_id: str, position: int) -> ProvenanceCaseRow:
    """The same of a provenance case."""
    return await _seen(doors, doors.provenance_cases, case_id, position)


async def _seen(doors: Doors, reader: Reader[R_co], key: str, position: int) -> R_co:
    give_up_at = asyncio.get_running_loop().time() + doors.limits.catch_up_seconds_max
    async with asking("postgres"):
        while True:
            row = await reader.get(key)
            if row is not None and (
                row.last_position >= position or await reader.position() >= position
            ):
                return await reader.get(key) or row
            if asyncio.get_running_loop().time() >= give_up_at:
                raise Trouble("read-model-behind")
            await asyncio.sleep(_GLANCE_SECONDS)


async def film_followed(doors: Doors, generation_id: str) -> None:
    """Return once the feed shows a generation's video exactly if, and where, the log lets it.

    Where no video was released there is nothing to see. Raises the problem ``read-model-behind``.
    """
    video_id = sibling(generation_id, "vid")
    give_up_at = asyncio.get_running_loop().time() + doors.limits.catch_up_seconds_max
    while True:
        state = await standing(doors, VIDEO, video_id)
        if isinstance(state, Unreleased):
            return
        async with asking("postgres"):
            row = await doors.feed.get(video_id)
        if row is None and not isinstance(state, Released):
            return
        if row and isinstance(state, Released) and row.surfaces.split() == [*state.surfaces]:
            return
        if asyncio.get_running_loop().time() >= give_up_at:
            raise Trouble("read-model-behind")
        await asyncio.sleep(_GLANCE_SECONDS)
