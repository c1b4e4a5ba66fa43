"""The servers of the laptop, side by side: those whose address is given are left to their owner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from types import TracebackType
from typing import Final, Self

from pydantic import SecretStr

from infra.embedded.ports import PortBook
from infra.embedded.postgres import PostgresServer
from infra.embedded.s3 import S3Server
from infra.embedded.server import EmbeddedServer
from infra.embedded.temporal import TemporalServer
from infra.errors import UserError
from infra.settings import Settings
from infra.supervision.backoff import Backoff
from infra.supervision.events import Listener, ProcessEvent
from infra.supervision.home import held
from infra.supervision.identity import end_orphans
from infra.supervision.keeper import keep_alive
from infra.temporal import payload_keys
from infra.temporal.codec_endpoint import endpoint_path

_ORPHAN_SECONDS_MAX: Final = 10.0


class EmbeddedServers:
    """``async with EmbeddedServers(settings) as servers``: started, healthy, kept alive, stopped.

    ``servers.settings`` holds the addresses. A server that dies is reported to ``on_event`` with
    the last lines of its log and started again on the same port and data, unless ``keep`` is
    False. Holds the home: a second use of it is refused with ``AlreadyRunning``.
    """

    def __init__(
        self, settings: Settings, on_event: Listener | None = None, *, keep: bool = True
    ) -> None:
        self.settings = settings
        self.temporal: TemporalServer | None = None
        self.postgres: PostgresServer | None = None
        self.s3: S3Server | None = None
        self._given = settings
        self._keep = keep
        self._on_event = on_event
        self._events: asyncio.Queue[ProcessEvent] = asyncio.Queue()
        self._keepers: list[asyncio.Task[None]] = []
        self._held = ExitStack()

    @property
    def all(self) -> dict[str, EmbeddedServer]:
        """The servers that are ours, by name."""
        ours = (self.temporal, self.postgres, self.s3)
        return {server.name: server for server in ours if server is not None}

    async def watch(self) -> AsyncIterator[ProcessEvent]:
        """What happens to the servers, as it happens; never ends by itself."""
        while True:
            yield await self._events.get()

    async def __aenter__(self) -> Self:
        self._held.enter_context(held(self._given.home))
        try:
            await self._open()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._close()

    async def _open(self) -> None:
        run = self._given.home / "run"
        await asyncio.to_thread(end_orphans, run, _ORPHAN_SECONDS_MAX)
        await asyncio.to_thread(self._choose)
        try:
            async with asyncio.TaskGroup() as starting:
                for server in self.all.values():
                    starting.create_task(server.start())
        except* UserError as failures:
            raise failures.exceptions[0] from None
        if self._keep:
            for server in self.all.values():
                keeper = keep_alive(server, Backoff.of(self.settings), self._tell)
                self._keepers.append(asyncio.create_task(keeper))

    async def _close(self) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._keepers.clear()
        await asyncio.gather(*(server.stop() for server in self.all.values()))
        self._held.close()

    def _choose(self) -> None:
        given, ports = self._given, PortBook(self._given.home)
        found: dict[str, object] = {"api_port": ports.port("api", given.api_port)}
        if given.temporal_address is None:
            # the UI shows payloads that the API opens for it, with keys that both must find
            path = endpoint_path(payload_keys.ensure(given.home))
            codec = f"http://{given.api_host}:{found['api_port']}{path}"
            self.temporal = TemporalServer(given, ports, codec)
            found["temporal_address"] = self.temporal.address
            found["temporal_ui_url"] = self.temporal.ui_url
        if given.postgres_url is None:
            self.postgres = PostgresServer(given, ports)
            found["postgres_url"] = SecretStr(self.postgres.url)
        if given.s3_endpoint is None:
            self.s3 = S3Server(given, ports)
            found["s3_endpoint"] = self.s3.endpoint
            found["s3_secure"] = False
            found["s3_access_key"] = SecretStr(self.s3.keys.access)
            found["s3_secret_key"] = SecretStr(self.s3.keys.secret)
        self.settings = given.filled(**found)

    def _tell(self, event: ProcessEvent) -> None:
        self._events.put_nowait(event)
        if self._on_event is not None:
            self._on_event(event)
