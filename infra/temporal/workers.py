"""The workers of a process: what each queue serves and how much, as ``temporal.yaml`` says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import (
    ActivityInboundInterceptor,
    Interceptor,
    PollerBehaviorSimpleMaximum,
    Worker,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowRunner,
)

from infra.errors import UserError
from infra.temporal.callers import CallersMistakes
from infra.temporal.deployment import Deployment, TaskQueue, WorkerSettings
from infra.temporal.failures import ActivityFailures
from infra.temporal.sandbox import sandboxed

Body = Callable[..., Any]

_START_PAUSE_SECONDS: Final = 0.01


class WorkersMiswired(UserError):
    """A process was given other workflows or activities than ``temporal.yaml`` promises."""


class Safeguards(Interceptor):
    """Puts errors into safe words and keeps callers' mistakes away from workflow tasks."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Stand in front of every activity."""
        return ActivityFailures(next)

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        """Stand in front of every workflow."""
        return CallersMistakes


def build_workers(
    client: Client,
    deployment: Deployment,
    process: str,
    *,
    workflows: Sequence[type] = (),
    activities: Sequence[Body] = (),
    interceptors: Sequence[Interceptor] = (),
    activity_executor: ThreadPoolExecutor | None = None,
    runner: WorkflowRunner | None = None,
) -> list[Worker]:
    """One worker per queue of this process. Raises ``WorkersMiswired``.

    Activities that are no coroutines run in ``activity_executor``. ``interceptors`` stand outside
    the safeguards, so they see failures in their final words.
    """
    stories = {_workflow_name(each): each for each in workflows}
    bodies = {_activity_name(each): each for each in activities}
    queues = deployment.queues_of(process)
    _require_exactly(process, queues, {*stories, *bodies})
    return [
        Worker(
            client,
            task_queue=name,
            workflows=[stories[each] for each in queue.workflows],
            activities=[bodies[each] for each in (*queue.activities, *queue.local_activities)],
            interceptors=[*interceptors, Safeguards()],
            activity_executor=activity_executor,
            workflow_runner=runner or sandboxed(),
            **_figures(queue),
        )
        for name, queue in queues.items()
    ]


async def run_workers(
    client: Client,
    deployment: Deployment,
    process: str,
    *,
    workflows: Sequence[type] = (),
    activities: Sequence[Body] = (),
    ready: Callable[[], None] = lambda: None,
    interceptors: Sequence[Interceptor] = (),
    activity_executor: ThreadPoolExecutor | None = None,
) -> None:
    """Serve the queues of a process until cancelled, then drain: running activities get
    ``graceful_shutdown_seconds`` before they are cancelled.

    ``ready`` is called when all poll. Raises ``WorkersMiswired``; a worker that fails ends all.
    """
    workers = build_workers(
        client,
        deployment,
        process,
        workflows=workflows,
        activities=activities,
        interceptors=interceptors,
        activity_executor=activity_executor,
    )
    try:
        async with asyncio.TaskGroup() as group:
            for worker in workers:
                group.create_task(worker.run(), name=f"worker {worker.task_queue}")
            while not all(worker.is_running for worker in workers):  # noqa: ASYNC110 it has no event
                await asyncio.sleep(_START_PAUSE_SECONDS)
            ready()
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


@asynccontextmanager
async def serving(
    client: Client,
    deployment: Deployment,
    processes: Mapping[str, Sequence[Body]],
    workflows: Sequence[type],
) -> AsyncIterator[None]:
    """Several processes' queues in this one while the block runs: for benches and tests.

    The workflows go to the process that ``temporal.yaml`` gives them.
    """
    stories = {_workflow_name(each): each for each in workflows}
    workers = [
        worker
        for process, activities in processes.items()
        for worker in build_workers(
            client,
            deployment,
            process,
            workflows=[
                stories[name]
                for queue in deployment.queues_of(process).values()
                for name in queue.workflows
            ],
            activities=activities,
        )
    ]
    running = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        yield
    finally:
        await asyncio.gather(*(worker.shutdown() for worker in workers))
        await asyncio.gather(*running)


def _require_exactly(process: str, queues: Mapping[str, TaskQueue], given: set[str]) -> None:
    promised = {name for queue in queues.values() for name in queue.served}
    if not queues:
        raise WorkersMiswired(f"temporal.yaml has no queue for the process {process}; add one.")
    if missing := sorted(promised - given):
        raise WorkersMiswired(
            f"The process {process} has no body for {', '.join(missing)}; pass it in or take it "
            "out of temporal.yaml."
        )
    if unknown := sorted(given - promised):
        raise WorkersMiswired(
            f"temporal.yaml gives {', '.join(unknown)} to no queue of the process {process}; "
            "add it there."
        )


def _figures(queue: TaskQueue) -> dict[str, Any]:
    settings = queue.worker
    throttle = timedelta(milliseconds=settings.heartbeat_throttle_milliseconds)
    return {
        "max_concurrent_workflow_tasks": settings.workflow_tasks_max,
        "max_cached_workflows": settings.workflows_cached_max,
        "max_concurrent_activities": settings.activities_max,
        "max_concurrent_local_activities": settings.local_activities_max,
        "max_heartbeat_throttle_interval": throttle,
        "default_heartbeat_throttle_interval": throttle,
        "sticky_queue_schedule_to_start_timeout": timedelta(
            seconds=settings.sticky_schedule_to_start_seconds
        ),
        "graceful_shutdown_timeout": timedelta(seconds=settings.graceful_shutdown_seconds),
        # a queue of decisions only must not take the remote activities of others
        "no_remote_activities": not queue.activities,
        **_pollers(settings),
    }


def _pollers(settings: WorkerSettings) -> dict[str, Any]:
    return {
        "workflow_task_poller_behavior": PollerBehaviorSimpleMaximum(
            maximum=settings.workflow_task_pollers
        ),
        "activity_task_poller_behavior": PollerBehaviorSimpleMaximum(
            maximum=settings.activity_task_pollers
        ),
    }


def _workflow_name(story: type) -> str:
    name = workflow._Definition.must_from_class(story).name
    return name or story.__name__


def _activity_name(body: Body) -> str:
    name = activity._Definition.must_from_callable(body).name
    return name or str(body)
