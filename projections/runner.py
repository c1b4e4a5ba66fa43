"""Keeps one projection up with the log, beside any number of runners that do the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Any, Final, Protocol, cast

import structlog

from domain.kernel.catalog import Catalog
from domain.kernel.envelope import RecordedEvent
from domain.kernel.ports import START, EventLog
from projections.batches import BATCH_EVENTS_MAX, portions, until_the_head
from projections.connection import writing
from projections.ending import ended
from projections.faults import PASSING, kind_of, pauses
from projections.gauges import Gauges, NoGauges
from projections.projection import Projection
from projections.tables import Overtaken, Tables

_OTHER_VERSION_SECONDS: Final = 2.0

_log = structlog.get_logger(__name__)


class _Closable(Protocol):
    async def aclose(self) -> None: ...


class AnotherVersion(Exception):
    """The tables were made by another version of the folding."""


class Runner:
    """Reads, folds and commits, for ever. Whatever kills it, the next one goes on where the last
    commit ended: rows and checkpoint are one transaction.
    """

    def __init__(
        self,
        projection: Projection[Any],
        log: EventLog,
        catalog: Catalog,
        dsn: str,
        *,
        gauges: Gauges | None = None,
        batch_events_max: int = BATCH_EVENTS_MAX,
    ) -> None:
        self._projection = projection
        self._log = log
        self._catalog = catalog
        self._dsn = dsn
        self._gauges = gauges or NoGauges()
        self._batch_events_max = batch_events_max
        self.position = START
        """The position up to which this runner knows the rows to be."""
        self.parked = 0
        self._words = _log.bind(projection=projection.name)

    async def run(self, caught_up: Callable[[], None] = lambda: None) -> None:
        """Follow the log until cancelled; call ``caught_up`` each time the head is reached.

        Waits out servers that are away, and tables of another program's version.
        """
        work = asyncio.create_task(self._run(caught_up), name=f"projection-{self._projection.name}")
        try:
            await asyncio.wait({work})
        finally:
            await ended(work)
        work.result()

    async def catch_up(self) -> None:
        """Come to the log's head and stop there."""
        async with writing(self._dsn, self._projection.name) as connection:
            tables = Tables(self._projection, self._catalog, connection)
            while not await self._reach_the_head(tables):
                pass

    async def _run(self, caught_up: Callable[[], None]) -> None:
        retries = pauses()
        while True:
            begun_at = self.position
            try:
                async with writing(self._dsn, self._projection.name) as connection:
                    tables = Tables(self._projection, self._catalog, connection)
                    while True:
                        await self._follow(tables, caught_up)
            except AnotherVersion:
                self._words.warning("projection.another_version")
                await asyncio.sleep(_OTHER_VERSION_SECONDS)
                continue
            except PASSING as error:
                self._words.warning("projection.interrupted", error=kind_of(error))
            if self.position > begun_at:
                retries = pauses()
            await asyncio.sleep(next(retries))

    async def _follow(self, tables: Tables[Any], caught_up: Callable[[], None]) -> None:
        """Follow the log until somebody else has moved the checkpoint."""
        if not await self._reach_the_head(tables):
            return
        caught_up()
        subscription = self._log.subscribe(self.position)
        async with aclosing(cast(_Closable, subscription)):
            async for batch in subscription:
                for portion in portions(batch, self._batch_events_max):
                    if not await self._fold(tables, portion):
                        return

    async def _reach_the_head(self, tables: Tables[Any]) -> bool:
        """Fold what the log holds by now; false when another runner came first."""
        standing = await tables.standing()
        if standing.version != self._projection.version:
            raise AnotherVersion
        self.position, self.parked = standing.position, standing.parked
        async with until_the_head(self._log, self.position, self._batch_events_max) as batches:
            async for batch in batches:
                if not await self._fold(tables, batch):
                    return False
        return True

    async def _fold(self, tables: Tables[Any], events: Sequence[RecordedEvent]) -> bool:
        begun = time.perf_counter()
        known = self.parked
        try:
            self.parked = await tables.advance(self.position, events)
        except Overtaken:
            return False
        self.position = events[-1].position
        self._gauges.folded(self._projection.name, len(events), time.perf_counter() - begun)
        if self.parked > known:
            self._words.error("projection.parked", events=self.parked - known, all=self.parked)
        return True
