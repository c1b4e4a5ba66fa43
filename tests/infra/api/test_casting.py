"""Casts through the door: who is refused hears why at once, and owners see who casts them."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import httpx
import pytest

from tests.infra.api.conftest import Stage
from tests.infra.api.enrolled import account_of, enrolled, somebody
from tests.infra.api.studio import HELD
from tests.infra.api.test_enrolments import code

pytestmark = pytest.mark.servers


async def named(http: httpx.AsyncClient, handle: str, tier: str = "everyone") -> str:
    """A cameo that is cast under a handle."""
    cameo_id = await enrolled(http)
    answer = await http.put(f"/v1/cameos/{cameo_id}/handle", json={"handle": handle})
    assert answer.status_code == 204, answer.text
    await http.put(f"/v1/cameos/{cameo_id}/consent/tier", json={"tier": tier})
    return cameo_id


def a_video(*handles: str) -> dict[str, Any]:
    prompt = f"{' and '.join(handles)} dance"
    return {"prompt": prompt, "sampler": "animatic", "shots": [{"prompt": prompt, "seconds": 1.0}]}


async def appearances(http: httpx.AsyncClient, cameo_id: str, turn: str) -> list[dict[str, Any]]:
    """What an owner sees, once the newest of it has come to this turn."""
    async with asyncio.timeout(20):
        while True:
            answer = await http.get(f"/v1/cameos/{cameo_id}/appearances")
            assert answer.status_code == 200, answer.text
            items: list[dict[str, Any]] = answer.json()["items"]
            if items and items[0]["turn"] == turn:
                return items
            await asyncio.sleep(0.05)


async def test_a_cast_is_answered_with_a_video_receipts_and_news_for_the_owner(
    stage: Stage,
) -> None:
    async with somebody(stage) as anna, somebody(stage) as ben:
        cameo_id = await named(anna, "anna.cast")
        answer = await ben.post("/v1/generations", json=a_video("@anna.cast"))
        assert answer.status_code == 202, answer.text
        [seen] = await appearances(anna, cameo_id, "released")
        assert seen["caster_id"] == account_of(ben)
        receipts = f"/v1/generations/{seen['generation_id']}/receipts"
        assert seen["links"]["receipts"] == receipts
        mine, his = [(await each.get(receipts)).json()["items"] for each in (anna, ben)]
        assert mine == his
        assert [each["receipt"]["cameo_id"] for each in his] == [cameo_id]
        told = (await anna.get("/v1/notices")).json()["items"]
        about = [each["about"] for each in told if each["kind"] == "cast-drafted"]
        assert about == [seen["appearance_id"]]
        stranger = await ben.get(f"/v1/cameos/{cameo_id}/appearances")
        assert code(stranger) == (404, "cameo-unknown")


async def test_who_may_not_cast_is_refused_at_once_and_the_owner_sees_it(stage: Stage) -> None:
    async with somebody(stage) as anna, somebody(stage) as ben:
        cameo_id = await named(anna, "anna.alone", "only-me")
        body = {"cast": [{"handle": "@anna.alone"}]}
        dry = (await ben.post("/v1/consents:check", json=body)).json()
        assert dry["verdicts"][0]["reasons"] == ["not-the-owner"]
        answer = await ben.post("/v1/generations", json=a_video("@anna.alone"))
        assert code(answer) == (403, "cast-not-permitted")
        assert f"{cameo_id}: not-the-owner" in answer.text
        assert "anna.alone" not in answer.text
        [seen] = await appearances(anna, cameo_id, "blocked")
        assert seen["reasons"] == ["not-the-owner"]


async def test_a_handle_that_calls_nobody_is_refused_the_same_way_by_both(stage: Stage) -> None:
    async with somebody(stage) as ben:
        dry = await ben.post("/v1/consents:check", json={"cast": [{"handle": "@nobody.here"}]})
        answer = await ben.post("/v1/generations", json=a_video("@nobody.here"))
        assert code(dry) == code(answer) == (422, "called-unknown")


async def test_a_dry_run_names_each_of_the_cast_once(stage: Stage) -> None:
    async with somebody(stage) as ben:
        for each in ({}, {"handle": "@x.y.z", "cameo_id": "cam_01J00000000000000000000000"}):
            answer = await ben.post("/v1/consents:check", json={"cast": [each]})
            assert answer.status_code == 422


async def test_the_dry_run_looks_for_scenes_that_an_owner_refuses(stage: Stage) -> None:
    async with somebody(stage) as anna, somebody(stage) as ben:
        cameo_id = await named(anna, "anna.calm")
        here = f"/v1/cameos/{cameo_id}/consent"
        limits = (await anna.get(here)).json()["limits"]
        changed = await anna.put(f"{here}/limits", json=limits | {"refused_scenes": ["violence"]})
        assert changed.is_success, changed.text
        body = {"cast": [{"handle": "@anna.calm"}]}
        calm = await ben.post("/v1/consents:check", json=body | {"prompt": "@anna.calm sleeps"})
        wild = await ben.post("/v1/consents:check", json=body | {"prompt": "@anna.calm fights"})
        assert calm.json()["permitted"]
        assert wild.json()["verdicts"][0]["reasons"] == ["scene-refused"]


async def test_the_owner_of_a_cast_looks_at_what_is_made_before_it_is_released(
    stage: Stage,
) -> None:
    async with somebody(stage) as anna, somebody(stage) as ben, somebody(stage) as eve:
        cameo_id = await named(anna, "anna.drafted")
        answer = await ben.post("/v1/generations", json=a_video("@anna.drafted") | {"seed": HELD})
        assert answer.status_code == 202, answer.text
        [seen] = await appearances(anna, cameo_id, "drafted")
        preview, draft = seen["links"]["preview"], seen["links"]["draft"]
        async with asyncio.timeout(20):
            while (look := await anna.get(preview)).status_code != 200:
                assert code(look) == (404, "preview-missing")
                await asyncio.sleep(0.05)
        assert look.headers["content-type"] == "image/jpeg"
        assert (await ben.get(preview)).status_code == 200
        assert code(await eve.get(preview)) == (404, "generation-unknown")
        assert code(await anna.get(draft)) == (404, "draft-missing")
        await ben.post(f"/v1/generations/{seen['generation_id']}/cancel")


async def test_the_owner_of_a_cast_watches_a_film_that_waits_for_a_human(stage: Stage) -> None:
    async with somebody(stage) as anna, somebody(stage) as ben:
        cameo_id = await named(anna, "anna.waits")
        prompt = "@anna.waits rides [film violence 600]"
        body = {"prompt": prompt, "seconds": 1, "width": 64, "height": 64}
        answer = await ben.post("/v1/generations", json=body)
        assert answer.status_code == 202, answer.text
        [seen] = await appearances(anna, cameo_id, "drafted")
        async with asyncio.timeout(20):
            while (film := await anna.get(seen["links"]["draft"])).status_code != 200:
                assert code(film) == (404, "draft-missing")
                await asyncio.sleep(0.05)
        async with httpx.AsyncClient() as anybody:
            fetched = await anybody.get(film.json()["address"])
        assert hashlib.sha256(fetched.content).hexdigest() == film.json()["sha256"]
        assert code(await ben.get(seen["links"]["draft"])) == (404, "generation-unknown")
        await ben.post(f"/v1/generations/{seen['generation_id']}/cancel")


async def test_a_draft_is_seen_by_its_account_and_its_cast_until_it_is_published(
    stage: Stage,
) -> None:
    async with somebody(stage) as anna, somebody(stage) as ben, somebody(stage) as eve:
        cameo_id = await named(anna, "anna.kept")
        body = a_video("@anna.kept") | {"destination": "draft"}
        accepted = await ben.post("/v1/generations", json=body)
        here = f"/v1/generations/{accepted.json()['generation_id']}"
        async with asyncio.timeout(20):
            while (film := await ben.get(f"{here}/draft")).status_code != 200:
                await asyncio.sleep(0.05)
        assert (await anna.get(f"{here}/draft")).json()["sha256"] == film.json()["sha256"]
        assert code(await eve.get(f"{here}/draft")) == (404, "generation-unknown")
        assert code(await anna.post(f"{here}/publish")) == (404, "generation-unknown")
        published = await ben.post(f"{here}/publish")
        assert published.status_code == 202, published.text
        await appearances(anna, cameo_id, "released")
        assert code(await ben.get(f"{here}/draft")) == (404, "draft-missing")


async def test_an_attempt_with_somebody_unknown_is_told_to_the_owners_of_the_others(
    stage: Stage,
) -> None:
    async with somebody(stage) as anna, somebody(stage) as ben:
        cameo_id = await named(anna, "anna.beside")
        answer = await ben.post("/v1/generations", json=a_video("@anna.beside", "@nobody.here"))
        assert code(answer) == (422, "called-unknown")
        [seen] = await appearances(anna, cameo_id, "blocked")
        assert (seen["caster_id"], seen["reasons"]) == (account_of(ben), [])
        assert code(await anna.get(f"/v1/generations/{seen['generation_id']}/preview"))[0] == 404
