"""A caller of the API, as a backend team would write one; the demo and tests speak through it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Self

import httpx

from infra.errors import UserError

PATIENCE: Final = httpx.Timeout(30.0, connect=5.0)
ENDINGS: Final = frozenset({"completed", "failed", "cancelled"})

Json = dict[str, Any]


@dataclass(frozen=True)
class ServerSentEvent:
    """One event of a stream: its name, its id and its data."""

    name: str
    id: str
    data: Json


class Caller:
    """Speaks HTTP for one account of one client application."""

    def __init__(self, http: httpx.AsyncClient, account_id: str | None = None) -> None:
        self._http, self.account_id = http, account_id

    @classmethod
    @asynccontextmanager
    async def connected(cls, url: str, key: str) -> AsyncIterator[Self]:
        """A caller with a newly opened account."""
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE) as http:
            caller = cls(http)
            await caller.open_account()
            yield caller

    async def open_account(self) -> str:
        """Open an account and act for it from now on."""
        answer = await self._ask("POST", "/v1/accounts")
        account_id: str = answer["account_id"]
        self.account_id = account_id
        return account_id

    async def request(self, brief: Mapping[str, Any], key: str | None = None) -> str:
        """Ask for a video; the generation's id, once the request is recorded."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = await self._ask("POST", "/v1/generations", json=dict(brief), headers=headers)
        generation_id: str = answer["generation_id"]
        return generation_id

    async def generation(self, generation_id: str) -> Json:
        """How a generation stands."""
        return await self._ask("GET", f"/v1/generations/{generation_id}")

    async def cancel(self, generation_id: str) -> Json:
        """Ask a generation to stop."""
        return await self._ask("POST", f"/v1/generations/{generation_id}/cancel")

    async def feed(self) -> list[Json]:
        """The newest videos."""
        return list((await self._ask("GET", "/v1/feed"))["items"])

    async def notices(self) -> list[Json]:
        """What this account was told."""
        return list((await self._ask("GET", "/v1/notices"))["items"])

    async def video(self, video_id: str) -> Json:
        """What is known of a video."""
        return await self._ask("GET", f"/v1/videos/{video_id}")

    async def content(self, video_id: str, variant: str = "film") -> bytes:
        """The bytes of a video's film, poster or contact sheet, from its short-lived address."""
        address = await self._ask(
            "GET", f"/v1/videos/{video_id}/content?variant={variant}&redirect=false"
        )
        async with httpx.AsyncClient(timeout=PATIENCE) as reader:
            answer = await reader.get(address["address"])
            answer.raise_for_status()
            return answer.content

    async def request_export(self, video_id: str) -> Json:
        """Ask for a copy of a video for outside."""
        return await self._ask("POST", f"/v1/videos/{video_id}/exports")

    async def export(self, video_id: str, export_id: str) -> Json:
        """How a copy for outside stands."""
        return await self._ask("GET", f"/v1/videos/{video_id}/exports/{export_id}")

    async def export_content(self, video_id: str, export_id: str) -> bytes:
        """The bytes of a copy for outside, from its short-lived address."""
        path = f"/v1/videos/{video_id}/exports/{export_id}/content"
        address = await self._ask("GET", path)
        async with httpx.AsyncClient(timeout=PATIENCE) as reader:
            answer = await reader.get(address["address"])
            answer.raise_for_status()
            return answer.content

    async def events(self, generation_id: str) -> AsyncIterator[ServerSentEvent]:
        """The event stream of a generation, until it is settled."""
        path = f"/v1/generations/{generation_id}/events"
        async with self._http.stream("GET", path, headers=self._headers()) as answer:
            if answer.is_error:
                await answer.aread()
                raise self.problem(answer)
            fields: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(":")
                if line == "" and "data" in fields:
                    yield ServerSentEvent(
                        fields.get("event", "message"),
                        fields.get("id", ""),
                        json.loads(fields["data"]),
                    )
                    fields = {}
                elif name:
                    fields[name] = value.removeprefix(" ")

    async def _ask(self, method: str, path: str, **more: Any) -> Json:
        headers = self._headers() | more.pop("headers", {})
        answer = await self._http.request(method, path, headers=headers, **more)
        if answer.is_error:
            raise self.problem(answer)
        found: Json = answer.json()
        return found

    @staticmethod
    def problem(answer: httpx.Response) -> ProblemAnswer:
        """What a refused request is told, as one sentence."""
        return _problem(answer)

    def _headers(self) -> dict[str, str]:
        return {"Callsheet-Account": self.account_id} if self.account_id else {}


class ProblemAnswer(UserError):
    """The API answered with a problem document; ``status`` and ``code`` say which."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.code = status, code


def _problem(answer: httpx.Response) -> ProblemAnswer:
    try:
        problem = answer.json()
        title, detail = str(problem["title"]), str(problem["detail"])
        told = detail if detail.startswith(title) else f"{title} {detail}"
        sentence = f"{told} {problem['next_step']}"
        return ProblemAnswer(answer.status_code, str(problem["code"]), sentence)
    except (ValueError, KeyError, TypeError):
        sentence = f"{answer.request.url.path} answered {answer.status_code} without a reason."
        return ProblemAnswer(answer.status_code, "unexplained", sentence)
