"""The story of an enrolment on a real Temporal server, told by its endings."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from activities.cameo.places import open_reference
from activities.ledger import Context, Decision
from domain.cameo.cameo import Castable, NoCameo
from domain.cameo.keeping import CAMEO, DeleteCameo
from domain.kernel.vault import Erased
from tests import words
from tests.workflows.enrolling import Attempt, a_release, an_account, an_attempt, submitted
from tests.workflows.examiner import a_clip, a_picture
from tests.workflows.lab import Lab, draw
from workflows.cameo_contracts import EnrolmentStatus, Review, Withdrawal

pytestmark = pytest.mark.servers


async def refusal(asking: Any) -> ApplicationError:
    """What a refused update says."""
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await asking
    assert isinstance(refused.value.cause, ApplicationError)
    return refused.value.cause


async def test_a_challenge_that_is_answered_becomes_version_one(lab: Lab) -> None:
    attempt = await submitted(await an_attempt(lab), a_clip("anna"))
    status = await attempt.reaches("approved")
    assert status.version == 1
    types = await attempt.types()
    assert types[:3] == [
        "enrolment-started.v1",
        "challenge-issued.v1",
        "enrolment-clip-received.v1",
    ]
    assert types[3:-1] == ["enrolment-check-recorded.v1"] * 11
    assert types[-1] == "enrolment-approved.v1"
    cameo = (await lab.ledger.state(CAMEO, attempt.cameo_id)).state
    assert isinstance(cameo, Castable)
    version = cameo.versions[1]
    assert {each.kind for each in version.templates} == {"face", "voice"}
    assert (version.destroy_by - status.since).days in {364, 365}
    assert attempt.enrolment_id in lab.gallery.entries


async def test_what_an_approval_keeps_is_sealed_and_the_raw_clip_is_gone(
    lab: Lab, tmp_path: Any
) -> None:
    attempt = await submitted(await an_attempt(lab), a_clip("berta"))
    await attempt.reaches("approved")
    assert attempt.left_behind("uploads", "enrolments") == []
    kept = attempt.left_behind("likeness")
    assert len(kept) == 3
    assert all(b"berta" not in lab.store.entries[key].data for key in kept)
    cameo = (await lab.ledger.state(CAMEO, attempt.cameo_id)).state
    assert isinstance(cameo, Castable)
    [still] = cameo.versions[1].references.stills
    opened = await open_reference(lab.store, lab.vault, cameo.versions[1], still, tmp_path)
    assert opened == a_picture("berta")


async def test_a_failed_check_is_named_with_how_to_do_better_and_nothing_stays(lab: Lab) -> None:
    clip = a_clip("clara", spoken_number="failed")
    attempt = await submitted(await an_attempt(lab), clip)
    status = await attempt.reaches("refused")
    [shortcoming] = status.shortcomings
    assert (shortcoming.check, shortcoming.code) == ("spoken-number", "spoken-number")
    assert "Say every digit" in shortcoming.advice
    assert attempt.left_behind("uploads", "enrolments", "likeness") == []
    assert attempt.enrolment_id not in lab.gallery.entries
    with pytest.raises(Erased):
        await lab.vault.seal(attempt.enrolment_id, "face.png", b"a late writer")
    assert isinstance((await lab.ledger.state(CAMEO, attempt.cameo_id)).state, NoCameo)
    notices = await lab.log.read_stream(f"notice-{attempt.enrolment_id}.cameo-refused")
    assert len(notices) == 1


async def test_a_clip_that_cannot_be_decoded_is_refused_by_the_first_check(lab: Lab) -> None:
    attempt = await submitted(await an_attempt(lab), b"no clip at all")
    status = await attempt.reaches("refused")
    assert [each.check for each in status.shortcomings] == ["clip"]
    assert attempt.left_behind("uploads", "enrolments", "likeness") == []


async def test_a_retake_becomes_the_next_version(lab: Lab) -> None:
    first = await submitted(await an_attempt(lab), a_clip("dora"))
    await first.reaches("approved")
    retake = await an_attempt(lab, first.account_id, cameo_id=first.cameo_id)
    assert (await retake.begun()).version == 2
    await submitted(retake, a_clip("dora"))
    await retake.reaches("approved")
    cameo = (await lab.ledger.state(CAMEO, first.cameo_id)).state
    assert isinstance(cameo, Castable)
    assert sorted(cameo.versions) == [1, 2]
    assert cameo.versions[1].enrolment_id == first.enrolment_id


async def test_a_retake_ends_when_its_answer_finds_the_cameo_deleted(lab: Lab) -> None:
    first = await submitted(await an_attempt(lab), a_clip("doris"))
    await first.reaches("approved")
    retake = await an_attempt(lab, first.account_id, cameo_id=first.cameo_id)
    await retake.begun()
    challenge = await retake.challenge()
    retake.upload(a_clip("doris"), challenge.number)
    delete = DeleteCameo(command_id="delete", at=words.moment(), reason="owner-deleted")
    await lab.ledger.perform([Decision(CAMEO, first.cameo_id, delete)], Context("test", "test"))
    assert (await refusal(retake.submit())).type == "cameo-deleted"
    status = await retake.reaches("closed")
    assert status.closed_because == "cameo-deleted"
    assert (await retake.types())[-2:] == ["enrolment-clip-declined.v1", "enrolment-closed.v1"]
    assert retake.left_behind("uploads", "enrolments", "likeness") == []


async def test_a_challenge_is_answered_once_and_the_second_answer_is_on_record(lab: Lab) -> None:
    attempt = await an_attempt(lab)
    await attempt.begun()
    challenge = await attempt.challenge()
    attempt.upload(a_clip("emma"), challenge.number)
    await attempt.submit()
    attempt.upload(a_clip("emil"), challenge.number)
    again = await refusal(attempt.submit())
    assert again.type in {"challenge-answered", "enrolment-settled"}
    await attempt.reaches("approved")
    assert "enrolment-clip-declined.v1" in await attempt.types()


@pytest.mark.parametrize(
    ("somebody", "session", "code"),
    [(True, None, "enrolment-of-another"), (False, "other", "challenge-of-another-session")],
)
async def test_nobody_else_and_no_other_session_can_answer(
    lab: Lab, somebody: bool, session: str | None, code: str
) -> None:
    attempt = await an_attempt(lab)
    await attempt.begun()
    challenge = await attempt.challenge()
    attempt.upload(a_clip(attempt.account_id), challenge.number)
    account = await an_account(lab) if somebody else None
    hashed = hashlib.sha256(session.encode()).hexdigest() if session else None
    told = await refusal(attempt.submit(account, **({"session": hashed} if hashed else {})))
    assert told.type == code
    assert len(told.details) == 2
    assert "enrolment-clip-declined.v1" in await attempt.types()
    assert "enrolment-clip-received.v1" not in await attempt.types()
    await attempt.submit()
    await attempt.reaches("approved")


async def test_an_answer_without_an_upload_is_refused(lab: Lab) -> None:
    attempt = await an_attempt(lab)
    await attempt.begun()
    await attempt.challenge()
    assert (await refusal(attempt.submit())).type == "clip-missing"


async def test_a_challenge_that_is_open_is_not_drawn_again(lab: Lab) -> None:
    attempt = await an_attempt(lab)
    await attempt.begun()
    await attempt.challenge()
    assert (await refusal(attempt.challenge())).type == "challenge-still-open"


async def test_two_challenges_are_never_the_same(lab: Lab) -> None:
    drawn = set()
    for _ in range(3):
        attempt = await an_attempt(lab)
        await attempt.begun()
        drawn.add((await attempt.challenge()).challenge.model_dump_json())
    assert len(drawn) == 3


@pytest.mark.parametrize(
    ("age_band", "code"), [("under_13", "enrolment-under-age"), (None, "age-band-unknown")]
)
async def test_a_child_and_somebody_of_unknown_age_never_begin(
    lab: Lab, age_band: Any, code: str
) -> None:
    attempt = await an_attempt(lab, await an_account(lab, age_band))
    assert (await refusal(attempt.begun())).type == code
    assert await attempt.types() == []


async def test_a_release_that_covers_too_little_is_refused(lab: Lab) -> None:
    thin = a_release().model_copy(update={"stores": ("clip",)})
    attempt = await an_attempt(lab, release=thin)
    assert (await refusal(attempt.begun())).type == "release-incomplete"


async def test_a_dog_answers_no_challenge(lab: Lab) -> None:
    attempt = await an_attempt(lab, kind="pet")
    await attempt.begun()
    attempt.upload(a_clip("rex"), 0)
    await attempt.submit()
    await attempt.reaches("approved")
    assert (await refusal(attempt.challenge())).type in {
        "challenge-not-needed",
        "enrolment-settled",
    }


async def test_a_person_in_a_pets_clip_is_refused(lab: Lab) -> None:
    attempt = await an_attempt(lab, kind="pet")
    await attempt.begun()
    attempt.upload(a_clip("rex", human_face_in_pet="failed"), 0)
    await attempt.submit()
    status = await attempt.reaches("refused")
    assert [each.check for each in status.shortcomings] == ["no-person"]


async def an_impostor(lab: Lab) -> tuple[Attempt, Attempt]:
    """Somebody who is enrolled, and another account's attempt with the same face, in review."""
    name = draw("acc")
    genuine = await submitted(await an_attempt(lab), a_clip(name))
    await genuine.reaches("approved")
    impostor = await submitted(await an_attempt(lab), a_clip(name))
    status = await impostor.reaches("in-review")
    assert status.checks_in_question == ("not-enrolled",)
    return genuine, impostor


async def suspended(lab: Lab, attempt: Attempt) -> bool:
    cameo = (await lab.ledger.state(CAMEO, attempt.cameo_id)).state
    assert isinstance(cameo, Castable)
    return cameo.suspends(1)


async def until_frozen(lab: Lab, attempt: Attempt) -> None:
    notice = f"notice-{attempt.enrolment_id}.cameo-frozen"
    async with asyncio.timeout(20):
        while not await lab.log.read_stream(notice):
            await asyncio.sleep(0.02)


async def test_a_known_face_freezes_both_until_a_human_has_decided(lab: Lab) -> None:
    genuine, impostor = await an_impostor(lab)
    await until_frozen(lab, impostor)
    assert await suspended(lab, genuine)
    review = Review(reviewer="operator/on-call", decision="refuse", reason="impostor")
    decided = await impostor.handle.execute_update(
        "review_completed", review, result_type=EnrolmentStatus
    )
    assert decided.stage == "refused"
    await impostor.reaches("refused")
    assert not await suspended(lab, genuine)
    assert impostor.left_behind("uploads", "enrolments", "likeness") == []


async def test_a_human_may_approve_a_twin_and_keep_the_other_frozen(lab: Lab) -> None:
    genuine, twin = await an_impostor(lab)
    await until_frozen(lab, twin)
    review = Review(
        reviewer="operator/on-call", decision="approve", reason="twins", others="keep-frozen"
    )
    await twin.handle.execute_update("review_completed", review, result_type=EnrolmentStatus)
    await twin.reaches("approved")
    assert await suspended(lab, genuine)
    assert not await suspended(lab, twin)


async def test_nobody_reviews_what_is_not_in_question(lab: Lab) -> None:
    attempt = await an_attempt(lab)
    await attempt.begun()
    review = Review(reviewer="operator/on-call", decision="approve", reason="no-doubt")
    told = await refusal(attempt.handle.execute_update("review_completed", review))
    assert told.type == "enrolment-not-in-review"


async def test_an_attempt_can_be_taken_back_and_leaves_nothing(lab: Lab) -> None:
    attempt = await an_attempt(lab)
    await attempt.begun()
    challenge = await attempt.challenge()
    attempt.upload(a_clip("gerda"), challenge.number)
    stranger = Withdrawal(account_id=await an_account(lab))
    assert (await refusal(attempt.handle.execute_update("withdraw", stranger))).type == (
        "enrolment-of-another"
    )
    own = Withdrawal(account_id=attempt.account_id)
    status = await attempt.handle.execute_update("withdraw", own, result_type=EnrolmentStatus)
    assert (status.stage, status.closed_because) == ("closed", "withdrawn")
    assert (await attempt.types())[-1] == "enrolment-closed.v1"
    assert attempt.left_behind("uploads", "enrolments", "likeness") == []


async def test_ids_are_all_that_stands_in_clear(lab: Lab) -> None:
    attempt = await submitted(await an_attempt(lab), a_clip("hanna"))
    await attempt.reaches("approved")
    described = await attempt.handle.describe()
    assert list(described.typed_search_attributes)
    shown = str(described.raw_description.workflow_execution_info.search_attributes)
    assert attempt.cameo_id in shown
    summaries = []
    async for event in attempt.handle.fetch_history_events():
        if event.user_metadata.HasField("summary"):
            [told] = await lab.client.data_converter.decode([event.user_metadata.summary], [str])
            summaries.append(told)
    assert "Write the signed release into the log" in summaries
    assert "Decode the clip apart, run every check, seal the likeness" in summaries
    assert not any("Example" in each for each in summaries)
