"""Enrolments through the door, on real servers: from a signed release to a sealed likeness."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.cameo.places import upload_key
from activities.cameo.reopening import ReopenedReviews
from activities.ledger import Context, Decision
from domain.cameo.cameo import Castable
from domain.cameo.challenge import ENTROPY_BYTES, challenge_from
from domain.cameo.clip import CLIP_BYTES_MAX
from domain.cameo.enrolment import ENROLMENT
from domain.cameo.enrolment_commands import IssueChallenge
from domain.cameo.enrolment_events import ClipDeclined
from domain.cameo.keeping import CAMEO
from infra.api.keys import issue_key
from tests.infra.api.conftest import Stage
from tests.infra.api.enrolled import (
    SESSION,
    a_release,
    account_of,
    begun,
    enrolled,
    handed_in,
    settled,
    somebody,
    uploaded,
)
from tests.words import an_id
from tests.workflows.examiner import a_clip

pytestmark = pytest.mark.servers


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


async def left_in_store(stage: Stage, attempt: dict[str, Any], *rooms: str) -> list[str]:
    return [
        key
        for room in rooms
        async for key, _ in stage.doors.store.list(f"{room}/{attempt['enrolment_id']}/")
    ]


async def nothing_left(stage: Stage, attempt: dict[str, Any], *rooms: str) -> bool:
    """Whether these rooms are empty, soon after the log has said how the attempt ended."""
    async with asyncio.timeout(20):
        while await left_in_store(stage, attempt, *rooms):
            await asyncio.sleep(0.05)
    return True


async def declined(stage: Stage, attempt: dict[str, Any]) -> list[str]:
    """The reasons for which clips of this attempt were turned away, as the log keeps them."""
    events = await stage.doors.ledger.events(ENROLMENT, attempt["enrolment_id"])
    return [each.reason for each in events if isinstance(each, ClipDeclined)]


async def challenged_a_minute_ago(
    stage: Stage, http: httpx.AsyncClient, attempt: dict[str, Any]
) -> None:
    """A challenge of this session whose minute is over, as if somebody had waited."""
    command = IssueChallenge(
        command_id=stage.doors.draw("cmd"),
        at=stage.doors.clock() - timedelta(seconds=61),
        account_id=account_of(http),
        session_sha256=hashlib.sha256(SESSION["session"].encode()).hexdigest(),
        challenge=challenge_from(bytes(ENTROPY_BYTES)),
    )
    decision = Decision(ENROLMENT, attempt["enrolment_id"], command)
    await stage.doors.ledger.perform([decision], Context("client/test", "test"))


async def put(stage: Stage, key: str, data: bytes) -> None:
    """An object that came to lie in the store."""
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(data)
        await stage.doors.store.put_file(key, Path(file.name), "video/mp4")


async def test_the_whole_way_from_a_release_to_a_cameo(stage: Stage) -> None:
    async with somebody(stage) as http:
        attempt = await begun(http)
        here = attempt["links"]["self"]
        assert (await http.get(here)).json()["status"] == "started"
        challenge = (await http.post(f"{here}/challenge", json=SESSION)).json()
        assert (len(challenge["digits"]), len(challenge["moves"])) == (10, 6)
        await handed_in(http, attempt, a_clip(account_of(http)))
        view = await settled(http, attempt)
        assert view["status"] == "approved"
        assert len(view["checks"]) == 11
        assert {each["verdict"] for each in view["checks"]} == {"passed"}
        cameo = (await http.get(f"/v1/cameos/{attempt['cameo_id']}")).json()
        assert (cameo["newest"], cameo["suspended"]) == (1, False)
    assert await nothing_left(stage, attempt, "uploads", "enrolments")
    sealed = await left_in_store(stage, attempt, "likeness")
    assert len(sealed) == 3


async def test_the_store_itself_refuses_what_is_larger_than_the_limit(stage: Stage) -> None:
    async with somebody(stage) as http:
        attempt = await begun(http)
        here = attempt["links"]["self"]
        await http.post(f"{here}/challenge", json=SESSION)
        grant = (await http.post(f"{here}/upload")).json()
        assert grant["bytes_max"] == CLIP_BYTES_MAX
        assert await uploaded(grant, b"x" * (CLIP_BYTES_MAX + 1)) == 400
        assert await uploaded(grant, b"") == 400
        assert code(await http.post(f"{here}/clip", json=SESSION)) == (409, "clip-missing")
    assert await left_in_store(stage, attempt, "uploads") == []


async def test_a_refusal_names_the_check_and_how_to_do_better(stage: Stage) -> None:
    async with somebody(stage) as http:
        attempt = await begun(http)
        await http.post(f"{attempt['links']['self']}/challenge", json=SESSION)
        await handed_in(http, attempt, a_clip(account_of(http), parallax="failed"))
        view = await settled(http, attempt)
    assert view["status"] == "refused"
    [shortcoming] = view["shortcomings"]
    assert shortcoming["check"] == "parallax"
    assert "a picture of you cannot stand in" in shortcoming["advice"]
    assert await nothing_left(stage, attempt, "uploads", "enrolments", "likeness")


async def test_an_attempt_of_another_is_unknown_and_its_challenge_not_to_be_answered(
    stage: Stage,
) -> None:
    async with somebody(stage) as anna, somebody(stage) as ben:
        attempt = await begun(anna)
        here = attempt["links"]["self"]
        await anna.post(f"{here}/challenge", json=SESSION)
        assert code(await ben.get(here)) == (404, "enrolment-unknown")
        assert code(await ben.post(f"{here}/upload")) == (404, "enrolment-unknown")
        refused = code(await ben.post(f"{here}/clip", json=SESSION))
        assert refused == (403, "enrolment-of-another")
        assert (await anna.get(here)).json()["declined"] == 2
        other = {"session": "another session altogether"}
        refused = code(await anna.post(f"{here}/clip", json=other))
        assert refused == (403, "challenge-of-another-session")
    assert await declined(stage, attempt) == [
        "enrolment-of-another",
        "enrolment-of-another",
        "challenge-of-another-session",
    ]


async def test_a_second_answer_is_refused_and_recorded_even_after_the_end(stage: Stage) -> None:
    async with somebody(stage) as http:
        attempt = await begun(http)
        here = attempt["links"]["self"]
        await http.post(f"{here}/challenge", json=SESSION)
        await handed_in(http, attempt, a_clip(account_of(http)))
        await settled(http, attempt)
        assert code(await http.post(f"{here}/clip", json=SESSION)) == (409, "enrolment-settled")
        assert code(await http.post(f"{here}/upload")) == (409, "enrolment-settled")
        assert (await http.get(here)).json()["declined"] == 2
    assert await nothing_left(stage, attempt, "uploads", "enrolments")


async def test_an_answer_that_is_late_is_refused_at_each_door_recorded_and_not_kept(
    stage: Stage,
) -> None:
    async with somebody(stage) as http:
        attempt = await begun(http)
        here = attempt["links"]["self"]
        await challenged_a_minute_ago(stage, http, attempt)
        assert code(await http.post(f"{here}/upload")) == (410, "challenge-expired")
        await put(stage, upload_key(attempt["enrolment_id"], 1), b"a clip that came late")
        assert code(await http.post(f"{here}/clip", json=SESSION)) == (410, "challenge-expired")
        assert await left_in_store(stage, attempt, "uploads", "enrolments") == []
        assert (await http.get(here)).json()["status"] == "challenged"
        another = await http.post(f"{here}/challenge", json=SESSION)
        assert another.json()["number"] == 2
    assert await declined(stage, attempt) == ["challenge-expired", "challenge-expired"]


async def test_a_cameo_that_is_deleted_ends_its_retakes_wherever_they_are(stage: Stage) -> None:
    async with somebody(stage) as http:
        cameo_id = await enrolled(http)
        body = {"release": a_release()}
        reviewed, open_one = [
            (await http.post(f"/v1/cameos/{cameo_id}/retakes", json=body)).json() for _ in range(2)
        ]
        await http.post(f"{reviewed['links']['self']}/challenge", json=SESSION)
        await handed_in(http, reviewed, a_clip(account_of(http), age_signs="unsure"))
        await settled(http, reviewed, "in-review")
        here = open_one["links"]["self"]
        await http.post(f"{here}/challenge", json=SESSION)
        grant = (await http.post(f"{here}/upload")).json()
        assert await uploaded(grant, a_clip(account_of(http))) == 204
        assert (await http.delete(f"/v1/cameos/{cameo_id}")).status_code == 202
        assert code(await http.post(f"{here}/clip", json=SESSION)) == (410, "cameo-deleted")
        assert await declined(stage, open_one) == ["cameo-deleted"]
        for attempt in (reviewed, open_one):
            view = await settled(http, attempt)
            assert (view["status"], view["closed_because"]) == ("closed", "cameo-deleted")
            assert await nothing_left(stage, attempt, "uploads", "enrolments", "likeness")
        again = await http.post(f"/v1/cameos/{cameo_id}/retakes", json=body)
        assert code(again) == (410, "cameo-deleted")


@pytest.mark.parametrize(
    ("age_band", "expected"),
    [("under_13", (403, "enrolment-under-age")), (None, (403, "age-band-unknown"))],
)
async def test_a_child_and_somebody_of_unknown_age_are_refused_before_anything_is_kept(
    stage: Stage, age_band: str | None, expected: tuple[int, str]
) -> None:
    async with somebody(stage, age_band) as http:
        body = {"kind": "person", "release": a_release()}
        assert code(await http.post("/v1/cameos", json=body)) == expected


async def test_the_same_key_begins_one_attempt(stage: Stage) -> None:
    async with somebody(stage) as http:
        body, key = {"kind": "pet", "release": a_release("pet")}, {"Idempotency-Key": "once"}
        first, again = [await http.post("/v1/cameos", json=body, headers=key) for _ in range(2)]
        assert first.content == again.content
        other = {"kind": "object", "release": a_release("object")}
        reused = await http.post("/v1/cameos", json=other, headers=key)
        assert code(reused) == (422, "idempotency-key-reused")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"retention_days": 0}, "release.retention_days"),
        ({"retention_days": 10**9}, "release.retention_days"),
        ({"signature": ""}, "release.signature"),
        ({"stores": ["everything"]}, "release.stores.0"),
        ({"text_sha256": "none"}, "release.text_sha256"),
    ],
)
async def test_a_release_is_held_to_its_limits(
    stage: Stage, changes: dict[str, Any], field: str
) -> None:
    async with somebody(stage) as http:
        body = {"kind": "person", "release": a_release(**changes)}
        answer = await http.post("/v1/cameos", json=body)
        assert code(answer) == (422, "request-invalid")
        assert answer.json()["errors"][0]["field"] == field


async def test_a_dog_is_enrolled_without_a_challenge(stage: Stage) -> None:
    async with somebody(stage) as http:
        attempt = await begun(http, "pet")
        here = attempt["links"]["self"]
        assert code(await http.post(f"{here}/challenge", json=SESSION)) == (
            409,
            "challenge-not-needed",
        )
        await handed_in(http, attempt, a_clip("rex"))
        assert (await settled(http, attempt))["status"] == "approved"


async def test_a_retake_is_version_two_and_a_deleted_cameo_is_gone(stage: Stage) -> None:
    async with somebody(stage) as http:
        cameo_id = await enrolled(http)
        retake = await http.post(f"/v1/cameos/{cameo_id}/retakes", json={"release": a_release()})
        assert retake.json()["version"] == 2
        attempt = retake.json()
        await http.post(f"{attempt['links']['self']}/challenge", json=SESSION)
        await handed_in(http, attempt, a_clip(account_of(http)))
        await settled(http, attempt, "approved")
        deleted = await http.delete(f"/v1/cameos/{cameo_id}")
        assert deleted.status_code == 202, deleted.text
        assert code(await http.get(f"/v1/cameos/{cameo_id}")) == (410, "cameo-deleted")
        assert await nothing_left(stage, attempt, "likeness")


async def test_who_turns_out_to_be_a_child_has_no_cameo_of_a_person_any_longer(
    stage: Stage,
) -> None:
    async with somebody(stage) as http:
        attempt = await begun(http)
        await http.post(f"{attempt['links']['self']}/challenge", json=SESSION)
        await handed_in(http, attempt, a_clip(account_of(http)))
        await settled(http, attempt, "approved")
        pet = await begun(http, "pet")
        await handed_in(http, pet, a_clip("rex"))
        await settled(http, pet, "approved")
        child = {"age_band": "under_13"}
        for _ in ("once", "again"):
            assert (await http.put("/v1/accounts/me/age-band", json=child)).status_code == 204
        assert code(await http.get(f"/v1/cameos/{attempt['cameo_id']}")) == (410, "cameo-deleted")
        assert await nothing_left(stage, attempt, "likeness")
        assert (await http.get(f"/v1/cameos/{pet['cameo_id']}")).status_code == 200


async def test_staff_decides_about_a_known_face_and_nobody_else_does(stage: Stage) -> None:
    key = issue_key(stage.settings.keys_file, "staff-desk")
    async with somebody(stage) as anna, somebody(stage) as ben:
        cameo_id = await enrolled(anna)
        attempt = await begun(ben)
        await ben.post(f"{attempt['links']['self']}/challenge", json=SESSION)
        await handed_in(ben, attempt, a_clip(account_of(anna)))
        view = await settled(ben, attempt, "in-review")
        assert "others" not in str(view["checks"]), "whom it resembles is not for the claimant"
        async with asyncio.timeout(20):
            while not (await anna.get(f"/v1/cameos/{cameo_id}")).json()["suspended"]:
                await asyncio.sleep(0.05)
        decision = {"reviewer": "r-17", "decision": "refuse", "reason": "impostor"}
        here = f"/v1/reviews/{attempt['enrolment_id']}"
        assert code(await ben.post(here, json=decision)) == (403, "key-not-staff")
        async with stage.caller(key=key) as staff:
            async with asyncio.timeout(20):
                while not (items := (await staff.get("/v1/reviews?limit=100")).json()["items"]):
                    await asyncio.sleep(0.05)
            [item] = [each for each in items if each["enrolment_id"] == attempt["enrolment_id"]]
            assert (item["checks"], item["others"]) == (["not-enrolled"], [cameo_id])
            assert (await staff.post(here, json=decision)).status_code == 200
            await settled(ben, attempt, "refused")
            again = await staff.post(here, json=decision)
            assert again.status_code == 409
            nothing = await staff.post(f"/v1/reviews/{an_id('enr', 99)}", json=decision)
            assert code(nothing) == (404, "enrolment-unknown")
        assert not (await anna.get(f"/v1/cameos/{cameo_id}")).json()["suspended"]


async def test_staff_decides_once_more_about_two_who_are_enrolled(stage: Stage) -> None:
    key = issue_key(stage.settings.keys_file, "staff-again")
    async with somebody(stage) as anna, somebody(stage) as ben, stage.caller(key=key) as staff:
        other, cameo_id = await enrolled(anna), await enrolled(ben)
        await reopened(stage, cameo_id, other)
        cameo = (await stage.doors.ledger.state(CAMEO, cameo_id)).state
        assert isinstance(cameo, Castable)
        here = f"/v1/reviews/{cameo.versions[1].enrolment_id}"
        async with asyncio.timeout(20):
            while not await in_queue(staff, here, [other]):
                await asyncio.sleep(0.05)
        for http, each in ((anna, other), (ben, cameo_id)):
            assert (await http.get(f"/v1/cameos/{each}")).json()["suspended"]
        decision = {"reviewer": "r-17", "decision": "refuse", "reason": "impostor"}
        answer = await staff.post(here, json=decision)
        assert (answer.status_code, answer.json()["status"]) == (200, "suspended")
        assert not (await anna.get(f"/v1/cameos/{other}")).json()["suspended"]
        assert (await ben.get(f"/v1/cameos/{cameo_id}")).json()["suspended"]
        assert (await staff.post(here, json=decision)).status_code == 409
        async with asyncio.timeout(20):
            while await in_queue(staff, here, [other]):
                await asyncio.sleep(0.05)


async def reopened(stage: Stage, cameo_id: str, other: str) -> None:
    """A better detector saw the other one in this cameo."""
    cameo = (await stage.doors.ledger.state(CAMEO, cameo_id)).state
    assert isinstance(cameo, Castable)
    await ReopenedReviews(stage.doors.ledger).open(
        cameo,
        cameo.versions[1],
        [other],
        stage.doors.draw("cmd"),
        stage.doors.clock(),
        Context("client/test", "test"),
    )


async def in_queue(staff: httpx.AsyncClient, review: str, others: list[str]) -> bool:
    """Whether humans are asked for this review, because of these cameos."""
    items = (await staff.get("/v1/reviews?limit=100")).json()["items"]
    asked = [each["others"] for each in items if review.endswith(each["enrolment_id"])]
    assert asked in ([], [others])
    return bool(asked)


async def test_lists_show_ones_own_attempts_and_cameos(stage: Stage) -> None:
    async with somebody(stage) as http:
        cameo_id = await enrolled(http)
        async with asyncio.timeout(10):
            while not (items := (await http.get("/v1/cameos")).json()["items"]):
                await asyncio.sleep(0.05)
        [item] = items
        assert (item["cameo_id"], item["version"], item["tier"]) == (cameo_id, 1, "only-me")
        [attempt] = (await http.get("/v1/enrolments")).json()["items"]
        assert (attempt["cameo_id"], attempt["status"]) == (cameo_id, "approved")
