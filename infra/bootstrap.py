"""The one place that wires: which adapters stand behind the ports, and what they need first."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import asyncpg
import httpx

from activities.consent.desk import ConsentDesk
from activities.consent.office import CastingOffice
from activities.ledger import Ledger
from activities.moderation.anew import SecondLook
from activities.moderation.default_policy import default_policy
from activities.moderation.films_anew import FilmsAnew
from activities.moderation.material import Screener
from activities.moderation.policies import PolicyDesk
from activities.provenance.kit import ProvenanceKit
from activities.provenance.manifest import Generator
from activities.provenance.ports import PrintIndex, Register
from activities.provenance.reading import ManifestReader
from activities.provenance.signing import FilmSigner
from domain.catalog import EVENTS
from domain.kernel.ports import EventLog
from infra import pseudonyms, receipts
from infra.api.idempotency import Idempotency
from infra.api.keys import first_key
from infra.clock import system_clock
from infra.embedded.private_files import kept_private
from infra.errors import UserError
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.postgres import PostgresEventLog
from infra.film_looks import FolderFilmLooks
from infra.likeness.gallery import PostgresGallery
from infra.likeness.memory import MemoryGallery
from infra.media.s3 import S3ObjectStore
from infra.provenance.index import PostgresIndex
from infra.provenance.keys import ProvenanceKeys
from infra.provenance.register import PostgresRegister
from infra.settings import Settings
from infra.temporal import payload_keys
from infra.temporal.apply import apply_deployment
from infra.vault import FolderVault
from projections.cameos import CameosReader
from projections.registry import prepare_projections

if TYPE_CHECKING:
    from activities.moderation.endpoint import Endpoint
    from activities.moderation.screener import Known

_SMALL_POOL_MAX: Final = 4
PROGRAM_VERSION: Final = "1"
"""What manifests say of the program that made a film; raise it with what films look like."""


def open_log(settings: Settings) -> PostgresEventLog:
    """The PostgreSQL event log, to be entered. It opens without the server and waits for it."""
    return PostgresEventLog(settings.postgres_dsn)


def ledger_on(log: EventLog) -> Ledger:
    """The ledger on a log, with every event that the program knows."""
    return Ledger(log, CatalogCodec(EVENTS))


def desk_on(log: EventLog) -> ConsentDesk:
    """The consent desk on a log."""
    return ConsentDesk(log, CatalogCodec(EVENTS))


def office_on(log: EventLog, settings: Settings | None = None) -> CastingOffice:
    """The casting office on a log; with the settings, it can sign receipts."""
    signer = receipts.ensure(settings.home) if settings else None
    return CastingOffice(log, CatalogCodec(EVENTS), signer)


@asynccontextmanager
async def open_ledger(settings: Settings) -> AsyncIterator[Ledger]:
    """The ledger on the PostgreSQL event log."""
    async with open_log(settings) as log:
        yield ledger_on(log)


def policies_on(log: EventLog) -> PolicyDesk:
    """The policies of the house on a log; one without any gets the packaged one."""
    return PolicyDesk(log, CatalogCodec(EVENTS), default_policy())


def built_in_screener(known: Known | None = None, reasoner: Endpoint | None = None) -> Screener:
    """The detectors that come with the project; who looks at films knows whom the gallery knows.

    Raises EmbedderMissing without its package.
    """
    # imported here: only who screens needs the models' engines
    from activities.moderation.films import Films
    from activities.moderation.kept_looks import KeptLooks
    from activities.moderation.panel import built_in
    from activities.moderation.screener import BuiltInScreener, of_speech

    policy = default_policy()
    panel = replace(built_in(policy), kept=KeptLooks())
    return BuiltInScreener(
        panel, Films(of_speech(panel)), known or MemoryGallery(), policy, reasoner
    )


@asynccontextmanager
async def open_screener(settings: Settings, known: Known | None = None) -> AsyncIterator[Screener]:
    """All detectors of these settings, with the reasoning model where an endpoint is given."""
    if settings.moderation_url is None:
        yield built_in_screener(known)
        return
    from activities.moderation.endpoint import Endpoint

    held = settings.moderation_key
    headers = {"Authorization": f"Bearer {held.get_secret_value()}"} if held else {}
    seal = kept_private(settings.home / "moderation-seal.key", lambda: secrets.token_hex(32))
    async with httpx.AsyncClient(headers=headers) as client:
        reasoner = Endpoint(
            client,
            settings.moderation_url,
            settings.moderation_model,
            bytes.fromhex(seal),
            settings.moderation_seconds_max,
        )
        yield built_in_screener(known, reasoner)


@asynccontextmanager
async def open_second_look(
    settings: Settings, log: EventLog, film_seconds_max: float | None = None
) -> AsyncIterator[SecondLook]:
    """All detectors, and the store for films, for whoever looks again at what is recorded.

    Faces are compared with whoever is enrolled or protected when it begins. Raises UserError when
    no S3 is known.
    """
    from activities.moderation.screener import KnownOnce

    async with (
        object_store(settings) as store,
        open_gallery(settings) as gallery,
        open_screener(settings, KnownOnce(gallery)) as screener,
    ):
        looks = FolderFilmLooks(settings.home / "film-looks", open_vault(settings))
        films = FilmsAnew(
            ledger_on(log),
            store,
            looks,
            settings.home / "scratch",
            time.monotonic,
            film_seconds_max,
        )
        yield SecondLook(screener, films)


def open_vault(settings: Settings) -> FolderVault:
    """The vault of this home, where the keys of every subject lie."""
    return FolderVault(settings.home / "subject-keys")


@asynccontextmanager
async def open_gallery(settings: Settings) -> AsyncIterator[PostgresGallery]:
    """The gallery of known faces and voices. It opens without the server and finds it later."""
    async with _small_pool(settings, "callsheet-gallery") as pool:
        yield PostgresGallery(pool, open_vault(settings))


@asynccontextmanager
async def open_cameo_index(settings: Settings) -> AsyncIterator[CameosReader]:
    """Every cameo, for those who go through all of them."""
    async with _small_pool(settings, "callsheet-cameo-index") as pool:
        yield CameosReader(pool)


@asynccontextmanager
async def open_provenance(settings: Settings) -> AsyncIterator[ProvenanceKit]:
    """The keys of this home with the register and the index, which are found when they are up.

    Raises ProvenanceKeysUnusable, FileNotFoundError where ``prepare`` has not made the keys.
    """
    keys = ProvenanceKeys.read(settings.home)
    async with _small_pool(settings, "callsheet-provenance") as pool:
        yield kit_of(keys, PostgresRegister(pool), PostgresIndex(pool))


def kit_of(keys: ProvenanceKeys, register: Register, index: PrintIndex) -> ProvenanceKit:
    """What the release path needs, from a home's keys."""
    reader = ManifestReader(keys.roots)
    signer = FilmSigner(keys.signing, reader, Generator("Callsheet", PROGRAM_VERSION))
    return ProvenanceKit(signer, reader, keys.mark_keys, register, index)


@asynccontextmanager
async def _small_pool(settings: Settings, name: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await asyncpg.create_pool(
        settings.postgres_dsn,
        min_size=0,
        max_size=_SMALL_POOL_MAX,
        server_settings={"application_name": name},
    )
    try:
        yield pool
    finally:
        pool.terminate()


def object_store(settings: Settings) -> S3ObjectStore:
    """The media bucket of these settings. Raises UserError when no S3 is known."""
    if not (settings.s3_endpoint and settings.s3_access_key and settings.s3_secret_key):
        raise UserError(
            "No S3 is known. Start one with ./callsheet up or set CALLSHEET_S3_ENDPOINT, "
            "CALLSHEET_S3_ACCESS_KEY and CALLSHEET_S3_SECRET_KEY."
        )
    return S3ObjectStore(
        settings.s3_endpoint,
        settings.s3_access_key.get_secret_value(),
        settings.s3_secret_key.get_secret_value(),
        settings.s3_bucket,
        settings.s3_region,
        settings.s3_secure,
        settings.s3_public_endpoint,
    )


async def prepare(settings: Settings) -> None:
    """Bring every server to what the program needs. Safe to run again, and on every start."""
    settings.home.mkdir(parents=True, exist_ok=True)
    payload_keys.ensure(settings.home)
    receipts.ensure(settings.home)
    pseudonyms.ensure(settings.home)
    ProvenanceKeys.ensure(settings.home, system_clock())
    first_key(settings.keys_file, settings.home / "api-key")
    await asyncio.gather(
        _prepare_postgres(settings), _prepare_bucket(settings), apply_deployment(settings)
    )


async def _prepare_postgres(settings: Settings) -> None:
    dsn = settings.postgres_dsn
    await PostgresEventLog.migrate(dsn)
    await prepare_projections(dsn)
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        await Idempotency.migrate(connection)
        await PostgresGallery.migrate(connection)
        await PostgresRegister.migrate(connection)
        await PostgresIndex.migrate(connection)
    finally:
        await connection.close()


async def _prepare_bucket(settings: Settings) -> None:
    async with object_store(settings) as store:
        await store.ensure_bucket()
