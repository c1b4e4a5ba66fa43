"""Copies for outside and takedowns at the door: what left can be fetched until it is taken down."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests import words
from tests.infra.api.conftest import Stage
from tests.infra.api.test_generations import BOAT, settled

pytestmark = pytest.mark.servers


async def a_video(caller: httpx.AsyncClient) -> str:
    generation_id = (await caller.post("/v1/generations", json=BOAT)).json()["generation_id"]
    view = await settled(caller, generation_id)
    assert view["video_id"], view
    return str(view["video_id"])


async def ended(caller: httpx.AsyncClient, address: str) -> dict[str, Any]:
    for _ in range(200):
        view: dict[str, Any] = (await caller.get(address)).json()
        if view["status"] != "requested":
            return view
        await asyncio.sleep(0.05)
    raise AssertionError(f"not ended: {view}")


async def shown_to_kids_too(caller: httpx.AsyncClient, video_id: str) -> None:
    """Place a video, and see it there at once."""
    here = f"/v1/videos/{video_id}"
    unfit = await caller.post(f"{here}/surfaces", json={"surface": "Kids & Co"})
    assert code(unfit) == (422, "request-invalid")
    placed = await caller.post(f"{here}/surfaces", json={"surface": "kids"})
    assert placed.status_code == 200, placed.text
    verdict = placed.json()["verdict"]
    assert (placed.json()["status"], verdict["gate"]) == ("shown", "elsewhere")
    assert (verdict["surface"], verdict["status"]) == ("kids", "allowed")
    assert (await caller.get(here)).json()["surfaces"] == ["feed", "kids"]
    for surface, found in (("kids", True), ("feed", True), ("club", False)):
        page = (await caller.get("/v1/feed", params={"surface": surface, "limit": 100})).json()
        assert (video_id in [each["video_id"] for each in page["items"]]) == found


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def test_a_copy_is_fetched_once_it_is_proven_and_not_after_a_takedown(
    stage: Stage, caller: httpx.AsyncClient
) -> None:
    video_id = await a_video(caller)
    await shown_to_kids_too(caller, video_id)
    asked = await caller.post(f"/v1/videos/{video_id}/exports")
    assert asked.status_code == 202, asked.text
    view = await ended(caller, asked.json()["links"]["self"])
    assert view["status"] == "completed"
    assert {"manifest", "picture-mark", "visible-mark"} <= set(view["layers"])
    content = (await caller.get(view["links"]["content"])).json()
    async with httpx.AsyncClient() as anybody:
        copy = await anybody.get(content["address"])
    assert copy.content == f"copy {view['export_id']}".encode()
    given = [content["address"]]
    for variant in ("film", "poster", "contact-sheet"):
        here = f"/v1/videos/{video_id}/content?variant={variant}&redirect=false"
        given.append((await caller.get(here)).json()["address"])

    async with stage.caller(caller.headers["Callsheet-Account"]) as again:
        down = await again.post(f"/v1/videos/{video_id}/takedown", json={"reason": "owner-asked"})
        assert (down.status_code, down.json()["status"]) == (202, "taken-down")
        for address in (
            f"/v1/videos/{video_id}",
            f"/v1/videos/{video_id}/content",
            view["links"]["content"],
        ):
            assert code(await again.get(address)) == (410, "video-taken-down"), address
        asked = await again.post(f"/v1/videos/{video_id}/exports")
        assert code(asked) == (410, "video-taken-down")
        down = await again.post(f"/v1/videos/{video_id}/takedown", json={"reason": "owner-asked"})
        assert down.status_code == 202
    for address in given:  # those that were given out before end too
        assert await gone(address), address


async def gone(address: str) -> bool:
    """Whether an address of the store leads nowhere, a moment after a takedown at the latest."""
    async with httpx.AsyncClient() as anybody:
        for _ in range(200):
            if (await anybody.get(address)).status_code == 404:
                return True
            await asyncio.sleep(0.05)
    return False


async def test_other_accounts_neither_export_nor_take_down_nor_see_an_export(
    stage: Stage, caller: httpx.AsyncClient
) -> None:
    video_id = await a_video(caller)
    here = (await caller.post(f"/v1/videos/{video_id}/exports")).json()["links"]["self"]
    async with stage.caller() as other:
        opened = await other.post("/v1/accounts")
        other.headers["Callsheet-Account"] = opened.json()["account_id"]
        asked = await other.post(f"/v1/videos/{video_id}/exports")
        assert code(asked) == (404, "video-unreleased")
        taken = await other.post(f"/v1/videos/{video_id}/takedown", json={"reason": "rules-broken"})
        assert code(taken) == (404, "video-unknown")
        assert code(await other.get(here)) == (404, "export-unknown")
    unknown = await caller.post(f"/v1/videos/{words.an_id('vid', 404)}/exports")
    assert code(unknown) == (404, "video-unreleased")
