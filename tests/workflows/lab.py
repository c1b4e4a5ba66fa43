"""A real Temporal server with real bodies behind it; the log and the store are their twins."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from temporalio.client import Client, WorkflowHandle
from temporalio.common import SearchAttributeKey
from temporalio.testing import WorkflowEnvironment

from activities.consent.admission import AdmissionActivities
from activities.consent.desk import ConsentDesk
from activities.consent.leaving import LeavingDesk
from activities.consent.office import CastingOffice
from activities.export.auditing import AuditActivities
from activities.export.desk import ExportDesk
from activities.export.making import ExportActivities
from activities.generation import GenerationActivities
from activities.ledger import Context, Decision, Ledger
from activities.media import MediaActivities
from activities.moderation.elsewhere import Elsewhere
from activities.moderation.judging import JudgingActivities
from activities.moderation.policies import PolicyDesk
from activities.provenance.kit import ProvenanceKit
from activities.provenance.lineage import Lineage
from activities.provenance.sealing import SealingActivities
from domain.account.account import ACCOUNT
from domain.catalog import EVENTS
from domain.generation.brief import Brief, Shot
from domain.generation.events import GenerationEvent
from domain.kernel.ports import Appended, StreamAppend, StreamCheck
from gpu_workers import registry
from gpu_workers.activities import StudioActivities
from gpu_workers.fence import Fence
from gpu_workers.sampler import Sampler
from infra import receipts
from infra.bootstrap import kit_of
from infra.clock import system_clock
from infra.embedded.ports import PortBook
from infra.embedded.server import binary
from infra.embedded.temporal import TemporalServer
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from infra.identity import drawn_by
from infra.likeness.memory import MemoryGallery
from infra.media.memory import MemoryObjectStore
from infra.processes.orchestration import STORIES
from infra.provenance.keys import ProvenanceKeys
from infra.provenance.memory import MemoryIndex, MemoryRegister
from infra.receipts import ReceiptKeys
from infra.settings import Settings
from infra.temporal.apply import apply_deployment
from infra.temporal.client import connect, data_converter
from infra.temporal.deployment import load
from infra.temporal.workers import serving
from infra.vault import FolderVault
from tests import words
from tests.workflows.bodies import CameoBodies
from tests.workflows.players import Players
from tests.workflows.screener import ToldScreener, told_policy
from workflows.contracts import (
    ORCHESTRATION_QUEUE,
    VIDEO_GENERATION,
    Outcome,
    VideoOrder,
    generation_workflow_id,
)

draw = drawn_by(system_clock)
PLAYERS = Players()
WORD = "AI MADE"


def samplers(name: str) -> Sampler:
    """The real samplers, and one that is told how long its steps take and keeps what it is told."""
    return PLAYERS if name == PLAYERS.name else registry.loaded(name)


SMALL = Brief(
    prompt="a dog runs",
    shots=(Shot(prompt="a dog runs", seconds=1.0),),
    width=128,
    height=80,
    fps=8,
    seed=3,
)
STORY = SMALL.model_copy(
    update={
        "shots": tuple(
            Shot(prompt=prompt, seconds=0.5)
            for prompt in (
                "A red dog runs along the beach at dawn",
                "A robot dances in the city at night",
                "A white cat sits in the snow",
            )
        )
    }
)
LONG = SMALL.model_copy(update={"shots": (Shot(prompt="a dog runs", seconds=20.0),), "fps": 30})


class Meanwhile(MemoryEventLog):
    """A log in which somebody does something just before an append that a test waits for."""

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[str, Callable[[], Awaitable[object]]] = {}
        """What to do, once, by the type of an event that is about to be written."""

    async def append(
        self, appends: Sequence[StreamAppend], checks: Sequence[StreamCheck] = ()
    ) -> Appended:
        for each in appends:
            for event in each.events:
                if act := self.before.pop(event.type, None):
                    await act()
        return await super().append(appends, checks)


@dataclass
class Lab:
    """What a test starts generations with, and where it looks afterwards."""

    client: Client
    log: MemoryEventLog
    store: MemoryObjectStore
    ledger: Ledger
    gallery: MemoryGallery
    vault: FolderVault
    office: CastingOffice
    receipt_keys: ReceiptKeys
    meanwhile: Meanwhile
    kit: ProvenanceKit
    studio: AsyncExitStack
    """The studio's workers; ``replace_studio`` ends them and starts others."""
    begin_studio: Callable[[], AbstractAsyncContextManager[None]]
    numbers: Any = field(default_factory=lambda: itertools.count(100))

    async def start(
        self, brief: Brief | None = None, account_id: str = words.ACCOUNT_ID, **changes: Any
    ) -> WorkflowHandle[Any, Outcome]:
        """Start a generation as any Temporal client would: by name.

        Without a brief it is a small one that nobody has asked for before.
        """
        brief = brief or SMALL.model_copy(update={"seed": next(self.numbers)})
        generation_id = draw("gen")
        order = VideoOrder(generation_id=generation_id, account_id=account_id, brief=brief)
        return await self.client.start_workflow(
            VIDEO_GENERATION,
            order,
            **{
                "id": generation_workflow_id(generation_id),
                "task_queue": ORCHESTRATION_QUEUE,
                "result_type": Outcome,
                **changes,
            },
        )

    async def types(self, handle: WorkflowHandle[Any, Any]) -> list[str]:
        """The stored names of a generation's events."""
        stream = "generation-" + handle.id.partition("/")[2]
        return [each.type for each in await self.log.read_stream(stream)]

    async def events(self, handle: WorkflowHandle[Any, Any]) -> list[GenerationEvent]:
        """What the log says of a generation."""
        codec, stream = CatalogCodec(EVENTS), "generation-" + handle.id.partition("/")[2]
        return [cast(Any, codec.decode(each)) for each in await self.log.read_stream(stream)]

    async def until_sampling(self, handle: WorkflowHandle[Any, Any]) -> None:
        """Return once the studio has said that some steps are done."""
        async with asyncio.timeout(30):
            while "sampling-advanced.v1" not in await self.types(handle):
                await asyncio.sleep(0.02)

    async def another_account(self) -> str:
        """A second account that is open."""
        account_id = draw("acc")
        decision = Decision(ACCOUNT, account_id, words.open_account(account_id))
        await self.ledger.perform([decision], Context("client/test", "test"))
        return account_id

    def damage(self, key: str) -> None:
        """Change an object's bytes behind the store's back."""
        self.store.entries[key] = replace(self.store.entries[key], data=b"other bytes")

    async def replace_studio(self) -> None:
        """End the studio's workers, as for a new version, and begin others."""
        await self.studio.aclose()
        await self.studio.enter_async_context(self.begin_studio())

    async def left_behind(self, handle: WorkflowHandle[Any, Any]) -> list[str]:
        """Keys that a generation left outside of what people watch."""
        generation_id = handle.id.partition("/")[2]
        return [
            key
            for room in ("takes", "staging")
            async for key, _ in self.store.list(f"{room}/{generation_id}/")
        ]


class LogIndex:
    """Every cameo of the log that has a version; the read model has an index of its own."""

    def __init__(self, log: MemoryEventLog) -> None:
        self._log = log

    async def after(self, cameo_id: str, limit: int) -> list[str]:
        """The ids that follow one of them."""
        events = await self._log.read_all(limit=100_000)
        found = {
            each.stream.removeprefix("cameo-")
            for each in events
            if each.type.startswith("cameo-version-approved")
        }
        return sorted(each for each in found if each > cameo_id)[:limit]


@asynccontextmanager
async def a_lab() -> AsyncIterator[Lab]:
    """Server, workers of all queues, and an open account."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="callsheet-lab-"))
        settings = Settings(home=Path(folder))
        server = TemporalServer(settings, PortBook(settings.home))
        await server.start()
        stack.push_async_callback(server.stop)
        settings = settings.filled(temporal_address=server.address)
        await apply_deployment(settings)
        client = await connect(settings, role="lab")
        yield await _furnished(stack, client, settings.home)


@asynccontextmanager
async def a_lab_without_waiting() -> AsyncIterator[tuple[Lab, Lab]]:
    """Two labs on one server: the second one's stories skip the time in which they only wait.

    Each of them has its own clock; those of the log and of the test do not move.
    """
    deployment = load()
    known = deployment.search_attributes.items()
    attributes = [SearchAttributeKey._from_metadata_type(name, kind) for name, kind in known]
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="callsheet-lab-"))
        environment = await WorkflowEnvironment.start_time_skipping_v2(
            namespace=deployment.namespace.name,
            data_converter=data_converter(None),
            search_attributes=[each for each in attributes if each is not None],
            dev_server_existing_path=str(binary("temporal")),
            dev_server_extra_args=[
                "--dynamic-config-value",
                "frontend.WorkflowTimeSkippingEnabled=true",
            ],
        )
        stack.push_async_callback(environment.shutdown)
        skipping = environment.client
        client = await Client.connect(
            skipping.service_client.config.target_host,
            namespace=deployment.namespace.name,
            data_converter=data_converter(None),
        )
        lab = await _furnished(stack, client, Path(folder))
        yield lab, replace(lab, client=skipping)


async def _furnished(stack: AsyncExitStack, client: Client, home: Path) -> Lab:
    log, store = Meanwhile(), MemoryObjectStore()
    ledger = Ledger(log, CatalogCodec(EVENTS))
    keys = receipts.ensure(home)
    office = CastingOffice(log, CatalogCodec(EVENTS), keys)
    decision = Decision(ACCOUNT, words.ACCOUNT_ID, words.open_account())
    await ledger.perform([decision], Context("client/test", "test"))
    desk = ConsentDesk(log, CatalogCodec(EVENTS))
    gallery, vault = MemoryGallery(), FolderVault(home / "keys")
    provenance = ProvenanceKeys.ensure(home, system_clock())
    kit = kit_of(provenance, MemoryRegister(), MemoryIndex())
    served = bodies(log, ledger, store, home, gallery, vault, desk, office, kit)
    await stack.enter_async_context(serving(client, load(), served, STORIES))

    fence = Fence()
    await stack.enter_async_context(fence.following(log))

    def begin_studio() -> AbstractAsyncContextManager[None]:
        studio = StudioActivities(
            samplers,
            store,
            ledger,
            system_clock,
            home,
            fence,
            references=home / "shelf",
            office=office,
            vault=vault,
        )
        return serving(client, load(), {"studio": [studio.sample_take]}, [])

    studio = await stack.enter_async_context(AsyncExitStack())
    await studio.enter_async_context(begin_studio())
    return Lab(
        client,
        log,
        store,
        ledger,
        gallery,
        vault,
        office,
        keys,
        log,
        kit,
        studio,
        begin_studio,
    )


def bodies(
    log: MemoryEventLog,
    ledger: Ledger,
    store: MemoryObjectStore,
    scratch: Path,
    gallery: MemoryGallery,
    vault: FolderVault,
    desk: ConsentDesk,
    office: CastingOffice,
    kit: ProvenanceKit,
) -> dict[str, list[Callable[..., Any]]]:
    """The real activities of all processes but the studio, by the process that serves them."""
    cameos = CameoBodies(ledger, store, vault, gallery, LogIndex(log), desk, scratch)
    policies = PolicyDesk(log, CatalogCodec(EVENTS), told_policy())
    judging = JudgingActivities(ledger, desk, policies, vault, store, ToldScreener(), scratch)
    return {
        "orchestration": [
            *GenerationActivities(ledger, office).bodies,
            *AdmissionActivities(office).bodies,
            *ExportDesk(ledger, LeavingDesk(ledger, office), Elsewhere(ledger, policies)).bodies,
            *cameos.decisions,
        ],
        "media": [
            *MediaActivities(store, ledger, system_clock, scratch, kit=kit).bodies,
            *ExportActivities(store, ledger, kit, scratch, WORD).bodies,
            *AuditActivities(store, ledger, kit, scratch).bodies,
            *SealingActivities(store, ledger, kit, Lineage(ledger, office), scratch).bodies,
            *cameos.io,
            *cameos.media,
            *judging.bodies,
        ],
    }
