"""Record the histories that must go on replaying: ``python -m tests.replay.record``.

Run it when a story has a new path, never to make a failing replay pass: somebody's request may be
half-way through the old one. ``python -m tests.replay.record cameo consent`` records those whose
names begin with one of these words.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError

from domain.generation.brief import Brief
from domain.video.video import VIDEO, Released
from tests.activities.provenance.releasing import breaking
from tests.domain.case_words import ACCOUNT
from tests.replay.archive import write
from tests.workflows.cast import a_brief, a_caster, a_person
from tests.workflows.enrolling import Attempt, an_account, an_attempt, submitted
from tests.workflows.examiner import FAILS_LATER, a_clip
from tests.workflows.lab import LONG, SMALL, STORY, Lab, a_lab, draw
from tests.workflows.test_consent_request import an_asking
from tests.workflows.test_content_moderation import ANNE, BERT, a_hearing
from tests.workflows.test_provenance import audit_of, brief, exported, released, taken_down
from tests.workflows.test_screening import before_humans, of, waiting
from workflows.cameo_contracts import (
    CAMEO_DELETION,
    CAMEO_RESCORE,
    RESCORE_WORKFLOW_ID,
    CameoDeletionOrder,
    RescoreJob,
    Review,
    Withdrawal,
    deletion_workflow_id,
    retention_workflow_id,
)
from workflows.consent_contracts import Disappearance
from workflows.contracts import ORCHESTRATION_QUEUE, CancelAnswer, CancelRequest, Outcome
from workflows.export_contracts import takedown_workflow_id

Recorded = Callable[[Lab], Awaitable[WorkflowHandle[Any, Any]]]

ONE = SMALL.model_copy(update={"seed": 41})


async def main(beginnings: tuple[str, ...]) -> None:
    """Run each path once and keep its history.

    Those named ``video-generation-completed``, ``-failed``, ``-refused`` and ``-cancelled`` are of
    before shots were sampled apart, and cannot be recorded again.
    """
    async with a_lab() as lab:
        wanted = {name: path for name, path in PATHS.items() if name.startswith(beginnings)}
        breaking_layers = [name for name in wanted if name in ONE_AT_A_TIME]
        others = [name for name in wanted if name not in ONE_AT_A_TIME]
        await asyncio.gather(*(_record(lab, name, wanted[name]) for name in others))
        for name in breaking_layers:
            await _record(lab, name, wanted[name])


async def _record(lab: Lab, name: str, path: Recorded) -> None:
    """Leave to upload outlives an enrolment by up to a minute, and so does its story."""
    handle = await path(lab)
    await handle.result()
    kept = write(name, await handle.fetch_history())
    print(f"{kept.name}: {kept.stat().st_size} bytes", flush=True)  # noqa: T201 its own words


async def _one(lab: Lab) -> WorkflowHandle[Any, Outcome]:
    return await lab.start(ONE)


async def _one_found(lab: Lab) -> WorkflowHandle[Any, Outcome]:
    await (await lab.start(ONE)).result()
    return await lab.start(ONE)


async def _three(lab: Lab) -> WorkflowHandle[Any, Outcome]:
    return await lab.start(STORY)


async def _one_changed(lab: Lab) -> WorkflowHandle[Any, Outcome]:
    await (await lab.start(STORY)).result()
    return await lab.start(_revised())


async def _failed(lab: Lab) -> WorkflowHandle[Any, Outcome]:
    return await lab.start(STORY.model_copy(update={"sampler": "x"}))


def _revised() -> Brief:
    """The story with another second shot."""
    first, second, third = STORY.shots
    second = second.model_copy(update={"prompt": "A blue bird flies over the sea at noon"})
    return STORY.model_copy(update={"shots": (first, second, third)})


async def _cancelled(lab: Lab) -> WorkflowHandle[Any, Outcome]:
    handle = await lab.start(LONG)
    await lab.until_sampling(handle)
    stop = CancelRequest(requested_by="client/app")
    await handle.execute_update("cancel_generation", stop, result_type=CancelAnswer)
    return handle


async def _enrolled(lab: Lab, **found: Any) -> Attempt:
    return await submitted(await an_attempt(lab), a_clip(draw("acc"), **found))


async def _approved_enrolment(lab: Lab) -> WorkflowHandle[Any, Any]:
    return (await _enrolled(lab)).handle


async def _refused_enrolment(lab: Lab) -> WorkflowHandle[Any, Any]:
    return (await _enrolled(lab, parallax="failed")).handle


async def _reviewed_enrolment(lab: Lab) -> WorkflowHandle[Any, Any]:
    """With a stranger's answer, an alarm, and a human who decides."""
    name = draw("acc")
    genuine = await submitted(await an_attempt(lab), a_clip(name))
    await genuine.reaches("approved")
    attempt = await an_attempt(lab)
    await attempt.begun()
    challenge = await attempt.challenge()
    attempt.upload(a_clip(name), challenge.number)
    with suppress(WorkflowUpdateFailedError):
        await attempt.submit(await an_account(lab))
    await attempt.submit()
    await attempt.reaches("in-review")
    review = Review(reviewer="operator/on-call", decision="refuse", reason="impostor")
    await attempt.handle.execute_update("review_completed", review)
    return attempt.handle


async def _withdrawn_enrolment(lab: Lab) -> WorkflowHandle[Any, Any]:
    attempt = await an_attempt(lab)
    await attempt.begun()
    await attempt.handle.execute_update("withdraw", Withdrawal(account_id=attempt.account_id))
    return attempt.handle


async def _deletion(lab: Lab) -> WorkflowHandle[Any, Any]:
    attempt = await _enrolled(lab)
    await attempt.reaches("approved")
    order = CameoDeletionOrder(
        cameo_id=attempt.cameo_id, account_id=attempt.account_id, requested_by="client/app"
    )
    return await lab.client.start_workflow(
        CAMEO_DELETION,
        order,
        id=deletion_workflow_id(attempt.cameo_id),
        task_queue=ORCHESTRATION_QUEUE,
    )


async def _retention(lab: Lab) -> WorkflowHandle[Any, Any]:
    """Ended by the deletion of its cameo."""
    deletion = await _deletion(lab)
    await deletion.result()
    cameo_id = deletion.id.partition("/")[2]
    return lab.client.get_workflow_handle(retention_workflow_id(cameo_id, 1))


async def _approved_ask(lab: Lab) -> WorkflowHandle[Any, Any]:
    asking = await an_asking(lab)
    await asking.recorded()
    await asking.answer("approve_use")
    return asking.handle


async def _withdrawn_ask(lab: Lab) -> WorkflowHandle[Any, Any]:
    asking = await an_asking(lab)
    await asking.recorded()
    await asking.handle.signal("side_disappeared", Disappearance(because="blocked"))
    return asking.handle


async def _rescore(lab: Lab) -> WorkflowHandle[Any, Any]:
    attempt = await submitted(
        await an_attempt(lab), a_clip(f"{FAILS_LATER.decode()} {draw('acc')}")
    )
    await attempt.reaches("approved")
    job = RescoreJob(job_id=draw("job"), requested_by="operator/cli")
    return await lab.client.start_workflow(
        CAMEO_RESCORE, job, id=RESCORE_WORKFLOW_ID, task_queue=ORCHESTRATION_QUEUE
    )


async def _cast_admitted(lab: Lab) -> WorkflowHandle[Any, Outcome]:
    people = await a_person(lab), await a_person(lab)
    return await lab.start(a_brief(*people), await a_caster(lab))


async def _cast_refused(lab: Lab) -> WorkflowHandle[Any, Outcome]:
    people = await a_person(lab), await a_person(lab, "only-me")
    return await lab.start(a_brief(*people), await a_caster(lab))


async def _cast_revoked(lab: Lab) -> WorkflowHandle[Any, Outcome]:
    """While it is being sampled."""
    person = await a_person(lab)
    handle = await lab.start(a_brief(person), await a_caster(lab))
    await lab.until_sampling(handle)
    await person.revokes()
    return handle


async def _sealed(lab: Lab) -> WorkflowHandle[Any, Outcome]:
    """Marked, signed and proven before its release."""
    return await lab.start(ONE)


async def _unproven(lab: Lab) -> WorkflowHandle[Any, Outcome]:
    """With a signature that is not ours, so that nothing is released."""
    with tempfile.TemporaryDirectory() as folder, breaking("issuer", lab.kit, Path(folder)):
        handle = await lab.start(ONE)
        await handle.result()
    return handle


async def _exported(lab: Lab) -> WorkflowHandle[Any, Any]:
    return await exported(lab, await released(lab, brief()))


async def _export_refused(lab: Lab) -> WorkflowHandle[Any, Any]:
    """Without its visible mark: there is a case instead of a copy."""
    video_id = await released(lab, brief())
    with tempfile.TemporaryDirectory() as folder, breaking("visible-mark", lab.kit, Path(folder)):
        handle = await exported(lab, video_id)
        await handle.result()
    return handle


async def _taken_down(lab: Lab) -> WorkflowHandle[Any, Any]:
    video_id = await released(lab, brief("a cat sits in the snow"))
    await taken_down(lab, video_id)
    return lab.client.get_workflow_handle(takedown_workflow_id(video_id))


async def _audited(lab: Lab) -> WorkflowHandle[Any, Any]:
    """One file is whole and one is lost."""
    whole, lost = await released(lab, brief()), await released(lab, brief("a bird flies"))
    video = (await lab.ledger.state(VIDEO, lost)).state
    assert isinstance(video, Released)
    lab.damage(video.rendition.film.key)
    return await audit_of(lab, whole, lost)


async def _let_pass(lab: Lab) -> WorkflowHandle[Any, Any]:
    hearing = await a_hearing(lab, ("violence", 600))
    await hearing.open()
    await hearing.read(ANNE, "allow")
    return hearing.handle


async def _read_twice(lab: Lab) -> WorkflowHandle[Any, Any]:
    """One of the gravest, on which two humans agree."""
    hearing = await a_hearing(lab, ("minors", 500))
    await hearing.open()
    await hearing.read(ANNE, "block")
    await hearing.read(BERT, "block")
    return hearing.handle


async def _reinstated(lab: Lab) -> WorkflowHandle[Any, Any]:
    appeal = (await a_hearing(lab, ("violence", 900))).on_appeal()
    await appeal.open(ACCOUNT, "It is chess.")
    await appeal.read(ANNE, "allow")
    return appeal.handle


async def _content_withdrawn(lab: Lab) -> WorkflowHandle[Any, Any]:
    hearing = await a_hearing(lab, ("violence", 600))
    await hearing.open()
    await hearing.handle.cancel()
    return hearing.handle


async def _screened(lab: Lab) -> WorkflowHandle[Any, Outcome]:
    return await lab.start(of("a dog runs"))


async def _held(lab: Lab) -> WorkflowHandle[Any, Outcome]:
    """Its words wait for a human, who lets them pass."""
    handle = await lab.start(of("a dog runs [violence 620]"))
    hearing = await waiting(before_humans(lab, handle, "admission"))
    await hearing.read(ANNE, "allow")
    return handle


async def _blocked(lab: Lab) -> WorkflowHandle[Any, Outcome]:
    return await lab.start(of("a dog runs [violence 900]"))


PATHS: Final[Mapping[str, Recorded]] = {
    "video-generation-shots-one": _one,
    "video-generation-shots-three": _three,
    "video-generation-shots-one-found": _one_found,
    "video-generation-shots-one-of-three-changed": _one_changed,
    "video-generation-shots-failed": _failed,
    "video-generation-shots-cancelled": _cancelled,
    "video-generation-cast-admitted": _cast_admitted,
    "video-generation-cast-refused": _cast_refused,
    "video-generation-cast-revoked": _cast_revoked,
    "video-generation-sealed": _sealed,
    "video-generation-unproven": _unproven,
    "video-export-completed": _exported,
    "video-export-refused": _export_refused,
    "video-takedown-completed": _taken_down,
    "provenance-audit-completed": _audited,
    "cameo-enrollment-approved": _approved_enrolment,
    "cameo-enrollment-refused": _refused_enrolment,
    "cameo-enrollment-reviewed": _reviewed_enrolment,
    "cameo-enrollment-withdrawn": _withdrawn_enrolment,
    "cameo-deletion-completed": _deletion,
    "cameo-rescore-completed": _rescore,
    "likeness-retention-deleted": _retention,
    "consent-request-approved": _approved_ask,
    "consent-request-withdrawn": _withdrawn_ask,
    "content-moderation-let-pass": _let_pass,
    "content-moderation-read-twice": _read_twice,
    "content-moderation-reinstated": _reinstated,
    "content-moderation-withdrawn": _content_withdrawn,
    "video-generation-screened": _screened,
    "video-generation-screened-held": _held,
    "video-generation-screened-blocked": _blocked,
}

ONE_AT_A_TIME: Final = (
    "video-generation-unproven",
    "video-export-refused",
    "video-takedown-completed",
    "provenance-audit-completed",
)
"""What these break or hide, they break and hide for the whole lab."""

if __name__ == "__main__":
    asyncio.run(main(tuple(sys.argv[1:]) or ("",)))
