"""Read your writes: waits until projections account for a position of the log."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

import asyncpg
import structlog

from projections.connection import CONNECT_SECONDS_MAX
from projections.ending import ended
from projections.faults import PASSING, kind_of, pauses
from projections.projection import Projection
from projections.tables import FRAME

CHANNEL: Final = "projections"
LOOK_EVERY_SECONDS: Final = 1.0
"""How long a lost notification, or a connection that died in silence, can delay who waits."""

_log = structlog.get_logger(__name__)


class NotYetVisible(Exception):
    """A projection did not come to a position in time. What was written is not lost: read later."""


class Watermarks:
    """Follows the checkpoints of the given projections, whether or not they have rows yet.

    Entering it needs no server; it holds one connection that listens and takes it up again when it
    is lost. The address must lead to a session of its own, not to a transaction pooler.
    """

    def __init__(self, dsn: str, projections: Iterable[Projection[Any]]) -> None:
        self._dsn = dsn
        self._schemas = {projection.name: projection.schema for projection in projections}
        self._positions: dict[str, int] = {}
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="projections-watermarks")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        task, self._task = self._task, None
        if task is not None:
            await ended(task)

    async def wait_until(
        self, position: int, seconds_max: float, names: Iterable[str] | None = None
    ) -> None:
        """Return once these projections (all, when none is named) account for the position.

        An event that was parked counts as accounted for. Raises ``NotYetVisible`` when time is up
        and ``KeyError`` for a name that was not given to this object.
        """
        wanted = list(self._schemas if names is None else names)
        for name in wanted:
            self._schemas[name]
        try:
            async with asyncio.timeout(seconds_max):
                while any(self._positions.get(name, -1) < position for name in wanted):
                    await self._moved.wait()
        except TimeoutError:
            behind = [name for name in wanted if self._positions.get(name, -1) < position]
            raise NotYetVisible(
                f"{', '.join(behind)} did not come to position {position} within "
                f"{seconds_max:g} s; what was written is safe, read it again later."
            ) from None

    def _move(self, name: str, position: int) -> None:
        self._positions[name] = position
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def _heard(self, _: object, __: int, ___: str, payload: object) -> None:
        name, _____, position = str(payload).partition(" ")
        if name in self._schemas:
            self._move(name, int(position))

    async def _run(self) -> None:
        retries = pauses()
        while True:
            try:
                await self._listen()
                retries = pauses()
            except PASSING as error:
                _log.warning("projections.watermarks_interrupted", error=kind_of(error))
            await asyncio.sleep(next(retries))

    async def _listen(self) -> None:
        """Listen until the connection ends, and look for oneself now and then."""
        connection: asyncpg.Connection = await asyncpg.connect(
            self._dsn,
            timeout=CONNECT_SECONDS_MAX,
            server_settings={"application_name": "callsheet-projections-watermarks"},
        )
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        try:
            await connection.add_listener(CHANNEL, self._heard)
            while not ended.is_set():
                await self._look(connection)
                with suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), LOOK_EVERY_SECONDS)
        finally:
            connection.terminate()

    async def _look(self, connection: asyncpg.Connection) -> None:
        for name, schema in self._schemas.items():
            position: int = await connection.fetchval(
                FRAME.within(schema, "position"), timeout=CONNECT_SECONDS_MAX
            )
            self._move(name, position)
