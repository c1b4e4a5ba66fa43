"""Consent inside a generation: asked at every door, on a real Temporal server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.consent.check import check
from domain.consent.preferences import Preference
from domain.consent.roles import cast_plan
from domain.kernel.ids import sibling
from tests import words
from tests.workflows.cast import (
    a_brief,
    a_caster,
    a_person,
    acts_of,
    casting_of,
    generation_of,
)
from tests.workflows.lab import PLAYERS, SMALL, Lab
from tests.workflows.players import STEPS
from workflows.contracts import CancelAnswer, CancelRequest, Outcome, PublishAnswer, Status

pytestmark = pytest.mark.servers


async def test_a_video_with_two_people_asks_at_three_doors_and_signs_a_receipt_for_each(
    lab: Lab,
) -> None:
    anna, berta, caster = await a_person(lab), await a_person(lab), await a_caster(lab)
    handle = await lab.start(a_brief(anna, berta), caster)
    outcome = await handle.result()
    assert outcome.stage == "completed"
    doors = await acts_of(lab, handle)
    assert doors == [("admission", True), ("gpu-start", True), ("publish", True)]
    casting = await casting_of(lab, handle)
    assert [each.receipt.cameo_id for each in casting.receipts] == [anna.cameo_id, berta.cameo_id]
    assert {each.receipt.act for each in casting.receipts} == {"publish"}
    assert all(lab.receipt_keys.verify(each) for each in casting.receipts)
    for person in (anna, berta):
        noted = await person.sees(handle)
        assert noted is not None
        assert (noted.turn, noted.video_id) == ("released", outcome.video_id)
        assert await person.told() == ["cast-drafted"]
        assert (await person.consent()).used == 1


async def test_whom_the_prompt_calls_joins_the_cast_and_the_likenesses_come_in_its_order(
    lab: Lab,
) -> None:
    anna, berta, caster = await a_person(lab), await a_person(lab), await a_caster(lab)
    await (await lab.start(a_brief(anna, berta), caster)).result()
    plan = PLAYERS.plans[-1]
    assert plan.shots[0].cast == (anna.handle, berta.handle)
    assert [(each.kind, each.use) for each in plan.references] == [("picture", "likeness")] * 2
    first, second = (each.sha256 for each in plan.references)
    await (await lab.start(a_brief(berta, anna), caster)).result()
    assert [each.sha256 for each in PLAYERS.plans[-1].references] == [second, first]


async def test_wishes_reach_the_sampler_and_nothing_that_the_caster_reads(lab: Lab) -> None:
    anna, caster = await a_person(lab), await a_caster(lab)
    await anna.wishes(
        Preference(kind="always", thing="a gold chain"),
        Preference(kind="never", thing="skinny jeans"),
    )
    prompt = f"{anna.handle} in skinny jeans dances"
    brief = a_brief(anna, prompt=prompt, shots=({"prompt": prompt, "seconds": 1.0},))
    handle = await lab.start(brief, caster)
    await handle.result()
    shot = PLAYERS.plans[-1].shots[0]
    assert '"a gold chain"' in shot.prompt
    assert "skinny jeans" not in shot.prompt
    assert shot.avoid == ("skinny jeans",)
    history = str(await handle.fetch_history())
    said = str(await lab.events(handle))
    assert "gold chain" not in said + history
    assert (await casting_of(lab, handle)).receipts[0].receipt.preferences_version == 1


async def test_one_of_two_who_refuses_refuses_for_both_before_a_device_is_taken(lab: Lab) -> None:
    anna, berta, caster = await a_person(lab), await a_person(lab, "only-me"), await a_caster(lab)
    handle = await lab.start(a_brief(anna, berta), caster)
    outcome = await handle.result()
    assert outcome.failure is not None
    assert outcome.failure.code == "cast-not-permitted"
    assert f"{berta.cameo_id}: not-the-owner" in outcome.failure.explanation
    assert anna.name not in outcome.failure.explanation
    assert await acts_of(lab, handle) == [("admission", False)]
    assert "sampling-started.v1" not in await lab.types(handle)
    assert (await anna.consent()).used == 0
    for person in (anna, berta):
        noted = await person.sees(handle)
        assert noted is not None
        assert noted.turn == "blocked"
        assert await person.told() == ["cast-blocked"]


async def test_a_handle_that_nobody_bears_is_refused_by_its_place(lab: Lab) -> None:
    caster = await a_caster(lab)
    brief = SMALL.model_copy(update={"prompt": "@nobody.there dances"})
    outcome = await (await lab.start(brief, caster)).result()
    assert outcome.failure is not None
    assert outcome.failure.code == "called-unknown"
    assert "nobody.there" not in outcome.failure.explanation


async def test_the_dry_run_and_the_admission_say_the_same(lab: Lab) -> None:
    anna, caster = await a_person(lab, "approved"), await a_caster(lab)
    brief = a_brief(anna)
    cast = await lab.office.called(brief, caster)
    world = await lab.office.desk.world(cast.cameo_ids, caster)
    handle = await lab.start(brief, caster)
    await handle.result()
    [decided] = (await casting_of(lab, handle)).decisions
    plan = cast_plan(cast, brief, words.GENERATION_ID, caster, decided.at, world)
    assert check(world, plan, "admission").verdicts == decided.decision.verdicts


async def test_revoking_stops_the_sampling_within_a_step_and_nothing_is_published(
    lab: Lab,
) -> None:
    anna, berta, caster = await a_person(lab), await a_person(lab), await a_caster(lab)
    handle = await lab.start(a_brief(anna, berta), caster)
    await lab.until_sampling(handle)
    before = PLAYERS.reached
    await anna.revokes()
    outcome = await handle.result()
    assert PLAYERS.reached <= before + 2 < STEPS
    assert outcome.failure is not None
    assert outcome.failure.code == "cast-not-permitted"
    assert f"{anna.cameo_id}: consent-revoked" in outcome.failure.explanation
    doors = await acts_of(lab, handle)
    assert doors == [("admission", True), ("gpu-start", True), ("gpu-start", False)]
    assert "generation-completed.v1" not in await lab.types(handle)
    assert await lab.left_behind(handle) == []
    assert (await berta.consent()).used == 0
    assert generation_of(handle) not in (await anna.consent()).uses
    noted = await anna.sees(handle)
    assert noted is not None
    assert (noted.turn, noted.reasons) == ("blocked", ("consent-revoked",))


async def test_whatever_ends_the_consent_stops_the_sampling(lab: Lab) -> None:
    anna, caster = await a_person(lab), await a_caster(lab)
    handle = await lab.start(a_brief(anna), caster)
    await lab.until_sampling(handle)
    await anna.denies(caster)
    outcome = await handle.result()
    assert PLAYERS.reached < STEPS
    assert outcome.failure is not None
    assert f"{anna.cameo_id}: caster-denied" in outcome.failure.explanation


async def test_what_others_do_with_the_same_cameo_stops_nothing(lab: Lab) -> None:
    anna, caster, other = await a_person(lab), await a_caster(lab), await a_caster(lab)
    handle = await lab.start(a_brief(anna), caster)
    await lab.until_sampling(handle)
    refused = await lab.start(a_brief(anna, sampler="x"), other)
    assert (await refused.result()).stage == "failed"
    assert (await handle.result()).stage == "completed"


@pytest.mark.parametrize("at", ["rendition-stored.v1", "generation-completed.v1"])
async def test_revoking_after_the_sampling_publishes_nothing(lab: Lab, at: str) -> None:
    """Also in the last moment: between the decision to publish and its append."""
    anna, caster = await a_person(lab), await a_caster(lab)
    lab.meanwhile.before[at] = anna.revokes
    handle = await lab.start(a_brief(anna), caster)
    outcome = await handle.result()
    assert outcome.failure is not None
    assert outcome.failure.code == "cast-not-permitted"
    types = await lab.types(handle)
    assert "generation-completed.v1" not in types
    assert (await acts_of(lab, handle))[-1] == ("publish", False)
    assert (await casting_of(lab, handle)).receipts == ()
    assert [each.type for each in await lab.log.read_stream(video_of(handle))] == []


async def test_a_use_is_given_back_when_the_generation_is_cancelled(lab: Lab) -> None:
    anna, caster = await a_person(lab), await a_caster(lab)
    handle = await lab.start(a_brief(anna), caster)
    await lab.until_sampling(handle)
    assert (await anna.consent()).used == 1
    stop = CancelRequest(requested_by="client/app")
    await handle.execute_update("cancel_generation", stop, result_type=CancelAnswer)
    assert (await anna.consent()).used == 0
    await handle.result()
    noted = await anna.sees(handle)
    assert noted is not None
    assert noted.turn == "ended"


async def test_a_running_job_keeps_the_version_that_it_was_admitted_with(lab: Lab) -> None:
    anna, caster = await a_person(lab), await a_caster(lab)
    handle = await lab.start(a_brief(anna), caster)
    await lab.until_sampling(handle)
    await anna.retakes()
    assert (await handle.result()).stage == "completed"
    [receipt] = (await casting_of(lab, handle)).receipts
    assert receipt.receipt.version == 1
    later = await lab.start(a_brief(anna), caster)
    await later.result()
    assert (await casting_of(lab, later)).receipts[0].receipt.version == 2


async def until_kept(handle: WorkflowHandle[Any, Outcome]) -> None:
    """Return once a draft waits to be published."""
    async with asyncio.timeout(30):
        while (await handle.query("status", result_type=Status)).stage != "releasing":
            await asyncio.sleep(0.05)


async def test_a_draft_needs_consent_to_generate_and_to_publish_only_when_it_is_published(
    lab: Lab,
) -> None:
    anna, caster = await a_person(lab), await a_caster(lab)
    await anna.forbids(publish=False)
    posted = await (await lab.start(a_brief(anna), caster)).result()
    assert posted.failure is not None
    assert f"{anna.cameo_id}: publishing-refused" in posted.failure.explanation
    handle = await lab.start(a_brief(anna, destination="draft"), caster)
    await until_kept(handle)
    assert "generation-completed.v1" not in await lab.types(handle)
    await handle.execute_update("publish_draft", result_type=PublishAnswer)
    outcome = await handle.result()
    assert outcome.failure is not None
    assert f"{anna.cameo_id}: publishing-refused" in outcome.failure.explanation
    doors = await acts_of(lab, handle)
    assert doors == [("admission", True), ("gpu-start", True), ("publish", False)]


async def test_a_draft_is_published_when_its_account_says_so(lab: Lab) -> None:
    anna, caster = await a_person(lab), await a_caster(lab)
    handle = await lab.start(a_brief(anna, destination="draft"), caster)
    await until_kept(handle)
    await handle.execute_update("publish_draft", result_type=PublishAnswer)
    assert (await handle.result()).stage == "completed"
    [receipt] = (await casting_of(lab, handle)).receipts
    assert receipt.receipt.act == "publish"


async def test_what_is_to_be_posted_is_no_draft(lab: Lab) -> None:
    anna, caster = await a_person(lab), await a_caster(lab)
    handle = await lab.start(a_brief(anna), caster)
    await lab.until_sampling(handle)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update("publish_draft", result_type=PublishAnswer)
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "generation-no-draft"
    assert (await handle.result()).stage == "completed"


async def test_later_wishes_are_no_part_of_what_was_made_before_them(lab: Lab) -> None:
    anna, caster = await a_person(lab), await a_caster(lab)
    await anna.wishes(Preference(kind="always", thing="a gold chain"))
    handle = await lab.start(a_brief(anna), caster)
    await lab.until_sampling(handle)
    stated = (await anna.consent()).preferences
    await anna.wishes(Preference(kind="always", thing="a silver chain"))
    assert (await handle.result()).stage == "completed"
    assert '"a gold chain"' in PLAYERS.plans[-1].shots[0].prompt
    [receipt] = (await casting_of(lab, handle)).receipts
    assert receipt.receipt.preferences_version == 1
    assert receipt.receipt.preferences_sha256 == stated.sha256


def video_of(handle: WorkflowHandle[Any, Outcome]) -> str:
    return f"video-{sibling(generation_of(handle), 'vid')}"
