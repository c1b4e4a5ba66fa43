"""A server is made to agree with the file once; after that there is nothing to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.client import (
    Client,
    Schedule,
    ScheduleHandle,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from infra.settings import Settings
from infra.temporal.apply import DeploymentConflict, apply, apply_deployment, diff
from infra.temporal.client import TemporalUnreachable, connect
from infra.temporal.deployment import load
from tests.infra.temporal_bench import DEPLOYMENT, a_deployment, a_temporal_server

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
async def settings() -> AsyncIterator[Settings]:
    async with a_temporal_server() as settings:
        yield settings


@pytest.fixture(scope="module")
async def client(settings: Settings) -> Client:
    return await connect(settings, role="test")


async def test_a_fresh_server_lacks_what_the_file_names(client: Client) -> None:
    places = [each.place for each in await diff(client, a_deployment())]
    assert places == [
        "namespace.callsheet",
        "search_attributes.Stage",
        "search_attributes.RequestedAt",
        "schedules.nightly",
    ]


async def test_applying_twice_changes_nothing(client: Client) -> None:
    assert len(await apply(client, a_deployment())) > 0
    assert await diff(client, a_deployment()) == []
    assert await apply(client, a_deployment()) == []


async def test_a_namespace_that_is_not_there_is_made(client: Client, settings: Settings) -> None:
    elsewhere = settings.filled(temporal_namespace="callsheet-second")
    deployment = a_deployment(DEPLOYMENT.replace("name: callsheet", "name: callsheet-second"))
    there = await connect(elsewhere, role="test")
    assert len(await diff(there, deployment)) == 4
    await apply(there, deployment)
    assert await diff(there, deployment) == []


async def test_a_longer_retention_is_seen_and_applied(client: Client) -> None:
    await apply(client, a_deployment())
    longer = a_deployment(DEPLOYMENT.replace("retention_days: 30", "retention_days: 3650"))
    [difference] = await diff(client, longer)
    assert str(difference) == (
        "namespace.callsheet: wanted 3650 days of retention, found 30 days of retention"
    )
    await apply(client, longer)
    assert await diff(client, longer) == []


async def until(handle: ScheduleHandle, changed: Callable[[Schedule], bool]) -> None:
    """The server takes note of a change a moment later, and of two at once in either order."""
    async with asyncio.timeout(20):
        while not changed((await handle.describe()).schedule):
            await asyncio.sleep(0.05)


async def test_a_schedule_that_somebody_changed_is_put_right_and_stays_paused(
    client: Client,
) -> None:
    await apply(client, a_deployment())
    handle = client.get_schedule_handle("nightly")

    async def meddle(given: ScheduleUpdateInput) -> ScheduleUpdate:
        schedule = given.description.schedule
        spec = replace(
            schedule.spec,
            intervals=[replace(each, every=timedelta(hours=1)) for each in schedule.spec.intervals],
        )
        spec.intervals[0].offset = timedelta()
        return ScheduleUpdate(replace(schedule, spec=spec))

    await handle.update(meddle)
    await until(handle, lambda schedule: schedule.spec.intervals[0].every == timedelta(hours=1))
    await handle.pause(note="Paused by an operator.")
    await until(handle, lambda schedule: schedule.state.paused)
    assert [each.place for each in await diff(client, a_deployment())] == ["schedules.nightly"]
    await apply(client, a_deployment())
    assert await diff(client, a_deployment()) == []
    description = await handle.describe()
    assert description.schedule.spec.intervals[0].every == timedelta(hours=24)
    assert description.schedule.state.paused
    assert description.schedule.state.note == "Paused by an operator."


async def test_an_attribute_of_another_kind_is_a_conflict(client: Client) -> None:
    await apply(client, a_deployment())
    other = a_deployment(DEPLOYMENT.replace("Stage: Keyword", "Stage: Datetime"))
    with pytest.raises(DeploymentConflict, match="Stage is Keyword on the server"):
        await apply(client, other)


async def test_the_deployment_of_the_repository_is_applied_to_the_namespace_of_the_settings(
    settings: Settings,
) -> None:
    here = settings.filled(temporal_namespace="callsheet-third")
    assert len(await apply_deployment(here, load())) > 0
    assert await apply_deployment(here, load()) == []


async def test_a_server_that_does_not_answer_is_named() -> None:
    nowhere = Settings(temporal_address="127.0.0.1:1")
    with pytest.raises(TemporalUnreachable, match=r"127.0.0.1:1 for 0.2 seconds"):
        await connect(nowhere, role="test", seconds_max=0.2)
    with pytest.raises(TemporalUnreachable, match="CALLSHEET_TEMPORAL_ADDRESS"):
        await connect(Settings(temporal_address=None), role="test")
