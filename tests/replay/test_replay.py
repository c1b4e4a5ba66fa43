"""Every recorded history replays on today's code: nobody's request is left half-way."""

from __future__ import annotations

import pytest
from temporalio.worker import Replayer, WorkflowRunner

from infra.processes.orchestration import STORIES
from infra.temporal.client import data_converter
from infra.temporal.sandbox import sandboxed, sealed_off
from infra.temporal.workers import Safeguards
from tests.replay import archive
from tests.replay.record import PATHS


def a_replayer(runner: WorkflowRunner) -> Replayer:
    return Replayer(
        workflows=STORIES,
        data_converter=data_converter(None),
        interceptors=[Safeguards()],
        workflow_runner=runner,
        namespace="callsheet",
    )


def test_each_ending_of_a_generation_has_a_recorded_history() -> None:
    endings = {"completed", "failed", "refused", "cancelled"}
    assert {f"video-generation-{ending}" for ending in endings} <= set(archive.names())


def test_each_way_that_shots_can_go_has_a_recorded_history() -> None:
    ways = {"one", "three", "one-found", "one-of-three-changed", "failed", "cancelled"}
    assert {f"video-generation-shots-{way}" for way in ways} <= set(archive.names())


def test_each_path_of_the_other_stories_has_a_recorded_history() -> None:
    assert set(PATHS) <= set(archive.names())


@pytest.mark.parametrize("name", archive.names())
async def test_a_recorded_history_replays(name: str) -> None:
    result = await a_replayer(sandboxed()).replay_workflow(
        archive.read(name), raise_on_replay_failure=False
    )
    assert result.replay_failure is None


@pytest.mark.parametrize("name", archive.covering())
async def test_it_replays_with_nothing_of_ours_passed_through_the_sandbox(name: str) -> None:
    """What passes through is not looked into, so a clock read there would go unnoticed.

    Everything is imported anew for each, so only histories are taken that show something new.
    """
    result = await a_replayer(sealed_off()).replay_workflow(
        archive.read(name), raise_on_replay_failure=False
    )
    assert result.replay_failure is None


async def test_a_story_that_changed_is_found() -> None:
    """The control: a history whose steps are in another order must not replay."""
    history = archive.read("video-generation-completed")
    for event in history.events:
        if event.HasField("activity_task_scheduled_event_attributes"):
            scheduled = event.activity_task_scheduled_event_attributes
            scheduled.activity_type.name = "post_notice"
    result = await a_replayer(sandboxed()).replay_workflow(history, raise_on_replay_failure=False)
    assert result.replay_failure is not None
