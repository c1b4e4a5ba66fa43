"""A caller of the API for cameos and consent, as a backend team would write one."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Self

import httpx

from infra.cli.caller import PATIENCE, Caller, Json
from infra.errors import UserError

SETTLED: Final = frozenset({"approved", "refused", "closed", "in-review"})
RELEASE: Final = """\
I am the person in this clip, or I own the pet or object in it. I agree that Callsheet stores my
clip until it has been examined; that it stores pictures, a short clip and a sample of my voice for
making videos that I permit, and templates of my face and voice to find impostors, sealed and for
{days} days at most. I can delete all of it at any time, and I decide who may cast me.
"""
_TEMPLATES: Final = ("face-template", "voice-template")
_LOOK_SECONDS: Final = 0.2


def release(kind: str, days: int, signature: str) -> Json:
    """The release whose words were shown, as it is signed."""
    person = kind == "person"
    return {
        "text_version": "laptop-1",
        "text_sha256": hashlib.sha256(RELEASE.format(days=days).encode()).hexdigest(),
        "stores": ["clip", "references", *(_TEMPLATES if person else ())],
        "purposes": ["enrolment-checks", "generation", *(["duplicate-search"] if person else [])],
        "retention_days": days,
        "signature": signature,
    }


class CameoCaller(Caller):
    """Enrols cameos, sets consent, and asks."""

    @classmethod
    @asynccontextmanager
    async def acting(cls, url: str, key: str, account_id: str | None) -> AsyncIterator[Self]:
        """A caller for an account that is known, or for a newly opened one."""
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE) as http:
            caller = cls(http, account_id)
            if account_id is None:
                await caller.open_account()
            yield caller

    async def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """One request with a JSON body; an empty answer is an empty object."""
        headers = self._headers() | {"Idempotency-Key": secrets.token_hex(16)}
        if method != "POST":
            del headers["Idempotency-Key"]
        answer = await self._http.request(method, path, headers=headers, json=body)
        if answer.is_error:
            raise self.problem(answer)
        found: Json = answer.json() if answer.content else {}
        return found

    async def enrol(self, kind: str, signature: str, days: int = 365) -> Json:
        """Begin an attempt with a signed release."""
        body = {"kind": kind, "release": release(kind, days, signature)}
        return await self.ask("POST", "/v1/cameos", body)

    async def upload(self, enrolment: Json, clip: Path) -> None:
        """Send the clip straight to the store."""
        grant = await self.ask("POST", f"{enrolment['links']['self']}/upload")
        size = clip.stat().st_size
        if not 0 < size <= grant["bytes_max"]:
            raise UserError(f"{clip} has {size} bytes; the limit is {grant['bytes_max']}.")
        async with httpx.AsyncClient(timeout=PATIENCE) as store:
            with clip.open("rb") as file:
                part = (clip.name, file, grant["fields"]["Content-Type"])
                answer = await store.post(
                    grant["address"], data=grant["fields"], files={"file": part}
                )
        if answer.is_error:
            raise UserError(f"The store refused the clip with {answer.status_code}.")

    async def checks(self, enrolment: Json, seconds_max: float) -> AsyncIterator[Json]:
        """How the attempt stands, each time that something is new, until it is decided."""
        seen: object = None
        async with asyncio.timeout(seconds_max):
            while True:
                view = await self.ask("GET", enrolment["links"]["self"])
                news = (view["status"], len(view["checks"]))
                if news != seen:
                    seen = news
                    yield view
                if view["status"] in SETTLED:
                    return
                await asyncio.sleep(_LOOK_SECONDS)

    async def settled(
        self, enrolment: Json, tell: Callable[[Json], None], seconds_max: float = 120
    ) -> Json:
        """The attempt once it is decided; ``tell`` hears of each change."""
        view: Json = {}
        async for view in self.checks(enrolment, seconds_max):
            tell(view)
        return view

    async def permitted(self, *cameo_ids: str, **more: Any) -> Json:
        """What the consent check says to a cast."""
        cast = [{"cameo_id": each} for each in cameo_ids]
        return await self.ask("POST", "/v1/consents:check", {"cast": cast, **more})
