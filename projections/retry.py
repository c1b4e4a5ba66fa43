"""Another try for events that a projection has put aside, once the reason is mended."""

from __future__ import annotations

from typing import Any

from domain.kernel.catalog import Catalog
from domain.kernel.envelope import RecordedEvent
from domain.kernel.ports import EventLog
from projections.connection import writing
from projections.projection import Projection
from projections.tables import Parked, Tables


async def retry(projection: Projection[Any], log: EventLog, catalog: Catalog, dsn: str) -> int:
    """Fold what was put aside, oldest first; return how many events are still parked.

    Runners wait meanwhile, a few hundred events at a time.
    """

    async def read(parked: Parked) -> RecordedEvent:
        [event] = await log.read_stream(parked.stream, after=parked.revision - 1, limit=1)
        return event

    async with writing(dsn, "retry") as connection:
        return await Tables(projection, catalog, connection).retry(read)
