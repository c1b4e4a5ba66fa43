"""The settings of a reasoning model reach it: its address, its key, its name, and its patience."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from activities.moderation.default_policy import default_policy
from activities.moderation.endpoint import NAME
from activities.moderation.material import Material
from activities.moderation.screener import MEANING
from domain.generation.brief import Brief, Shot
from domain.moderation.gates import judged
from domain.moderation.verdict import Context, Verdict
from infra.bootstrap import open_screener
from infra.settings import Settings

POLICY = default_policy().model_copy(update={"required": ()})
HARMLESS = "a boat sails at dawn"
MATERIAL = Material(brief=Brief(prompt=HARMLESS, shots=(Shot(prompt=HARMLESS, seconds=5),)))
QUICK = frozenset({"words", "names", NAME})
"""All who look at words but the one whose model takes a second to load."""


class Model:
    """An endpoint with OpenAI's chat completions that finds a violation in every boat."""

    def __init__(self) -> None:
        self.asked: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.silent = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *rest = head.strip().split("\r\n")
        headers = {name.lower(): told for name, told in (each.split(": ", 1) for each in rest)}
        headers["line"] = line
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        self.asked.append((headers, body))
        if self.silent:
            await reader.read()  # until the caller has had enough
        else:
            seal = json.loads(body["messages"][1]["content"])["seal"]
            said = {"seal": seal, "violates": True, "clause": "VIO-1", "confidence": 95}
            message = {"content": json.dumps(said | {"place": "prompt", "quote": "boat"})}
            answer = json.dumps({"choices": [{"message": message}]}).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % len(answer))
            writer.write(b"Content-Type: application/json\r\nConnection: close\r\n\r\n" + answer)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def served(model: Model) -> AsyncIterator[str]:
    """Where the model answers."""
    async with await asyncio.start_server(model.serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"


def told(monkeypatch: pytest.MonkeyPatch, home: Path, **variables: str) -> Settings:
    """The settings as whoever runs the service gives them."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("CALLSHEET_HOME", str(home))
    for name, value in variables.items():
        monkeypatch.setenv(f"CALLSHEET_MODERATION_{name}", value)
    return Settings.read()


async def verdict(settings: Settings) -> Verdict:
    async with open_screener(settings) as screener:
        found = await screener.under(POLICY).words(MATERIAL, QUICK)
    return judged(found, POLICY, Context(content_sha256=MATERIAL.sha256))


async def test_a_model_that_the_settings_name_is_asked_and_its_clause_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model()
    async with served(model) as url:
        given = {"URL": url, "KEY": "s3cret", "MODEL": "guard-1"}
        found = await verdict(told(monkeypatch, tmp_path, **given))
    assert (found.outcome, found.clause) == ("block", "VIO-1")
    assert found.grounds[0].detector.name == NAME
    assert found.grounds[0].detector.version.startswith("guard-1 ")
    (headers, body), *_ = model.asked
    assert headers["line"].startswith("POST /v1/chat/completions ")
    assert (headers["authorization"], body["model"]) == ("Bearer s3cret", "guard-1")
    assert "VIO-1" in body["messages"][0]["content"]


async def test_a_model_that_is_silent_longer_than_the_settings_allow_is_a_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model()
    model.silent = True
    async with served(model) as url:
        found = await verdict(told(monkeypatch, tmp_path, URL=url, SECONDS_MAX="0.1"))
    assert (found.outcome, found.category) == ("hold", "unexamined")


async def test_without_an_address_no_model_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_screener(told(monkeypatch, tmp_path, KEY="s3cret")) as screener:
        assert NAME not in screener.versions
        assert MEANING in screener.versions
    assert (await verdict(told(monkeypatch, tmp_path))).outcome == "allow"
