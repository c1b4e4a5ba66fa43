"""A schedule of ``temporal.yaml`` as the server keeps it, compared by one canonical sentence.

Whether it is paused, and the note that says why, belong to whoever operates it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from temporalio import client as temporal
from temporalio.client import Client, ScheduleOverlapPolicy
from temporalio.service import RPCError, RPCStatusCode

from infra.temporal.deployment import Schedule

_OVERLAPS: Final = {
    "skip": ScheduleOverlapPolicy.SKIP,
    "buffer-one": ScheduleOverlapPolicy.BUFFER_ONE,
    "allow-all": ScheduleOverlapPolicy.ALLOW_ALL,
}


def wanted(name: str, schedule: Schedule) -> str:
    """What the file says, in one sentence."""
    return _said(_as_schedule(name, schedule))


async def found(client: Client, name: str) -> str | None:
    """What the server has, in the same sentence; ``None`` when there is no such schedule."""
    try:
        description = await client.get_schedule_handle(name).describe()
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return None
        raise
    return _said(description.schedule)


def repair(client: Client, name: str, schedule: Schedule) -> Callable[[], Awaitable[None]]:
    """What creates the schedule, or makes it as the file says; a paused one stays paused."""

    async def run() -> None:
        try:
            await client.create_schedule(name, _as_schedule(name, schedule))
        except temporal.ScheduleAlreadyRunningError:
            await client.get_schedule_handle(name).update(updated)

    async def updated(given: temporal.ScheduleUpdateInput) -> temporal.ScheduleUpdate:
        fresh = _as_schedule(name, schedule)
        fresh.state = given.description.schedule.state
        return temporal.ScheduleUpdate(fresh)

    return run


def _as_schedule(name: str, schedule: Schedule) -> temporal.Schedule:
    return temporal.Schedule(
        action=temporal.ScheduleActionStartWorkflow(
            schedule.workflow, id=name, task_queue=schedule.task_queue
        ),
        spec=temporal.ScheduleSpec(
            intervals=[
                temporal.ScheduleIntervalSpec(
                    every=timedelta(hours=schedule.every_hours),
                    offset=timedelta(minutes=schedule.offset_minutes),
                )
            ],
            jitter=timedelta(minutes=schedule.jitter_minutes),
        ),
        policy=temporal.SchedulePolicy(
            overlap=_OVERLAPS[schedule.overlap],
            catchup_window=timedelta(hours=schedule.catchup_window_hours),
        ),
        state=temporal.ScheduleState(note=schedule.note),
    )


def _said(schedule: temporal.Schedule) -> str:
    action = schedule.action
    if not isinstance(action, temporal.ScheduleActionStartWorkflow):
        return "something other than a workflow"
    times = ", ".join(
        f"every {each.every} + {each.offset or timedelta()}" for each in schedule.spec.intervals
    )
    others = len(schedule.spec.calendars) + len(schedule.spec.cron_expressions)
    return (
        f"{action.workflow} on {action.task_queue} {times or 'never'}"
        f"{f' and {others} other times' if others else ''}"
        f", jitter {schedule.spec.jitter or timedelta()}, {schedule.policy.overlap.name.lower()}, "
        f"catch-up {schedule.policy.catchup_window}"
    )
