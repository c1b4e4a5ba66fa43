"""The API keeps to its own description: random requests within and outside it, and its page."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import httpx
import pytest

from infra.api.auth import FREE_PATHS, OPEN_PATHS
from infra.api.problems import KINDS
from tests.infra.api import random_requests
from tests.infra.api.conftest import Stage

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[3]


async def test_every_route_but_health_this_description_and_verify_needs_a_key(stage: Stage) -> None:
    async with httpx.AsyncClient(base_url=stage.url) as anybody:
        schema = (await anybody.get("/openapi.json")).json()
        asked = 0
        for path, verbs in schema["paths"].items():
            for verb in verbs:
                answer = await anybody.request(verb, re.sub(r"{\w+}", "x", path))
                if path in OPEN_PATHS:
                    assert answer.status_code == 200
                elif path in FREE_PATHS:
                    assert answer.json()["code"] == "not-a-film"
                else:
                    assert answer.status_code == 401, (verb, path)
                    asked += 1
        assert asked >= 10
        for path in ("/nowhere", "/v1", "/openapi.json/", "/healthz/x", "/metrics"):
            assert (await anybody.get(path)).status_code == 401, path


async def test_the_page_lists_every_operation_and_problem_and_loads_nothing(stage: Stage) -> None:
    async with httpx.AsyncClient(base_url=stage.url) as anybody:
        page = (await anybody.get("/docs")).text
        schema = (await anybody.get("/openapi.json")).json()
    for path in schema["paths"]:
        assert f"<code>{path}</code>" in page
    for code in KINDS:
        assert f'<tr id="{code}">' in page
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page)


async def test_every_declared_problem_is_one(stage: Stage) -> None:
    async with httpx.AsyncClient(base_url=stage.url) as anybody:
        schema = (await anybody.get("/openapi.json")).json()
    assert "HTTPValidationError" not in schema["components"]["schemas"]
    for verbs in schema["paths"].values():
        for operation in verbs.values():
            assert operation["summary"]
            assert operation["description"]
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"]


async def test_random_requests_get_answers_that_the_description_knows(
    stage: Stage, caller: httpx.AsyncClient
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", random_requests.__name__),
        *(stage.url, stage.key, caller.headers["Callsheet-Account"]),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 240)
    assert process.returncode == 0, said.decode()
    assert int(said.split()[-1]) > 100
