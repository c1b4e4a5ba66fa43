"""What the tests of cameos and consent ask of the door, in their words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.infra.api.conftest import Stage
from tests.workflows.examiner import a_clip

SESSION = {"session": "a session of the application"}


def a_release(kind: str = "person", **changes: Any) -> dict[str, Any]:
    """A signed release as an application sends it."""
    person = kind == "person"
    templates = ["face-template", "voice-template"] if person else []
    return {
        "text_version": "2026-11",
        "text_sha256": "a" * 64,
        "stores": ["clip", "references", *templates],
        "purposes": ["enrolment-checks", "generation", *(["duplicate-search"] if person else [])],
        "retention_days": 365,
        "signature": "A. Example",
        **changes,
    }


@asynccontextmanager
async def somebody(
    stage: Stage, age_band: str | None = "adult"
) -> AsyncIterator[httpx.AsyncClient]:
    """A caller who acts for a new account of this age."""
    async with stage.caller() as http:
        opened = await http.post("/v1/accounts")
        http.headers["Callsheet-Account"] = opened.json()["account_id"]
        if age_band:
            declared = await http.put("/v1/accounts/me/age-band", json={"age_band": age_band})
            assert declared.status_code == 204, declared.text
        yield http


def account_of(http: httpx.AsyncClient) -> str:
    """The account that a caller acts for."""
    return str(http.headers["Callsheet-Account"])


async def begun(http: httpx.AsyncClient, kind: str = "person") -> dict[str, Any]:
    """An attempt that has begun."""
    body = {"kind": kind, "release": a_release(kind)}
    answer = await http.post("/v1/cameos", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def uploaded(grant: dict[str, Any], clip: bytes) -> int:
    """The status of an upload with this leave."""
    async with httpx.AsyncClient() as stranger:
        file = ("clip.mp4", clip, grant["fields"]["Content-Type"])
        answer = await stranger.post(grant["address"], data=grant["fields"], files={"file": file})
        return answer.status_code


async def handed_in(http: httpx.AsyncClient, attempt: dict[str, Any], clip: bytes) -> None:
    """The attempt's clip, uploaded and handed in."""
    here = attempt["links"]["self"]
    grant = await http.post(f"{here}/upload")
    assert grant.status_code == 200, grant.text
    assert await uploaded(grant.json(), clip) == 204
    answer = await http.post(f"{here}/clip", json=SESSION)
    assert answer.status_code == 202, answer.text


async def settled(http: httpx.AsyncClient, attempt: dict[str, Any], *stages: str) -> dict[str, Any]:
    """How the attempt stands once it has come to one of these."""
    async with asyncio.timeout(20):
        while True:
            view: dict[str, Any] = (await http.get(attempt["links"]["self"])).json()
            if view["status"] in (stages or ("approved", "refused", "closed")):
                return view
            await asyncio.sleep(0.05)


async def enrolled(http: httpx.AsyncClient, clip: bytes | None = None) -> str:
    """The id of a cameo of this caller: a face that nobody else has, unless a clip is given."""
    attempt = await begun(http)
    challenge = await http.post(f"{attempt['links']['self']}/challenge", json=SESSION)
    assert challenge.status_code == 200, challenge.text
    await handed_in(http, attempt, clip or a_clip(account_of(http)))
    view = await settled(http, attempt)
    assert view["status"] == "approved", view
    return str(attempt["cameo_id"])
