"""Every stored enrolment is looked at again as one job, on a real Temporal server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from temporalio.client import WorkflowHandle

from activities.cameo.reopening import ReopenedReviews
from activities.ledger import Context
from domain.cameo.cameo import Castable
from domain.cameo.enrolment import ENROLMENT
from domain.cameo.enrolment_commands import ReviewEnrolment
from domain.cameo.enrolment_situations import Reopened
from domain.cameo.keeping import CAMEO
from tests import words
from tests.workflows.enrolling import Attempt, an_attempt, submitted
from tests.workflows.examiner import BETTER, FAILS_LATER, SEEN_LATER, a_clip
from tests.workflows.lab import Lab, draw
from workflows.cameo_contracts import CAMEO_RESCORE, RescoreJob, RescoreProgress
from workflows.contracts import ORCHESTRATION_QUEUE

pytestmark = pytest.mark.servers


async def rescored(lab: Lab, **changes: Any) -> RescoreProgress:
    """One whole job."""
    job = RescoreJob(job_id=draw("job"), requested_by="operator/cli", **changes)
    handle: WorkflowHandle[Any, RescoreProgress] = await lab.client.start_workflow(
        CAMEO_RESCORE,
        job,
        id=f"cameo-rescore/{job.job_id}",
        task_queue=ORCHESTRATION_QUEUE,
        result_type=RescoreProgress,
    )
    return await asyncio.wait_for(handle.result(), 60)


async def an_enrolled(lab: Lab, name: str) -> Attempt:
    attempt = await submitted(await an_attempt(lab), a_clip(name))
    await attempt.reaches("approved")
    return attempt


async def is_suspended(lab: Lab, attempt: Attempt) -> bool:
    cameo = (await lab.ledger.state(CAMEO, attempt.cameo_id)).state
    assert isinstance(cameo, Castable)
    return cameo.suspends(1)


async def test_what_fails_a_better_detector_is_suspended_with_notice_and_the_rest_is_not(
    lab: Lab,
) -> None:
    honest = await an_enrolled(lab, draw("acc"))
    caught = await an_enrolled(lab, f"{FAILS_LATER.decode()} {draw('acc')}")
    progress = await rescored(lab)
    assert progress.suspended == 1
    assert progress.failed == 0
    assert progress.cameos >= 2
    assert await is_suspended(lab, caught)
    assert not await is_suspended(lab, honest)
    told = [
        each.stream
        for each in await lab.log.read_all(limit=100_000)
        if each.stream.startswith(f"notice-{caught.cameo_id}")
    ]
    assert [each.rpartition(".")[2] for each in told] == ["cameo-suspended"]
    again = await rescored(lab)
    assert again.suspended == 0, "what is suspended is not looked at again"


async def test_whom_a_better_model_finds_twice_is_frozen_with_the_other_until_a_human_decides(
    lab: Lab,
) -> None:
    shared = draw("acc")
    names = [f"{SEEN_LATER.decode()} {draw('acc')}/{shared}" for _ in range(2)]
    first, second = sorted(
        [await an_enrolled(lab, name) for name in names], key=lambda each: each.cameo_id
    )
    done = RescoreProgress(position=_before(first.cameo_id))
    assert (await rescored(lab, done=done)).suspended == 1
    assert await is_suspended(lab, first)
    assert await is_suspended(lab, second)
    likeness = await lab.gallery.find(first.enrolment_id)
    assert likeness is not None
    assert likeness.face_by == BETTER, "the better model's face is in the gallery now"
    state = (await lab.ledger.state(ENROLMENT, second.enrolment_id)).state
    assert isinstance(state, Reopened)
    assert state.in_question.others == (first.cameo_id,)
    streams = [each.stream for each in await lab.log.read_all(limit=100_000)]
    for attempt, kind in ((first, "cameo-frozen"), (second, "cameo-suspended")):
        told = [each for each in streams if each.startswith(f"notice-{attempt.cameo_id}")]
        assert [each.rpartition(".")[2] for each in told] == [kind], "of one's own cameo alone"
    review = ReviewEnrolment(
        command_id=draw("cmd"),
        at=words.moment(),
        reviewer="staff-desk/r-17",
        decision="approve",
        reason="twins",
    )
    context = Context("client/test", "test")
    await ReopenedReviews(lab.ledger).decide(state, review, "reinstate", context)
    assert not await is_suspended(lab, first)
    assert not await is_suspended(lab, second)
    assert (await rescored(lab, done=done)).suspended == 0, "a human has decided about the two"
    assert not await is_suspended(lab, second)


async def test_a_job_goes_on_where_it_stood(lab: Lab) -> None:
    first, second = sorted(
        [await an_enrolled(lab, draw("acc")) for _ in range(2)], key=lambda each: each.cameo_id
    )
    done = RescoreProgress(position=first.cameo_id, cameos=7, versions=7)
    progress = await rescored(lab, done=done)
    assert progress.position == second.cameo_id
    assert progress.cameos == 8


async def test_one_that_cannot_be_opened_is_counted_and_holds_up_nobody(lab: Lab) -> None:
    lost = await an_enrolled(lab, draw("acc"))
    await lab.vault.destroy(lost.enrolment_id)
    done = RescoreProgress(position=_before(lost.cameo_id))
    progress = await rescored(lab, done=done)
    assert progress.failed == 1
    assert not await is_suspended(lab, lost)


def _before(cameo_id: str) -> str:
    """A position just before an id."""
    return cameo_id[:-1]
