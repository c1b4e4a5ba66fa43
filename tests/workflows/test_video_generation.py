"""The story of a generation on a real Temporal server, told by its endings."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from temporalio.client import (
    WithStartWorkflowOperation,
    WorkflowFailureError,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError

from activities.ledger import Context, Decision
from domain.generation.commands import CancelGeneration
from domain.generation.decider import GENERATION
from domain.generation.situations import Completed
from tests import words
from tests.workflows.lab import LONG, SMALL, Lab, draw
from workflows.contracts import (
    ORCHESTRATION_QUEUE,
    CancelAnswer,
    CancelRequest,
    Outcome,
    Receipt,
    Status,
    VideoOrder,
    generation_workflow_id,
)

pytestmark = pytest.mark.servers

STOP = CancelRequest(requested_by="client/app")


async def test_a_prompt_becomes_a_video(lab: Lab) -> None:
    handle = await lab.start()
    outcome = await handle.result()
    assert outcome.stage == "completed"
    assert outcome.film_key is not None
    types = await lab.types(handle)
    assert types[0] == "video-requested.v1"
    assert types[-4:] == [
        "take-sampled.v1",
        "rendition-stored.v1",
        "provenance-verified.v1",
        "generation-completed.v1",
    ]
    standing = await lab.ledger.state(GENERATION, outcome.generation_id)
    assert isinstance(standing.state, Completed)
    stored = [key async for key, _ in lab.store.list(outcome.film_key)]
    assert stored == [outcome.film_key]
    assert await lab.left_behind(handle) == []


async def test_the_recorded_update_answers_when_the_request_stands_in_the_log(lab: Lab) -> None:
    handle = await lab.start()
    receipt = await handle.execute_update("recorded", result_type=Receipt)
    assert "video-requested.v1" in await lab.types(handle)
    assert receipt.position > 0
    await handle.result()


async def test_status_is_a_typed_answer(lab: Lab) -> None:
    handle = await lab.start()
    await handle.result()
    status = await handle.query("status", result_type=Status)
    assert (status.stage, status.failure) == ("completed", None)
    assert status.video_id is not None


async def test_each_step_has_a_summary_that_a_human_can_read(lab: Lab) -> None:
    handle = await lab.start()
    await handle.result()
    events = [event async for event in handle.fetch_history_events()]
    summaries = []
    for event in events:
        if event.user_metadata.HasField("summary"):
            [decoded] = await lab.client.data_converter.decode([event.user_metadata.summary], [str])
            summaries.append(decoded)
    assert "Write the request into the log" in summaries
    assert "Sample shot 1 of 1: 1 s, 128x80 at 8 fps, with sketch" in summaries
    assert "Store the film, read it back and compare its hash" in summaries
    assert "Sign the marked film, its parents as ingredients" in summaries
    assert "Read signature, marks and fingerprints back from the stored film" in summaries
    assert len(summaries) == 10
    assert len(events) <= 66


async def test_auditors_find_a_generation_by_ids_and_stage(lab: Lab) -> None:
    handle = await lab.start()
    outcome = await handle.result()
    query = f'VideoId="{outcome.video_id}" AND Stage="completed"'
    async with asyncio.timeout(10):
        while not [each async for each in lab.client.list_workflows(query)]:
            await asyncio.sleep(0.1)
    [found] = [each async for each in lab.client.list_workflows(query)]
    assert found.id == handle.id


async def test_a_cancel_is_honoured_within_the_step(lab: Lab) -> None:
    handle = await lab.start(LONG)
    await lab.until_sampling(handle)
    begun = time.monotonic()
    answer = await handle.execute_update("cancel_generation", STOP, result_type=CancelAnswer)
    waited = time.monotonic() - begun
    assert answer.stage == "cancelled"
    outcome = await handle.result()
    assert (outcome.stage, outcome.video_id) == ("cancelled", None)
    types = await lab.types(handle)
    assert types[-1] == "generation-cancelled.v1"
    assert "take-sampled.v1" not in types
    assert await lab.left_behind(handle) == []
    assert waited < 10, "the step went on to its end before it stopped"


async def test_a_cancel_from_the_temporal_ui_ends_the_same_way(lab: Lab) -> None:
    handle = await lab.start(LONG)
    await lab.until_sampling(handle)
    await handle.cancel()
    outcome = await handle.result()
    assert outcome.stage == "cancelled"
    assert (await lab.types(handle))[-1] == "generation-cancelled.v1"


async def test_a_cancel_after_the_end_finds_nothing_to_stop(lab: Lab) -> None:
    handle = await lab.start()
    await handle.result()
    with pytest.raises(Exception, match="already completed"):
        await handle.execute_update("cancel_generation", STOP, result_type=CancelAnswer)
    assert (await lab.types(handle))[-1] == "generation-completed.v1"


async def test_an_unknown_account_is_refused_and_nothing_is_recorded(lab: Lab) -> None:
    generation_id, stranger = draw("gen"), words.an_id("acc", 404)
    start: WithStartWorkflowOperation[Any, Outcome] = WithStartWorkflowOperation(
        "VideoGeneration",
        VideoOrder(generation_id=generation_id, account_id=stranger, brief=SMALL),
        id=generation_workflow_id(generation_id),
        task_queue=ORCHESTRATION_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        result_type=Outcome,
    )
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await lab.client.execute_update_with_start_workflow(
            "recorded", start_workflow_operation=start, result_type=Receipt
        )
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "account-unknown"
    handle = await start.workflow_handle()
    outcome = await handle.result()
    assert outcome.failure is not None
    assert (outcome.stage, outcome.failure.code) == ("failed", "account-unknown")
    assert await lab.types(handle) == []


async def test_a_failure_ends_in_an_explained_state(lab: Lab) -> None:
    handle = await lab.start(SMALL.model_copy(update={"sampler": "no-such-sampler"}))
    outcome = await handle.result()
    assert outcome.failure is not None
    assert (outcome.stage, outcome.failure.code) == ("failed", "sampler-unknown")
    assert "samplers are" in outcome.failure.explanation
    assert outcome.failure.next_step
    assert (await lab.types(handle))[-1] == "generation-failed.v1"
    notices = await lab.log.read_stream(f"notice-{outcome.generation_id}.generation-failed")
    assert len(notices) == 1


async def test_another_workflow_id_is_refused(lab: Lab) -> None:
    handle = await lab.start(id=f"mine/{draw('gen')}")
    outcome = await handle.result()
    assert outcome.failure is not None
    assert outcome.failure.code == "workflow-id-mismatch"


async def test_starting_a_settled_generation_again_changes_nothing(lab: Lab) -> None:
    handle = await lab.start()
    first = await handle.result()
    before = await lab.log.head()
    order: dict[str, Any] = {
        "generation_id": first.generation_id,
        "account_id": words.ACCOUNT_ID,
        "brief": SMALL.model_dump(mode="json"),
    }
    again = await lab.client.execute_workflow(
        "VideoGeneration",
        order,
        id=handle.id,
        task_queue=ORCHESTRATION_QUEUE,
        result_type=Outcome,
    )
    assert (again.stage, again.video_id) == ("completed", first.video_id)
    assert await lab.log.head() == before


async def test_only_a_prompt_is_needed_to_start_by_name(lab: Lab) -> None:
    generation_id = draw("gen")
    order = {
        "generation_id": generation_id,
        "account_id": words.ACCOUNT_ID,
        "brief": {"prompt": "a cat", "width": 64, "height": 64, "fps": 8},
    }
    outcome = await lab.client.execute_workflow(
        "VideoGeneration",
        order,
        id=generation_workflow_id(generation_id),
        task_queue=ORCHESTRATION_QUEUE,
        result_type=Outcome,
    )
    assert outcome.stage == "completed"


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"generation_id": "gen_1", "account_id": "acc_1", "brief": {"prompt": "x"}},
        {"generation_id": None, "brief": {"prompt": "the secret of the house", "width": -1}},
    ],
)
async def test_a_malformed_order_fails_with_the_field_and_without_the_prompt(
    lab: Lab, order: dict[str, Any]
) -> None:
    handle = await lab.client.start_workflow(
        "VideoGeneration", order, id=f"generation/{draw('gen')}", task_queue=ORCHESTRATION_QUEUE
    )
    with pytest.raises(WorkflowFailureError) as failed:
        await asyncio.wait_for(handle.result(), 20)
    assert "generation_id" in str(failed.value.cause)
    assert "secret" not in str(failed.value.cause)


async def test_an_ending_that_was_written_into_the_log_first_is_the_workflows_too(
    lab: Lab,
) -> None:
    handle = await lab.start(LONG)
    await lab.until_sampling(handle)
    generation_id = handle.id.partition("/")[2]
    stop = CancelGeneration(
        command_id="by-hand", at=words.moment(), requested_by="operator/on-call"
    )
    context = Context("operator/on-call", handle.id)
    await lab.ledger.perform([Decision(GENERATION, generation_id, stop)], context)
    outcome = await asyncio.wait_for(handle.result(), 60)
    assert (outcome.stage, outcome.failure) == ("cancelled", None)
    assert len(await lab.log.read_stream(f"notice-{generation_id}.generation-cancelled")) == 1
    assert await lab.log.read_stream(f"notice-{generation_id}.generation-failed") == []
    assert await lab.left_behind(handle) == []
