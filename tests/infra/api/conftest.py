"""The door on real servers: Temporal, PostgreSQL and S3, with real workers for the stories."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from temporalio.worker import Worker

from activities.consent.admission import AdmissionActivities
from activities.consent.leaving import LeavingDesk
from activities.export.desk import ExportDesk
from activities.generation import GenerationActivities
from activities.moderation.elsewhere import Elsewhere
from activities.moderation.judging import JudgingActivities
from activities.moderation.policies import PolicyDesk
from domain.catalog import EVENTS
from infra.api.app import create_app
from infra.api.doors import Doors, Limits
from infra.bootstrap import (
    desk_on,
    object_store,
    office_on,
    open_cameo_index,
    open_gallery,
    open_ledger,
    open_vault,
    prepare,
)
from infra.embedded.servers import EmbeddedServers
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.postgres import PostgresEventLog
from infra.processes.api import open_doors
from infra.processes.orchestration import STORIES
from infra.settings import Settings
from infra.telemetry.metrics import Metrics
from infra.temporal.client import connect
from infra.temporal.sandbox import sandboxed
from infra.temporal.workers import Safeguards
from projections.registry import PROJECTIONS
from projections.runner import Runner
from tests.infra.api.studio import SmallStudio
from tests.workflows.bodies import CameoBodies
from tests.workflows.screener import ToldScreener, told_policy
from workflows.contracts import ORCHESTRATION_QUEUE

LIMITS = Limits(
    recording_seconds_max=8, cancelling_seconds_max=8, watch_seconds=0.1, silence_seconds_max=1
)


@dataclass
class Stage:
    """Everything that a test may look behind."""

    servers: EmbeddedServers
    settings: Settings
    doors: Doors
    log: PostgresEventLog
    studio: SmallStudio
    url: str
    key: str

    def caller(self, account_id: str | None = None, key: str | None = None) -> httpx.AsyncClient:
        """A client application's HTTP client, acting for an account."""
        headers = {"Authorization": f"Bearer {key or self.key}"}
        if account_id:
            headers["Callsheet-Account"] = account_id
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=20)


@asynccontextmanager
async def served(doors: Doors) -> AsyncIterator[str]:
    """The API behind a real HTTP server on a free port; yields its address."""
    config = uvicorn.Config(
        create_app(doors), port=0, lifespan="off", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        await doors.watchers.close()
        server.should_exit = True
        await running


@pytest.fixture(scope="session")
async def stage() -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="callsheet-api-"))
        bare = Settings(home=Path(home))
        servers = await stack.enter_async_context(EmbeddedServers(bare, keep=False))
        settings = servers.settings
        await prepare(settings)
        ledger = await stack.enter_async_context(open_ledger(settings))
        store = await stack.enter_async_context(object_store(settings))
        log = await stack.enter_async_context(PostgresEventLog(settings.postgres_dsn))
        studio = SmallStudio(ledger, store)
        gallery = await stack.enter_async_context(open_gallery(settings))
        cameos = CameoBodies(
            ledger,
            store,
            open_vault(settings),
            gallery,
            await stack.enter_async_context(open_cameo_index(settings)),
            desk_on(log),
            settings.home / "scratch",
        )
        office = office_on(log, settings)
        policies = PolicyDesk(log, CatalogCodec(EVENTS), told_policy())
        decisions = [
            *GenerationActivities(ledger, office).bodies,
            *AdmissionActivities(office).bodies,
            *ExportDesk(ledger, LeavingDesk(ledger, office), Elsewhere(ledger, policies)).bodies,
        ]
        judging = JudgingActivities(
            ledger,
            desk_on(log),
            policies,
            open_vault(settings),
            store,
            ToldScreener(),
            settings.home / "scratch",
        )
        await _work(stack, settings, decisions, studio, cameos, judging)
        for projection in PROJECTIONS:
            runner = Runner(projection, log, EVENTS, settings.postgres_dsn)
            running = asyncio.create_task(runner.run())
            stack.callback(running.cancel)
        doors = await stack.enter_async_context(open_doors(settings, Metrics(), LIMITS))
        url = await stack.enter_async_context(served(doors))
        key = (Path(home) / "api-key").read_text().strip()
        yield Stage(servers, settings, doors, log, studio, url, key)


async def _work(
    stack: AsyncExitStack,
    settings: Settings,
    decisions: list[Callable[..., Any]],
    studio: SmallStudio,
    cameos: CameoBodies,
    judging: JudgingActivities,
) -> None:
    client = await connect(settings, role="test")
    throttle = timedelta(milliseconds=50)
    bodies: dict[str, list[Callable[..., Any]]] = {
        "gpu": [studio.sample_take],
        "media": [
            studio.assemble_rendition,
            studio.sign_film,
            studio.store_rendition,
            studio.prove_rendition,
            studio.brand_video,
            studio.prove_export,
            studio.keep_video_down,
            judging.screen_film,
            *cameos.media,
        ],
        "io": [studio.clear_staging, judging.screen_words, *cameos.io],
    }
    for queue, activities in bodies.items():
        worker = Worker(
            client,
            task_queue=queue,
            activities=activities,
            interceptors=[Safeguards()],
            max_heartbeat_throttle_interval=throttle,
            default_heartbeat_throttle_interval=throttle,
        )
        await stack.enter_async_context(worker)
    stories = Worker(
        client,
        task_queue=ORCHESTRATION_QUEUE,
        workflows=STORIES,
        activities=[*decisions, *cameos.decisions],
        interceptors=[Safeguards()],
        workflow_runner=sandboxed(),
    )
    await stack.enter_async_context(stories)


@pytest.fixture
async def caller(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    """A caller with an account of its own."""
    async with stage.caller() as http:
        answer = await http.post("/v1/accounts")
        assert answer.status_code == 201, answer.text
        http.headers["Callsheet-Account"] = answer.json()["account_id"]
        yield http
