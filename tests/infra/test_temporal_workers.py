"""Workers serve what the file says, say what may be said, stop politely and share fairly."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception
from temporalio.worker import Worker, WorkflowRunner

from activities.orders import SweepOrder, Swept
from domain.account.account import AccountUnknown
from domain.generation.brief import Brief
from domain.kernel.ports import StoreUnavailable
from infra.settings import Settings
from infra.temporal import payload_keys, sandbox
from infra.temporal.client import connect
from infra.temporal.workers import WorkersMiswired, build_workers, run_workers
from tests.infra.temporal_bench import a_deployment, a_temporal_server
from tests.infra.temporal_stories import Order, Queueing, Rehearsal, Waiting
from workflows.staging_sweep import StagingSweep
from workflows.video_generation import VideoGeneration

pytestmark = pytest.mark.servers

CANARY = "Canary Mirabeau"
STORIES = [Rehearsal, Waiting, Queueing]


class Stage:
    """The body of ``rehearse``, with as much trouble as the order asks for."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.started = asyncio.Event()
        self.stopped: list[float] = []

    @activity.defn
    async def rehearse(self, order: Order) -> str:
        self.seen.append(order.account)
        self.started.set()
        attempt = activity.info().attempt
        match order.trouble:
            case "refused":
                raise AccountUnknown
            case "outage" if attempt < 8:
                raise StoreUnavailable("The store does not answer.")
            case "broken":
                raise ValueError(f"cannot draw {order.brief.prompt}")
            case "invalid":
                Brief.model_validate({"prompt": order.brief.prompt, "fps": order.brief.prompt})
            case "endless":
                await self._endless()
            case "slow":
                await asyncio.sleep(0.02)
        return f"after {attempt}"

    async def _endless(self) -> None:
        try:
            while True:
                activity.heartbeat("still here")
                await asyncio.sleep(0.05)
        finally:
            self.stopped.append(time.monotonic())


@pytest.fixture(scope="module")
async def settings() -> AsyncIterator[Settings]:
    async with a_temporal_server() as settings:
        payload_keys.ensure(settings.home)
        yield settings


@pytest.fixture(scope="module")
async def client(settings: Settings) -> AsyncIterator[Client]:
    client = await connect(settings, role="test")
    [worker] = build_workers(client, a_deployment(), "orchestration", workflows=STORIES)
    async with worker:
        yield client


@asynccontextmanager
async def the_studio(client: Client, stage: Stage) -> AsyncIterator[asyncio.Task[None]]:
    ready = asyncio.Event()
    task = asyncio.create_task(
        run_workers(client, a_deployment(), "studio", activities=[stage.rehearse], ready=ready.set)
    )
    await asyncio.wait_for(ready.wait(), 10)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def stage(client: Client) -> AsyncIterator[Stage]:
    stage = Stage()
    async with the_studio(client, stage):
        yield stage


def an_order(trouble: str = "", account: str = "acc_a") -> Order:
    return Order(brief=Brief(prompt=CANARY), account=account, trouble=trouble)


async def rehearsed(client: Client, name: str, order: Order) -> str:
    result = await client.execute_workflow(
        Rehearsal.run, order, id=f"rehearsal/{name}", task_queue="orchestration"
    )
    return str(result)


async def why_it_failed(client: Client, name: str, order: Order) -> ApplicationError:
    with pytest.raises(WorkflowFailureError) as failed:
        await rehearsed(client, name, order)
    assert isinstance(failed.value.cause, ActivityError)
    cause = failed.value.cause.cause
    assert isinstance(cause, ApplicationError)
    return cause


async def test_a_refusal_is_not_tried_again(client: Client, stage: Stage) -> None:
    why = await why_it_failed(client, "refused", an_order("refused"))
    assert why.type == "account-unknown"
    assert list(why.details) == [AccountUnknown.stage, AccountUnknown.next_step]
    assert len(stage.seen) == 1


async def test_an_outage_is_waited_for(client: Client, stage: Stage) -> None:
    assert await rehearsed(client, "outage", an_order("outage")) == "after 8"


@pytest.mark.parametrize("trouble", ["broken", "invalid"])
async def test_what_stays_broken_ends_and_quotes_nobody(
    client: Client, stage: Stage, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="temporalio.activity"):
        why = await why_it_failed(client, trouble, an_order(trouble))
    assert len(stage.seen) == 5
    assert "Mirabeau" not in str(why.failure)
    assert "Completing activity as failed" in caplog.text
    assert "Mirabeau" not in caplog.text


async def test_a_cancel_is_felt_within_a_second(client: Client, stage: Stage) -> None:
    handle = await client.start_workflow(
        Rehearsal.run, an_order("endless"), id="rehearsal/cancelled", task_queue="orchestration"
    )
    await asyncio.wait_for(stage.started.wait(), 5)
    asked = time.monotonic()
    await handle.cancel()
    with pytest.raises(WorkflowFailureError) as failed:
        await handle.result()
    assert is_cancelled_exception(failed.value.cause)
    assert stage.stopped[0] - asked < 1


async def test_stopping_drains_and_another_worker_goes_on(client: Client) -> None:
    first, second = Stage(), Stage()
    async with the_studio(client, first) as task:
        handle = await client.start_workflow(
            Rehearsal.run, an_order("endless"), id="rehearsal/drained", task_queue="orchestration"
        )
        await asyncio.wait_for(first.started.wait(), 5)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert 0.9 < time.monotonic() - began < 5
        assert first.stopped
    async with the_studio(client, second):
        await asyncio.wait_for(second.started.wait(), 15)
        await handle.cancel()
        with pytest.raises(WorkflowFailureError):
            await handle.result()


async def test_many_jobs_of_one_account_do_not_hold_up_another(
    client: Client, settings: Settings
) -> None:
    stage = Stage()
    many = [an_order("slow", "acc_many")] * 60
    few = [an_order("slow", "acc_few")] * 4
    crowd = await client.start_workflow(
        Queueing.run, many, id="queueing/many", task_queue="orchestration"
    )
    await asyncio.sleep(0.5)
    guest = await client.start_workflow(
        Queueing.run, few, id="queueing/few", task_queue="orchestration"
    )
    await asyncio.sleep(0.5)
    async with the_studio(client, stage):
        await guest.result()
        await crowd.result()
    last_of_the_few = max(i for i, who in enumerate(stage.seen) if who == "acc_few")
    assert last_of_the_few < 16, stage.seen[:24]


def test_a_process_without_a_body_is_refused_before_it_starts(client: Client) -> None:
    with pytest.raises(WorkersMiswired, match="orchestration has no body for Queueing, Waiting"):
        build_workers(client, a_deployment(), "orchestration", workflows=[Rehearsal])
    with pytest.raises(WorkersMiswired, match="gives Waiting to no queue of the process studio"):
        build_workers(
            client,
            a_deployment(),
            "studio",
            workflows=[Waiting],
            activities=[Stage().rehearse],
        )
    with pytest.raises(WorkersMiswired, match="no queue for the process media"):
        build_workers(client, a_deployment(), "media")


async def test_a_worker_that_cannot_start_says_so(settings: Settings) -> None:
    lost = await connect(settings.filled(temporal_namespace="nowhere"), role="test")
    with pytest.raises(RuntimeError, match="nowhere"):
        await run_workers(lost, a_deployment(), "studio", activities=[Stage().rehearse])


RUNNERS = [sandbox.sandboxed, sandbox.suspicious, sandbox.sealed_off]


@activity.defn
async def sweep_staging(order: SweepOrder) -> Swept:
    return Swept(objects=int(order.older_than_hours))


@pytest.mark.parametrize("runner", RUNNERS, ids=lambda each: each.__name__)
async def test_a_story_of_the_repository_runs_in_each_sandbox(
    client: Client, runner: Callable[[], WorkflowRunner]
) -> None:
    queue = f"sandbox-{runner.__name__}"
    stories = Worker(client, task_queue=queue, workflows=[StagingSweep], workflow_runner=runner())
    sweeper = Worker(client, task_queue="io", activities=[sweep_staging])
    async with stories, sweeper:
        swept = await client.execute_workflow(
            StagingSweep.run, id=f"sweep/{queue}", task_queue=queue
        )
    assert swept == Swept(objects=24)


@pytest.mark.parametrize("runner", RUNNERS, ids=lambda each: each.__name__)
async def test_every_story_loads_in_each_sandbox(runner: Callable[[], WorkflowRunner]) -> None:
    for story in (VideoGeneration, StagingSweep):
        runner().prepare_workflow(workflow._Definition.must_from_class(story))
