"""``temporal.yaml`` and the code say the same: each workflow and activity once, nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import timedelta

from infra.cli.processes import ROLES
from infra.temporal import sandbox
from infra.temporal.deployment import Patience, load
from tests.architecture import reading
from workflows.contracts import ORCHESTRATION_QUEUE
from workflows.toolkit import policies

_KINDS = {
    "for_keyword": "Keyword",
    "for_keyword_list": "KeywordList",
    "for_datetime": "Datetime",
    "for_int": "Int",
    "for_bool": "Bool",
    "for_text": "Text",
    "for_float": "Double",
}


def test_every_workflow_stands_in_the_file_once_and_nothing_else_does() -> None:
    assert sorted(load().workflows()) == sorted(reading.stories())


def test_every_activity_stands_in_the_file_once_and_nothing_else_does() -> None:
    deployment = load()
    assert sorted(deployment.patience()) == sorted(reading.fronts())


def test_callers_start_stories_on_a_queue_that_serves_them() -> None:
    assert set(load().task_queues[ORCHESTRATION_QUEUE].workflows) == set(reading.stories())


def test_each_queue_belongs_to_a_process_of_the_program() -> None:
    assert {queue.process for queue in load().task_queues.values()} <= set(ROLES)


def as_written(queue: str, local: bool, patience: Patience) -> policies.Patience:
    """The file's patience in the words of the toolkit."""
    heartbeat = patience.heartbeat_seconds
    return policies.Patience(
        queue=None if local else queue,
        attempt=timedelta(seconds=patience.start_to_close_seconds),
        whole=timedelta(seconds=patience.schedule_to_close_seconds),
        heartbeat=None if heartbeat is None else timedelta(seconds=heartbeat),
        first_wait=timedelta(seconds=patience.retry.initial_seconds),
        backoff=patience.retry.backoff,
        longest_wait=timedelta(seconds=patience.retry.interval_seconds_max),
    )


def test_stories_are_as_patient_as_the_file_says() -> None:
    deployment = load()
    written = {
        activity: as_written(
            queue, activity in deployment.task_queues[queue].local_activities, patience
        )
        for activity, (queue, patience) in deployment.patience().items()
    }
    assert written == dict(policies.PATIENCE)


def test_local_activities_run_where_their_stories_run() -> None:
    for queue in load().task_queues.values():
        assert queue.workflows or not queue.local_activities


def search_attributes_in_code() -> Iterator[tuple[str, str]]:
    for path in reading.sources("workflows", "infra"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="SearchAttributeKey"), attr=kind),
                    args=[ast.Constant(value=str(name))],
                ):
                    yield name, _KINDS[kind]


def test_search_attributes_of_the_code_stand_in_the_file() -> None:
    declared = load().search_attributes
    for name, kind in search_attributes_in_code():
        assert declared.get(name) == kind, f"{name} is {kind} in the code"


def test_what_passes_through_the_sandbox_exists() -> None:
    for name in sandbox.OURS:
        path = reading.ROOT.joinpath(*name.split("."))
        assert path.is_dir() or path.with_suffix(".py").exists(), name
