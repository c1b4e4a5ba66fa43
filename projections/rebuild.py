"""Builds a projection anew beside the one in use, and exchanges the two in one moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog

from domain.kernel.catalog import Catalog
from domain.kernel.ports import START, EventLog
from projections.batches import until_the_head
from projections.collector import rare_collections
from projections.connection import writing
from projections.faults import PASSING, kind_of, pauses
from projections.projection import Projection
from projections.tables import Tables

_log = structlog.get_logger(__name__)


class RebuildRefused(Exception):
    """A projection cannot be rebuilt as things stand."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rebuild has come: events read, the position reached, and the log's head."""

    events: int
    position: int
    head: int


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did. ``exchange_seconds`` is how long the live tables were held."""

    projection: str
    events: int
    position: int
    parked: int
    seconds: float
    exchange_seconds: float


async def rebuild(
    projection: Projection[Any],
    log: EventLog,
    catalog: Catalog,
    dsn: str,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Rebuilt:
    """Read the whole log into new tables and put them in the place of the live ones.

    Runners and readers go on meanwhile. The new tables are never behind what readers have seen.
    Raises ``RebuildRefused`` while another rebuild of this projection runs, or when the live
    tables belong to a newer version of the program.
    """
    begun = time.perf_counter()
    with rare_collections():
        return await _rebuild(projection, log, catalog, dsn, on_progress, begun)


async def bring_up_to_date(
    projection: Projection[Any], log: EventLog, catalog: Catalog, dsn: str
) -> None:
    """Rebuild a projection whose live tables an older version of the program made.

    Waits for servers that are away, and for another process that rebuilds it already.
    """
    for pause in pauses():
        try:
            async with writing(dsn, "version") as connection:
                standing = await Tables(projection, catalog, connection).standing()
            if standing.version >= projection.version:
                return
            _log.info("projection.outdated", projection=projection.name, made_by=standing.version)
            await rebuild(projection, log, catalog, dsn)
        except RebuildRefused:
            _log.info("projection.rebuilt_elsewhere", projection=projection.name)
        except PASSING as error:
            _log.warning("projection.interrupted", projection=projection.name, error=kind_of(error))
        await asyncio.sleep(pause)


async def _rebuild(
    projection: Projection[Any],
    log: EventLog,
    catalog: Catalog,
    dsn: str,
    on_progress: Callable[[Progress], None],
    begun: float,
) -> Rebuilt:
    async with writing(dsn, "rebuild") as connection, _alone(connection, projection):
        live = Tables(projection, catalog, connection)
        await _require_not_newer(projection, live)
        new = Tables(projection, catalog, connection, f"{projection.schema}_next")
        await _drop(connection, new.schema)
        await new.create()
        events = await _fill(new, log, START, 0, on_progress)
        await new.analyze()
        events, exchange_seconds = await _exchange(connection, live, new, log, events, on_progress)
        standing = await live.standing()
    return Rebuilt(
        projection=projection.name,
        events=events,
        position=standing.position,
        parked=standing.parked,
        seconds=time.perf_counter() - begun,
        exchange_seconds=exchange_seconds,
    )


async def _fill(
    new: Tables[Any],
    log: EventLog,
    position: int,
    events: int,
    on_progress: Callable[[Progress], None],
    until: int | None = None,
) -> int:
    """Fold up to the head, or until a position; return how many events that makes in all."""
    head = await log.head()
    async with until_the_head(log, position) as batches:
        async for batch in batches:
            await new.advance(position, batch)
            position, events = batch[-1].position, events + len(batch)
            head = max(head, position)
            on_progress(Progress(events, position, head))
            if until is not None and position >= until:
                break
    return events


async def _exchange(
    connection: asyncpg.Connection,
    live: Tables[Any],
    new: Tables[Any],
    log: EventLog,
    events: int,
    on_progress: Callable[[Progress], None],
) -> tuple[int, float]:
    """Swap the schemas while no runner can move either, the new one being as far as the old.

    A runner that waits for the old checkpoint finds the new one under the same name, at another
    position than it expected or at the very same: either way it goes on rightly.
    """
    retired = f"{live.schema}_retired"
    await _drop(connection, retired)
    events = await _fill(new, log, (await new.standing()).position, events, on_progress)
    begun = time.perf_counter()
    async with connection.transaction():
        await live.exclude_others()
        seen, position = (await live.standing()).position, (await new.standing()).position
        if position < seen:
            events = await _fill(new, log, position, events, on_progress, until=seen)
        await connection.execute(f"ALTER SCHEMA {live.schema} RENAME TO {retired}")
        await connection.execute(f"ALTER SCHEMA {new.schema} RENAME TO {live.schema}")
        await live.announce()
    exchange_seconds = time.perf_counter() - begun
    with suppress(asyncpg.LockNotAvailableError):  # a slow reader; the next rebuild drops it
        await _drop(connection, retired)
    return events, exchange_seconds


async def _drop(connection: asyncpg.Connection, schema: str) -> None:
    await connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


async def _require_not_newer(projection: Projection[Any], live: Tables[Any]) -> None:
    if not await live.exist():
        raise RebuildRefused(
            f"The projection {projection.name} has no tables yet; run ./callsheet up once."
        )
    if (standing := await live.standing()).version > projection.version:
        raise RebuildRefused(
            f"The tables of {projection.name} have version {standing.version} and this program "
            f"makes version {projection.version}; rebuild with the newer program."
        )


@asynccontextmanager
async def _alone(
    connection: asyncpg.Connection, projection: Projection[Any]
) -> AsyncIterator[None]:
    """Hold the right to rebuild this projection for as long as the session lasts."""
    granted = await connection.fetchval(
        "SELECT pg_try_advisory_lock(hashtextextended('callsheet.projections.rebuild.' || $1, 0))",
        projection.name,
    )
    if not granted:
        raise RebuildRefused(
            f"The projection {projection.name} is being rebuilt already; wait until that has ended."
        )
    yield
