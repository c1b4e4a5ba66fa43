"""A wrong call ends with an explanation; nothing is stuck, and nobody is quoted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from infra.settings import Settings
from infra.temporal import payload_keys
from infra.temporal.client import connect
from infra.temporal.payloads import PAYLOAD_INVALID
from infra.temporal.workers import build_workers
from tests.infra.temporal_bench import a_deployment, a_temporal_server
from tests.infra.temporal_stories import Queueing, Rehearsal, Waiting

pytestmark = pytest.mark.servers

CANARY = "Canary Mirabeau of 7 Rue Plumet"


@pytest.fixture(scope="module")
async def settings() -> AsyncIterator[Settings]:
    async with a_temporal_server() as settings:
        yield settings


@pytest.fixture(scope="module", params=["in clear", "encrypted"])
async def client(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[Client]:
    if request.param == "encrypted":
        payload_keys.ensure(settings.home)
    client = await connect(settings, role="test")
    [worker] = build_workers(
        client, a_deployment(), "orchestration", workflows=[Rehearsal, Waiting, Queueing]
    )
    async with worker:
        yield client
    (settings.home / payload_keys.FILE_NAME).unlink(missing_ok=True)


def raw(data: bytes, encoding: bytes = b"json/plain") -> RawValue:
    return RawValue(Payload(metadata={"encoding": encoding}, data=data))


WRONG_STARTS: dict[str, list[Any]] = {
    "no argument": [],
    "two arguments": [{"brief": {"prompt": CANARY}}, {"brief": {"prompt": CANARY}}],
    "a missing field": [{"account": CANARY}],
    "an unknown field": [{"brief": {"prompt": "a beach"}, CANARY: CANARY}],
    "a prompt beyond the limit": [{"brief": {"prompt": CANARY * 1000}}],
    "a blank prompt": [{"brief": {"prompt": "   "}}],
    "a negative duration": [
        {"brief": {"prompt": "x", "shots": [{"prompt": CANARY, "seconds": -1}]}}
    ],
    "a huge size": [{"brief": {"prompt": CANARY, "width": 10**9}}],
    "a string": [CANARY],
    "nothing at all": [None],
    "broken JSON": [raw(b'{"brief": "' + CANARY.encode())],
    "bytes that are no text": [raw(b'{"brief": {"prompt": "\xff\xfe"}}')],
    "an unknown encoding": [raw(CANARY.encode(), b"text/" + CANARY.encode())],
}


@pytest.mark.parametrize("arguments", WRONG_STARTS.values(), ids=WRONG_STARTS.keys())
async def test_a_start_that_does_not_validate_fails_with_a_reason(
    client: Client, arguments: list[Any], request: pytest.FixtureRequest
) -> None:
    handle = await client.start_workflow(
        "Rehearsal",
        args=arguments,
        id=f"wrong/{abs(hash(request.node.name))}",
        task_queue="orchestration",
    )
    with pytest.raises(WorkflowFailureError) as failed:
        await handle.result()
    cause = failed.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == PAYLOAD_INVALID
    assert cause.details[0] == "admission"
    assert "Mirabeau" not in repr(cause.failure)
    assert "Mirabeau" not in cause.message
    history = await handle.fetch_history()
    assert "Mirabeau" not in str(history.events[-1])


async def test_the_reason_names_the_field_and_the_limit(client: Client) -> None:
    with pytest.raises(WorkflowFailureError) as failed:
        await client.execute_workflow(
            "Rehearsal",
            {"brief": {"prompt": "a beach", "fps": 1000}},
            id="wrong/fps",
            task_queue="orchestration",
        )
    assert isinstance(failed.value.cause, ApplicationError)
    assert "brief.fps: Input should be less than or equal to 30" in failed.value.cause.message


async def test_a_wrong_update_is_refused_and_the_story_goes_on(client: Client) -> None:
    handle = await client.start_workflow("Waiting", id="wrong/update", task_queue="orchestration")
    for wrong in ([], [1, 2], [{"prompt": CANARY, "fps": -1}], [CANARY]):
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await handle.execute_update("amend", args=wrong)
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == PAYLOAD_INVALID
        assert "Mirabeau" not in refused.value.cause.message
    await handle.signal("nudge", args=[])
    await handle.signal("nudge", args=["often", "and", "wrongly"])
    assert await handle.execute_update("amend", {"prompt": "a beach"}) == "amended"
    assert await handle.result() == 1


async def test_what_is_encrypted_shows_nothing_in_history(settings: Settings) -> None:
    payload_keys.ensure(settings.home)
    client = await connect(settings, role="test")
    try:
        handle = await client.start_workflow(
            "Waiting",
            id="sealed/history",
            task_queue="nobody-listens",
            memo={"said": CANARY},
            static_summary=CANARY,
        )
        await handle.signal("nudge", CANARY)
        history = await handle.fetch_history()
        assert "Mirabeau" not in str(history.events)
        assert (await handle.describe()).static_summary is not None
        assert await (await handle.describe()).static_summary() == CANARY
        await handle.terminate()
    finally:
        (settings.home / payload_keys.FILE_NAME).unlink()
