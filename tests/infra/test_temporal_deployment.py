"""``temporal.yaml`` is read strictly, and a mistake is shown where it stands."""

from __future__ import annotations

import pytest

from infra.temporal.deployment import PATH, DeploymentRefused, load, parse
from tests.infra.temporal_bench import DEPLOYMENT


def changed(old: str, new: str) -> str:
    assert old in DEPLOYMENT
    return DEPLOYMENT.replace(old, new, 1)


def test_the_deployment_of_the_repository_reads() -> None:
    deployment = load()
    assert deployment.namespace.retention_days == 3650
    assert set(deployment.task_queues) == {"orchestration", "io", "media", "gpu"}
    assert set(deployment.queues_of("media")) == {"io", "media"}
    assert deployment.patience()["sample_take"][0] == "gpu"


def test_heartbeats_are_not_held_back() -> None:
    for queue in load().task_queues.values():
        assert queue.worker.heartbeat_throttle_milliseconds <= 100
        assert queue.worker.graceful_shutdown_seconds > 0
        assert queue.worker.sticky_schedule_to_start_seconds <= 1
    gpu = load().task_queues["gpu"].worker
    assert gpu.heartbeat_throttle_milliseconds <= 20, "half a step of the built-in model"


def test_an_unknown_key_is_named_with_its_line() -> None:
    text = changed("retention_days: 30}", "retention_days: 30, retention: 3}")
    with pytest.raises(DeploymentRefused, match=r"test.yaml, line 2: namespace.retention: is not"):
        parse(text, "test.yaml")


def test_a_wrong_value_is_named_with_its_line() -> None:
    line = 1 + DEPLOYMENT[: DEPLOYMENT.index("activities_max")].count("\n")
    text = changed("activities_max: 1", "activities_max: -1")
    with pytest.raises(DeploymentRefused, match=rf"line {line}: .*activities_max: .*equal to 1"):
        parse(text, "test.yaml")


def test_every_mistake_is_reported_at_once() -> None:
    text = changed("retention_days: 30", "retention_days: no").replace("key: account", "key: me")
    with pytest.raises(DeploymentRefused) as refused:
        parse(text)
    assert len(str(refused.value).splitlines()) == 2


def test_a_key_given_twice_is_refused() -> None:
    text = DEPLOYMENT + "fairness: {enabled: false, key: account}\n"
    with pytest.raises(DeploymentRefused, match="'fairness' is given twice"):
        parse(text)


def test_an_activity_on_two_queues_is_refused() -> None:
    text = changed("    workflows: [Rehearsal", "    activities: {rehearse: *q}\n    workflows: [R")
    text = text.replace(
        "{rehearse: *q}",
        "{rehearse: {start_to_close_seconds: 1, "
        "schedule_to_close_seconds: 1, retry: {initial_seconds: 1, backoff: 1, "
        "interval_seconds_max: 1}}}",
    )
    with pytest.raises(DeploymentRefused, match="rehearse: served by more than one queue"):
        parse(text)


def test_a_schedule_of_something_unserved_is_refused() -> None:
    text = changed("workflow: Waiting", "workflow: Sleeping")
    with pytest.raises(DeploymentRefused, match="schedule nightly starts Sleeping"):
        parse(text)


@pytest.mark.parametrize("text", ["", "[]", "a: [", "a: b: c", "\t", "just words"])
def test_what_is_no_deployment_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(DeploymentRefused, match="line 1"):
        parse(text)


def test_the_file_stands_at_the_root() -> None:
    assert PATH.name == "temporal.yaml"
    assert (PATH.parent / "pyproject.toml").exists()
