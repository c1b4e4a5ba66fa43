"""The process behind the door: it answers from its first second, whatever else is up."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import asyncpg
import uvicorn
from fastapi import APIRouter

from activities.provenance.consent import ConsentBehind
from infra import pseudonyms, receipts
from infra.api.app import create_app
from infra.api.auth import OpenAccounts
from infra.api.deadlines import is_away
from infra.api.doors import Doors, Limits
from infra.api.idempotency import Idempotency
from infra.api.keys import ClientKeys
from infra.api.progress import Lookout, Watchers
from infra.api.turnstile import Turnstile
from infra.bootstrap import (
    ledger_on,
    object_store,
    office_on,
    open_log,
    open_vault,
    policies_on,
)
from infra.clock import system_clock
from infra.identity import drawn_by
from infra.processes.observed import observed
from infra.provenance.addresses import Fetcher
from infra.provenance.index import PostgresIndex
from infra.provenance.keys import ProvenanceKeys
from infra.provenance.register import PostgresRegister
from infra.provenance.verifier import Verifier
from infra.settings import Settings
from infra.telemetry import logs
from infra.telemetry.metrics import Metrics
from infra.temporal import payload_keys
from infra.temporal.client import connect
from infra.temporal.codec_endpoint import codec_router
from projections.appearances import AppearancesReader
from projections.asks import AsksReader
from projections.cameos import CameosReader
from projections.enrolments import EnrolmentsReader
from projections.feed import FeedReader
from projections.generations import GenerationsReader
from projections.moderation import ModerationReader
from projections.notices import NoticesReader
from projections.provenance_cases import ProvenanceCasesReader
from projections.rules import RulesReader
from projections.undos import UndosReader

ROLE: Final = "api"

_CONNECT_SECONDS_MAX: Final = 2.0
_QUERY_SECONDS_MAX: Final = 5.0
_CONNECTIONS_MAX: Final = 10
_FAREWELL_SECONDS_MAX: Final = 5
_PURGE_SECONDS: Final = 3600.0
_log: Final = logs.logger("callsheet.api")


async def main(settings: Settings, ready: Callable[[], None]) -> None:
    """Serve the API until cancelled; then let what was asked be answered."""
    with observed(settings, ROLE) as metrics:
        async with open_doors(settings, metrics) as doors:
            server = _Server(_configured(settings, doors), ready)
            purging = asyncio.create_task(_purge(doors))
            serving = asyncio.create_task(server.serve())
            try:
                await asyncio.shield(serving)
            finally:
                purging.cancel()
                await doors.watchers.close()
                server.should_exit = True
                await serving


@asynccontextmanager
async def open_doors(
    settings: Settings, metrics: Metrics, limits: Limits | None = None
) -> AsyncIterator[Doors]:
    """Everything that the API asks. It opens without any server and finds each when it is there."""
    limits, clock = limits or Limits(), system_clock
    async with (
        open_log(settings) as log,
        _pool(settings) as pool,
        object_store(settings) as store,
    ):
        client = await connect(settings, role=ROLE, lazy=True)
        ledger, generations = ledger_on(log), GenerationsReader(pool)

        async def look_into_the_store() -> None:
            async for _ in store.list("readiness/"):
                return

        yield Doors(
            client=client,
            ledger=ledger,
            generations=generations,
            feed=FeedReader(pool),
            notices=NoticesReader(pool),
            cameos=CameosReader(pool),
            enrolments=EnrolmentsReader(pool),
            asks=AsksReader(pool),
            appearances=AppearancesReader(pool),
            moderation=ModerationReader(pool),
            rules=RulesReader(pool),
            undos=UndosReader(pool),
            provenance_cases=ProvenanceCasesReader(pool),
            policies=policies_on(log),
            vault=open_vault(settings),
            office=office_on(log),
            receipt_keys=receipts.ensure(settings.home),
            pseudonyms=pseudonyms.ensure(settings.home),
            store=store,
            idempotency=Idempotency(pool),
            keys=ClientKeys(settings.keys_file),
            clock=clock,
            draw=drawn_by(clock),
            accounts=OpenAccounts(),
            watchers=Watchers(Lookout(generations, ledger, client, clock, limits)),
            metrics=metrics,
            verifier=Verifier(
                ProvenanceKeys.ensure(settings.home, clock()),
                PostgresRegister(pool),
                PostgresIndex(pool),
                ConsentBehind(ledger, office_on(log), clock).now,
            ),
            fetcher=Fetcher(limits.verify_bytes_max, limits.verify_upload_seconds_max),
            turnstile=Turnstile(
                limits.verify_burst,
                limits.verify_a_minute,
                limits.verify_inside_max,
                limits.verify_working_max,
                time.monotonic,
            ),
            scratch=settings.home / "scratch",
            checks={
                "postgres": lambda: pool.fetchval("SELECT 1"),
                "temporal": client.service_client.check_health,
                "s3": look_into_the_store,
            },
            limits=limits,
        )


@asynccontextmanager
async def _pool(settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    pool = await asyncpg.create_pool(
        settings.postgres_dsn,
        min_size=0,
        max_size=_CONNECTIONS_MAX,
        timeout=_CONNECT_SECONDS_MAX,
        command_timeout=_QUERY_SECONDS_MAX,
        server_settings={"application_name": "callsheet-api"},
    )
    try:
        yield pool
    finally:
        pool.terminate()


def _configured(settings: Settings, doors: Doors) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(doors, _neighbours(settings)),
        host=settings.api_host,
        port=settings.api_port or 0,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_FAREWELL_SECONDS_MAX,
    )


def _neighbours(settings: Settings) -> list[APIRouter]:
    """Where the Temporal UI has payloads opened, when there are keys to open them with."""
    keys = payload_keys.find(settings.home)
    if keys is None or settings.temporal_ui_url is None:
        return []
    return [codec_router(keys, frozenset({settings.temporal_ui_url.rstrip("/")}))]


async def _purge(doors: Doors) -> None:
    while True:
        try:
            if forgotten := await doors.idempotency.purge(doors.clock()):
                _log.info("idempotency keys expired", count=forgotten)
        except Exception as error:
            if not (isinstance(error, TimeoutError) or is_away(error)):
                raise
            _log.warning("idempotency keys could not be purged", exc_info=error)
        await asyncio.sleep(_PURGE_SECONDS)


class _Server(uvicorn.Server):
    """Says when it listens, and leaves signals to whoever runs the process."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
