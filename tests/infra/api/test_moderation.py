"""Moderation at the door: a verdict, its reasons, a queue for staff, an appeal, policies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from domain.moderation.case import MODERATION
from domain.moderation.case_events import ContentShown
from infra.api.keys import issue_key
from tests.infra.api.conftest import Stage
from tests.infra.api.test_enrolments import code
from tests.infra.api.test_exports import ended
from tests.infra.api.test_generations import settled
from tests.words import an_id
from tests.workflows.screener import told_policy

pytestmark = pytest.mark.servers


def of(prompt: str) -> dict[str, Any]:
    return {"prompt": prompt, "seconds": 1, "width": 64, "height": 64}


@pytest.fixture
async def staff(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    key = issue_key(stage.settings.keys_file, "staff-moderation")
    async with stage.caller(key=key) as http:
        yield http


async def asked(caller: httpx.AsyncClient, prompt: str, **more: Any) -> str:
    answer = await caller.post("/v1/generations", json=of(prompt) | more)
    assert answer.status_code == 202, answer.text
    generation_id: str = answer.json()["generation_id"]
    return generation_id


async def verdict(caller: httpx.AsyncClient, generation_id: str, gate: str) -> dict[str, Any]:
    """The verdict at a gate, once there is one."""
    for _ in range(400):
        answer = await caller.get(f"/v1/generations/{generation_id}/verdicts")
        for each in answer.json()["items"]:
            if each["gate"] == gate:
                found: dict[str, Any] = each
                return found
        await asyncio.sleep(0.05)
    raise AssertionError("no verdict")


async def decided(
    staff: httpx.AsyncClient, case_id: str, reviewer: str, decision: str
) -> httpx.Response:
    here = f"/v1/moderation/holds/{case_id}"
    for _ in range(200):  # its story may be a moment behind its verdict
        claimed = await staff.post(f"{here}/claim", json={"reviewer": reviewer})
        if claimed.is_success or code(claimed) != (409, "moderation-not-waiting"):
            break
        await asyncio.sleep(0.05)
    assert claimed.status_code == 200, claimed.text
    body = {"reviewer": reviewer, "decision": decision, "reason": "looked-at", "words": "Chess."}
    return await staff.post(f"{here}/decision", json=body)


async def test_a_refused_prompt_has_a_rule_words_and_a_statement_of_reasons(
    stage: Stage, caller: httpx.AsyncClient
) -> None:
    generation_id = await asked(caller, "a battle [violence 900]")
    view = await settled(caller, generation_id)
    assert view["failure"]["code"] == "content-blocked"
    said = await verdict(caller, generation_id, "admission")
    assert (said["status"], said["rule"]) == ("blocked", "VIOLENCE-1")
    reasons = await caller.get(f"/v1/moderation/cases/{said['case_id']}/reasons")
    assert reasons.status_code == 200, reasons.text
    told = reasons.json()
    assert told["restriction"] == "generation-refused"
    assert told["automated_decision"] is True
    assert {each["kind"] for each in told["redress"]} >= {"internal-appeal", "court"}
    assert "battle" not in reasons.text
    async with stage.caller() as another:
        opened = await another.post("/v1/accounts")
        another.headers["Callsheet-Account"] = opened.json()["account_id"]
        foreign = await another.get(f"/v1/moderation/cases/{said['case_id']}/reasons")
        assert code(foreign) == (404, "moderation-case-unknown")


async def test_an_appeal_is_heard_by_staff_and_seen_when_it_is_answered(
    stage: Stage, caller: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    generation_id = await asked(caller, "a chess battle [violence 900]")
    await settled(caller, generation_id)
    case_id = (await verdict(caller, generation_id, "admission"))["case_id"]
    here = f"/v1/moderation/cases/{case_id}"
    lodged = await caller.post(f"{here}/appeal", json={"words": "It is chess."})
    assert (lodged.status_code, lodged.json()["status"]) == (202, "on-appeal")
    content = (await staff.get(f"/v1/moderation/holds/{case_id}/content?reviewer=cleo")).json()
    assert content["presentation"] == {"blurred": True, "muted": True}
    assert content["appeal"] == "It is chess."
    story = await stage.doors.ledger.events(MODERATION, case_id)
    [shown] = [each for each in story if isinstance(each, ContentShown)]
    assert shown.reviewer.endswith("/cleo"), "who has seen it is on record before it is shown"
    answer = await decided(staff, case_id, "anne", "allow")
    assert answer.json()["status"] == "allowed"
    told = (await caller.get(here)).json()
    assert (told["status"], told["said"]) == ("allowed", "Chess.")
    assert code(await caller.get(f"{here}/reasons")) == (409, "moderation-not-restricted")
    again = await asked(caller, "a chess battle [violence 900]")
    assert (await settled(caller, again))["status"] == "completed"
    kinds = [each["kind"] for each in (await caller.get("/v1/notices")).json()["items"]]
    assert {"content-blocked", "content-reinstated"} <= set(kinds)


async def test_what_is_held_stands_in_the_queue_under_a_name_of_its_own(
    stage: Stage, caller: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    generation_id = await asked(caller, "a duel [violence 600]")
    case_id = (await verdict(caller, generation_id, "admission"))["case_id"]
    queue = await staff.get("/v1/moderation/holds?limit=100")
    [item] = [each for each in queue.json()["items"] if each["case_id"] == case_id]
    account_id = caller.headers["Callsheet-Account"]
    assert item["person"] == stage.doors.pseudonyms.of(case_id, account_id)
    assert account_id not in queue.text
    assert generation_id not in queue.text
    assert code(await caller.get("/v1/moderation/holds")) == (403, "key-not-staff")
    wrong = {"reviewer": "anne", "decision": "block", "reason": "x", "rule": "NOPE-1"}
    refused = await staff.post(f"/v1/moderation/holds/{case_id}/decision", json=wrong)
    assert code(refused) == (422, "moderation-clause-unknown")
    assert (await decided(staff, case_id, "anne", "allow")).json()["status"] == "allowed"
    assert (await settled(caller, generation_id))["status"] == "completed"
    figures = (await staff.get("/v1/moderation/rules")).json()["items"]
    rules = {each["rule"]: each for each in figures}
    assert rules["VIOLENCE-1"]["let_pass"] >= 1


async def test_a_published_film_is_hidden_while_humans_look_and_seen_again_when_they_let_it_pass(
    caller: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    view = await settled(caller, await asked(caller, "a boat on a lake"))
    video_id, here = view["video_id"], f"/v1/videos/{view['video_id']}"
    look = f"/v1/moderation/videos/{video_id}/look"
    assert code(await caller.post(look)) == (403, "key-not-staff")
    opened = await staff.post(f"{look}?source=notice")
    assert (opened.status_code, opened.json()["status"]) == (202, "held"), opened.text
    case_id = opened.json()["case_id"]
    assert (await staff.post(look)).json()["case_id"] == case_id
    content = (await staff.get(f"/v1/moderation/holds/{case_id}/content")).json()
    assert content["film"] is not None

    async def is_listed() -> bool:
        page = (await caller.get("/v1/feed?limit=100")).json()["items"]
        return video_id in {each["video_id"] for each in page}

    assert not await is_listed()
    for address in (here, f"{here}/content", f"{here}/exports"):
        method = "POST" if address.endswith("exports") else "GET"
        assert code(await caller.request(method, address)) == (404, "video-hidden"), address
    stated = (await caller.get(f"/v1/moderation/cases/{case_id}/reasons")).json()
    assert (stated["restriction"], stated["source"]) == ("hidden", "notice")
    assert stated["redress"][0]["kind"] == "human-review"
    hidden = (await caller.get(here)).json()
    assert hidden["generation_id"] == view["generation_id"]
    assert "verdicts" in hidden["next_step"]

    assert (await decided(staff, case_id, "anne", "block")).json()["status"] == "blocked"
    mine = f"/v1/moderation/cases/{case_id}"
    assert (await caller.get(f"{mine}/reasons")).json()["restriction"] == "hidden"
    assert not await is_listed()
    await caller.post(f"{mine}/appeal", json={"words": "It is a boat."})
    assert (await decided(staff, case_id, "bert", "allow")).json()["status"] == "allowed"
    assert await is_listed()
    assert (await caller.get(here)).status_code == 200
    nobody = an_id("vid", 77)
    unknown = await staff.post(f"/v1/moderation/videos/{nobody}/look")
    assert code(unknown) == (404, "video-unknown")


async def test_a_film_for_one_surface_leaves_once_humans_let_it_pass_for_outside(
    caller: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    generation_id = await asked(caller, "a skirmish [violence 470]", surface="club")
    view = await settled(caller, generation_id)
    for gate in ("admission", "release"):
        assert (await verdict(caller, generation_id, gate))["surface"] == "club"
    assert (await caller.get(f"/v1/videos/{view['video_id']}")).json()["surfaces"] == ["club"]
    assert view["video_id"] not in (await caller.get("/v1/feed?limit=100")).text
    exports = f"/v1/videos/{view['video_id']}/exports"

    async def export() -> dict[str, Any]:
        return await ended(caller, (await caller.post(exports)).json()["links"]["self"])

    first = await export()
    assert (first["status"], first["code"]) == ("refused", "content-held")
    assert "Rule VIOLENCE-1, prompt, for the surface export." in first["explanation"]
    case = await verdict(caller, generation_id, "elsewhere")
    assert (case["surface"], case["status"]) == ("export", "held")
    here = f"/v1/moderation/cases/{case['case_id']}/reasons"
    stated = (await caller.get(here)).json()
    assert (stated["surface"], stated["restriction"]) == ("export", "surface-held")
    assert (await decided(staff, case["case_id"], "anne", "allow")).json()["surface"] == "export"
    assert (await export())["status"] == "completed"


async def test_policies_are_published_into_the_shadow_and_taken_back(
    caller: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    await settled(caller, await asked(caller, "a boat"))
    listed = (await staff.get("/v1/moderation/policies")).json()["items"]
    assert listed[-1]["reach"] == "in-force"
    revision = listed[0]["revision"] + 1
    body = told_policy(revision, block=700).model_dump(mode="json")
    published = await staff.post("/v1/moderation/policies", json=body)
    assert published.json()["items"][0]["reach"] == "shadow"
    here = f"/v1/moderation/policies/{revision}"
    shared = await staff.post(f"{here}/share", json={"share": 100})
    assert shared.json()["items"][0]["share"] == 100
    assert (await staff.get(here)).json()["revision"] == revision
    back = await staff.post(f"{here}/rollback", json={"reason": "not-now"})
    assert back.json()["items"][0]["reach"] == "never"
    out_of_turn = told_policy(revision + 5).model_dump(mode="json")
    refused = await staff.post("/v1/moderation/policies", json=out_of_turn)
    assert code(refused) == (409, "policy-out-of-turn")
    assert (await staff.get("/v1/moderation/undos")).json() == {"items": []}


async def test_a_case_that_is_none_is_said_to_be_none(
    caller: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    nobody = an_id("mod", 77)
    assert code(await caller.get(f"/v1/moderation/cases/{nobody}"))[0] == 404
    claim = await staff.post(f"/v1/moderation/holds/{nobody}/claim", json={"reviewer": "anne"})
    assert code(claim) == (404, "moderation-case-unknown")
