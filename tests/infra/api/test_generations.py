"""Generations at the door: recorded when it says so, once for each key, followed to their end."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import httpx
import pytest
from PIL import Image

from domain.generation.decider import GENERATION
from domain.generation.situations import Blank, Requested
from domain.kernel.ids import sibling
from infra.api.idempotency import LIFETIME, Scope, fingerprint
from infra.api.views import view_from_log
from tests.infra.api.conftest import Stage
from tests.infra.api.studio import HELD, STEPS
from tests.words import an_id
from workflows.contracts import generation_workflow_id

pytestmark = pytest.mark.servers

BOAT = {"prompt": "a red boat sails at dawn", "seconds": 1, "width": 64, "height": 64}
HELD_BOAT = BOAT | {"seed": HELD}


async def settled(caller: httpx.AsyncClient, generation_id: str) -> dict[str, Any]:
    for _ in range(900):  # a studio hears of a stop with its next heartbeat
        view: dict[str, Any] = (await caller.get(f"/v1/generations/{generation_id}")).json()
        if view["status"] in ("completed", "failed", "cancelled"):
            return view
        await asyncio.sleep(0.05)
    raise AssertionError(f"not settled: {view}")


async def at_step(caller: httpx.AsyncClient, generation_id: str, step: int) -> dict[str, Any]:
    for _ in range(200):
        view: dict[str, Any] = (await caller.get(f"/v1/generations/{generation_id}")).json()
        if view["progress"]["step"] >= step:
            return view
        await asyncio.sleep(0.05)
    raise AssertionError(f"never at step {step}: {view}")


async def test_202_means_recorded_and_a_read_finds_it_at_once(
    stage: Stage, caller: httpx.AsyncClient
) -> None:
    answer = await caller.post("/v1/generations", json=BOAT)
    assert answer.status_code == 202, answer.text
    generation_id = answer.json()["generation_id"]
    standing = await stage.doors.ledger.state(GENERATION, generation_id)
    assert isinstance(standing.state, Requested)
    read = await caller.get(answer.headers["Location"])
    assert read.status_code == 200
    assert read.json()["prompt"] == BOAT["prompt"]


async def test_a_prompt_becomes_a_video_in_the_feed_that_can_be_fetched(
    caller: httpx.AsyncClient,
) -> None:
    generation_id = (await caller.post("/v1/generations", json=BOAT)).json()["generation_id"]
    view = await settled(caller, generation_id)
    assert view["status"] == "completed"
    assert view["video_id"] == sibling(generation_id, "vid")

    feed = (await _until(caller, "/v1/feed", view["video_id"])).json()
    video = next(each for each in feed["items"] if each["video_id"] == view["video_id"])
    redirect = await caller.get(video["links"]["film"])
    assert redirect.status_code == 307
    async with httpx.AsyncClient() as anybody:
        film = await anybody.get(redirect.headers["Location"])
    assert film.content == f"film of {generation_id}".encode()

    told = (await _until(caller, "/v1/notices", generation_id)).json()["items"]
    assert [(each["kind"], each["generation_id"]) for each in told] == [
        ("video-released", generation_id)
    ]


async def _until(caller: httpx.AsyncClient, path: str, words: str) -> httpx.Response:
    for _ in range(100):
        answer = await caller.get(path)
        if words in answer.text:
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError(f"{path} never spoke of {words}")


@pytest.mark.parametrize("variant", ["film", "poster", "contact-sheet"])
async def test_an_address_can_be_had_as_json_with_its_hash(
    caller: httpx.AsyncClient, variant: str
) -> None:
    generation_id = (await caller.post("/v1/generations", json=BOAT)).json()["generation_id"]
    video_id = (await settled(caller, generation_id))["video_id"]
    await _until(caller, "/v1/feed", video_id)
    content = await caller.get(
        f"/v1/videos/{video_id}/content", params={"variant": variant, "redirect": "false"}
    )
    assert content.status_code == 200
    assert set(content.json()) == {"address", "expires_at", "sha256", "bytes"}


async def test_the_same_key_gives_the_same_answer_byte_for_byte(
    caller: httpx.AsyncClient,
) -> None:
    headers = {"Idempotency-Key": "first-boat"}
    first = await caller.post("/v1/generations", json=BOAT, headers=headers)
    reordered = dict(reversed(BOAT.items()))
    again = await caller.post("/v1/generations", json=reordered, headers=headers)
    assert first.status_code == again.status_code == 202
    assert first.content == again.content
    assert first.headers["Location"] == again.headers["Location"]


async def test_ten_at_once_with_one_key_are_one_generation(caller: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "ten-at-once"}
    answers = await asyncio.gather(
        *(caller.post("/v1/generations", json=BOAT, headers=headers) for _ in range(10))
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert len((await _until_listed(caller, 1))["items"]) == 1


async def _until_listed(caller: httpx.AsyncClient, count: int) -> dict[str, Any]:
    for _ in range(100):
        page: dict[str, Any] = (await caller.get("/v1/generations?limit=100")).json()
        if len(page["items"]) >= count:
            return page
        await asyncio.sleep(0.05)
    raise AssertionError(f"never {count} in the list")


async def test_a_used_key_with_another_body_is_refused(caller: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "one-boat"}
    await caller.post("/v1/generations", json=BOAT, headers=headers)
    other = await caller.post("/v1/generations", json=BOAT | {"fps": 12}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_a_key_that_is_not_answered_yet_refuses_another_body_and_joins_the_same(
    stage: Stage, caller: httpx.AsyncClient
) -> None:
    """The first caller died between its claim and its answer: the id was stored before."""
    doors = stage.doors
    generation_id = doors.draw("gen")
    scope = Scope("app", caller.headers["Callsheet-Account"], "crashed")
    request_hash = fingerprint("POST /v1/generations", BOAT)
    await doors.idempotency.claim(scope, request_hash, generation_id, doors.clock())

    headers = {"Idempotency-Key": "crashed"}
    other = await caller.post("/v1/generations", json=BOAT | {"fps": 12}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-key-in-flight")
    same = await caller.post("/v1/generations", json=BOAT, headers=headers)
    assert (same.status_code, same.json()["generation_id"]) == (202, generation_id)


async def test_a_repeat_after_everything_is_over_still_gets_its_answer(
    stage: Stage, caller: httpx.AsyncClient
) -> None:
    """Recorded, but the answer was never kept; meanwhile the workflow has closed."""
    headers = {"Idempotency-Key": "late"}
    first = await caller.post("/v1/generations", json=BOAT, headers=headers)
    await settled(caller, first.json()["generation_id"])
    handle = stage.doors.client.get_workflow_handle(
        generation_workflow_id(first.json()["generation_id"])
    )
    await handle.result()
    async with stage.doors.generations._pool.acquire() as connection:
        await connection.execute(
            "UPDATE api.idempotency_keys SET status = NULL, answer = NULL WHERE key = 'late'"
        )
    again = await caller.post("/v1/generations", json=BOAT, headers=headers)
    assert again.content == first.content


async def test_expired_keys_are_forgotten(stage: Stage, caller: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "old"}
    first = await caller.post("/v1/generations", json=BOAT, headers=headers)
    assert await stage.doors.idempotency.purge(stage.doors.clock()) == 0
    assert await stage.doors.idempotency.purge(stage.doors.clock() + LIFETIME) > 0
    again = await caller.post("/v1/generations", json=BOAT, headers=headers)
    assert again.json()["generation_id"] != first.json()["generation_id"]


async def test_a_revision_takes_the_brief_and_the_seed_and_changes_the_shots_it_names(
    stage: Stage, caller: httpx.AsyncClient
) -> None:
    shots = [
        {"prompt": "a dog", "seconds": 1, "camera": "still"},
        {"prompt": "a cat", "seconds": 1, "lines": [{"text": "Miaow!"}]},
    ]
    asked = {"prompt": "two", "shots": shots, "width": 64, "height": 64, "fps": 12}
    first = (await caller.post("/v1/generations", json=asked)).json()["generation_id"]
    change = {"number": 1, "prompt": "a fox", "camera": None}
    answer = await caller.post(f"/v1/generations/{first}/revisions", json={"shots": [change]})
    assert answer.status_code == 202, answer.text
    second = answer.json()["generation_id"]
    before, after = [
        (await stage.doors.ledger.state(GENERATION, each)).state for each in (first, second)
    ]
    assert isinstance(before, Requested)
    assert isinstance(after, Requested)
    assert after.brief.revises == first
    assert after.brief.seed == before.brief.seed_for(first)
    assert (after.brief.shots[0].prompt, after.brief.shots[0].camera) == ("a fox", None)
    assert after.brief.shots[1] == before.brief.shots[1]
    assert (after.brief.fps, after.brief.width) == (12, 64)
    assert (await settled(caller, second))["status"] == "completed"


async def test_a_revision_of_a_shot_that_there_is_not_or_of_anothers_video_is_refused(
    stage: Stage, caller: httpx.AsyncClient
) -> None:
    first = (await caller.post("/v1/generations", json=BOAT)).json()["generation_id"]
    address = f"/v1/generations/{first}/revisions"
    refused = await caller.post(address, json={"shots": [{"number": 2, "seconds": 1}]})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["limit"] == "1 to 1"
    twice = await caller.post(address, json={"shots": [{"number": 1}, {"number": 1}]})
    assert "twice" in twice.json()["detail"]
    long = await caller.post(address, json={"shots": [{"number": 1, "seconds": 1e9}]})
    assert long.json()["errors"][0]["field"] == "shots.0.seconds"
    none = await caller.post(address, json={"shots": []})
    assert none.json()["errors"][0]["limit"] == "min_length 1"
    other = {"Callsheet-Account": (await caller.post("/v1/accounts")).json()["account_id"]}
    theirs = await caller.post(address, json={"shots": [{"number": 1}]}, headers=other)
    assert (theirs.status_code, theirs.json()["code"]) == (404, "generation-unknown")


async def test_progress_comes_from_the_heartbeat_before_the_log_knows(
    caller: httpx.AsyncClient,
) -> None:
    generation_id = (await caller.post("/v1/generations", json=HELD_BOAT)).json()["generation_id"]
    view = await at_step(caller, generation_id, 2)
    assert view["status"] == "sampling"
    done = {"attempt": 1, "step": 2, "steps": STEPS}
    shots = [{"number": 1, "status": "sampling", **done}]
    assert view["progress"] == {**done, "fraction": 0.5, "shots": shots}
    assert view["eta_at"] is not None
    stopped = await caller.post(f"/v1/generations/{generation_id}/cancel")
    assert (stopped.status_code, stopped.json()["status"]) == (200, "cancelled")


async def test_stopping_twice_changes_nothing_and_stopping_what_ended_is_refused(
    caller: httpx.AsyncClient,
) -> None:
    held = (await caller.post("/v1/generations", json=HELD_BOAT)).json()["generation_id"]
    first = await caller.post(f"/v1/generations/{held}/cancel")
    assert first.status_code in (200, 202)  # the door waits for the end, but not for long
    await settled(caller, held)
    again = await caller.post(f"/v1/generations/{held}/cancel")
    assert (again.status_code, again.json()["status"]) == (200, "cancelled")

    done = (await caller.post("/v1/generations", json=BOAT)).json()["generation_id"]
    await settled(caller, done)
    refused = await caller.post(f"/v1/generations/{done}/cancel")
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "generation-already-settled")
    assert "completed" in problem["detail"]


async def test_another_account_finds_nothing(stage: Stage, caller: httpx.AsyncClient) -> None:
    generation_id = (await caller.post("/v1/generations", json=BOAT)).json()["generation_id"]
    async with stage.caller() as other:
        opened = await other.post("/v1/accounts")
        other.headers["Callsheet-Account"] = opened.json()["account_id"]
        hidden = (("GET", ""), ("POST", "/cancel"), ("GET", "/events"), ("GET", "/preview"))
        for method, path in hidden:
            answer = await other.request(method, f"/v1/generations/{generation_id}{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, "generation-unknown")
        assert (await other.get("/v1/generations")).json()["items"] == []


async def test_pages_hold_each_generation_once_newest_first(caller: httpx.AsyncClient) -> None:
    made = [
        (await caller.post("/v1/generations", json=BOAT)).json()["generation_id"] for _ in range(5)
    ]
    await _until_listed(caller, 5)
    found, cursor = [], None
    while True:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await caller.get("/v1/generations", params=params)).json()
        found += [each["generation_id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == list(reversed(made))


async def test_a_generation_without_its_read_model_is_read_from_the_log(stage: Stage) -> None:
    async with stage.caller() as caller:
        opened = await caller.post("/v1/accounts")
        caller.headers["Callsheet-Account"] = opened.json()["account_id"]
        answer = await caller.post("/v1/generations", json=BOAT)
    generation_id = answer.json()["generation_id"]
    standing = await stage.doors.ledger.state(GENERATION, generation_id)
    assert not isinstance(standing.state, Blank)
    view = view_from_log(standing.state)
    assert view.generation_id == generation_id
    assert view.prompt == BOAT["prompt"]
    assert abs((view.requested_at - stage.doors.clock()).total_seconds()) < 30


async def events_of(
    caller: httpx.AsyncClient, generation_id: str, last: str | None = None
) -> list[tuple[str, str, dict[str, Any]]]:
    headers = {"Last-Event-ID": last} if last else {}
    found: list[tuple[str, str, dict[str, Any]]] = []
    fields: dict[str, str] = {}
    async with caller.stream(
        "GET", f"/v1/generations/{generation_id}/events", headers=headers
    ) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            name, _, value = line.partition(": ")
            if line == "" and "data" in fields:
                found.append((fields["event"], fields["id"], json.loads(fields["data"])))
                fields = {}
            elif name:
                fields[name] = value
    return found


async def test_events_tell_the_story_until_it_is_settled(
    stage: Stage, caller: httpx.AsyncClient
) -> None:
    generation_id = (await caller.post("/v1/generations", json=HELD_BOAT)).json()["generation_id"]
    listeners = [asyncio.create_task(events_of(caller, generation_id)) for _ in range(3)]
    await at_step(caller, generation_id, 2)
    await asyncio.sleep(0.3)
    assert stage.doors.watchers.pollers == 1
    stage.studio.released.set()
    try:
        stories = await asyncio.gather(*listeners)
    finally:
        stage.studio.released.clear()
    for story in stories:
        kinds = [kind for kind, _, _ in story]
        assert kinds[0] == "stage"
        assert kinds.count("settled") == 1
        assert kinds[-1] == "settled"
        ids = [each for _, each, _ in story]
        assert len(ids) == len(set(ids))
        assert story[-1][2]["video_id"] == sibling(generation_id, "vid")
        assert any(data["progress"]["step"] == 2 for _, _, data in story)
        assert all("prompt" not in data for _, _, data in story)
    assert stage.doors.watchers.pollers == 0

    last = stories[0][-1][1]
    heard = await caller.get(
        f"/v1/generations/{generation_id}/events", headers={"Last-Event-ID": last}
    )
    assert heard.status_code == 204
    resumed = await events_of(caller, generation_id, last="requested.requested.0.0.q0")
    assert [kind for kind, _, _ in resumed] == ["settled"]


async def test_a_look_at_what_is_sampled_is_named_in_the_events_and_served_to_its_owner(
    stage: Stage, caller: httpx.AsyncClient
) -> None:
    generation_id = (await caller.post("/v1/generations", json=HELD_BOAT)).json()["generation_id"]
    here, named = f"/v1/generations/{generation_id}", None
    async with caller.stream("GET", f"{here}/events") as stream, asyncio.timeout(10):
        async for line in stream.aiter_lines():
            if line.startswith("data: ") and (named := json.loads(line[6:])["preview"]):
                break
    assert named == {"step": 2, "address": f"{here}/preview"}
    look = await caller.get(named["address"])
    assert (look.status_code, look.headers["content-type"]) == (200, "image/jpeg")
    assert look.headers["cache-control"] == "no-store"
    with Image.open(io.BytesIO(look.content)) as strip:
        assert (strip.width, strip.height) == (512, 72)
    async with stage.caller() as other:
        opened = await other.post("/v1/accounts")
        other.headers["Callsheet-Account"] = opened.json()["account_id"]
        assert (await other.get(named["address"])).status_code == 404
    async with httpx.AsyncClient(base_url=stage.url) as stranger:
        assert (await stranger.get(named["address"])).status_code == 401
    await caller.post(f"{here}/cancel")
    gone = await caller.get(named["address"])
    assert (gone.status_code, gone.json()["code"]) == (404, "preview-missing")


async def test_a_quiet_stream_says_that_it_is_alive_and_nobody_polls_for_one_who_left(
    stage: Stage, caller: httpx.AsyncClient
) -> None:
    generation_id = (await caller.post("/v1/generations", json=HELD_BOAT)).json()["generation_id"]
    await at_step(caller, generation_id, 2)
    heard = []
    async with caller.stream("GET", f"/v1/generations/{generation_id}/events") as stream:
        async for line in stream.aiter_lines():
            heard.append(line)
            if line.startswith(": "):
                break
    assert heard[0] == "retry: 1000"
    for _ in range(100):
        if stage.doors.watchers.pollers == 0:
            break
        await asyncio.sleep(0.05)
    assert stage.doors.watchers.pollers == 0
    await caller.post(f"/v1/generations/{generation_id}/cancel")


async def test_an_unknown_id_is_unknown(caller: httpx.AsyncClient) -> None:
    answer = await caller.get(f"/v1/generations/{an_id('gen', 77)}")
    assert (answer.status_code, answer.json()["code"]) == (404, "generation-unknown")
