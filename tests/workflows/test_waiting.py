"""Days and years of waiting, skipped: silence, reminders, and likenesses that end in their time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from domain.cameo.cameo import Castable
from domain.cameo.keeping import CAMEO
from domain.kernel.vault import Erased
from tests.workflows.enrolling import an_attempt, submitted
from tests.workflows.examiner import a_clip
from tests.workflows.lab import Lab, a_lab_without_waiting, draw
from tests.workflows.test_consent_request import an_asking
from workflows.cameo_contracts import LIKENESS_RETENTION, RetentionOrder
from workflows.contracts import ORCHESTRATION_QUEUE

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
async def labs() -> AsyncIterator[tuple[Lab, Lab]]:
    async with a_lab_without_waiting() as labs:
        yield labs


async def test_seven_days_of_silence_are_a_no_after_two_reminders(labs: tuple[Lab, Lab]) -> None:
    lab, quick = labs
    asking = replace(await an_asking(lab), lab=quick)
    await asking.recorded()
    status = await asyncio.wait_for(asking.handle.result(), 60)
    assert (status.stage, status.reminders) == ("lapsed", 2)
    assert not await asking.may_cast()
    assert await asking.told() == [
        "consent-asked",
        "consent-reminded",
        "consent-reminded",
        "consent-lapsed",
    ]
    stream = await lab.log.read_stream(f"ask-{asking.order.ask_id}")
    assert [each.type for each in stream] == ["consent-asked.v1", "consent-ask-lapsed.v1"]


async def test_an_attempt_that_nobody_answers_is_closed_and_leaves_nothing(
    labs: tuple[Lab, Lab],
) -> None:
    attempt = await an_attempt(labs[1])
    attempt.upload(a_clip(draw("acc")), 1)
    await attempt.begun()
    status = await asyncio.wait_for(attempt.handle.result(), 60)
    assert (status.stage, status.closed_because) == ("closed", "abandoned")
    assert attempt.left_behind("uploads", "enrolments", "likeness") == []
    assert (await attempt.types())[-1] == "enrolment-closed.v1"


async def test_a_likeness_is_destroyed_on_its_day(labs: tuple[Lab, Lab]) -> None:
    lab, quick = labs
    attempt = await submitted(await an_attempt(lab), a_clip(draw("acc")))
    await attempt.reaches("approved")
    before = (await lab.ledger.state(CAMEO, attempt.cameo_id)).state
    assert isinstance(before, Castable)
    order = RetentionOrder(
        enrolment_id=attempt.enrolment_id,
        cameo_id=attempt.cameo_id,
        account_id=attempt.account_id,
        version=1,
        destroy_by=before.versions[1].destroy_by,
        requested_by="client/test",
    )
    await quick.client.execute_workflow(
        LIKENESS_RETENTION,
        order,
        id=f"retention-in-a-hurry/{attempt.cameo_id}",
        task_queue=ORCHESTRATION_QUEUE,
    )
    cameo = (await lab.ledger.state(CAMEO, attempt.cameo_id)).state
    assert isinstance(cameo, Castable)
    assert cameo.templates_destroyed == {1}
    assert cameo.suspends(1), "what has no references cannot be cast"
    assert attempt.left_behind("uploads", "enrolments", "likeness") == []
    assert attempt.enrolment_id not in lab.gallery.entries
    with pytest.raises(Erased):
        await lab.vault.seal(attempt.enrolment_id, "face.png", b"a late writer")
    told = await lab.log.read_stream(f"notice-{attempt.cameo_id}.1.likeness-destroyed")
    assert len(told) == 1
