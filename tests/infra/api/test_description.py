"""The API keeps to its own description: random requests within and outside it, and its page."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from infra.api.auth import OPEN_PATHS
from infra.api.problems import KINDS, Problem
from tests.infra.api.conftest import Stage

pytestmark = pytest.mark.servers

EXAMPLES = 8
LEFT_OUT = "/events"  # a stream that lasts as long as its generation; it has tests of its own


async def test_every_route_but_health_and_this_description_needs_a_key(stage: Stage) -> None:
    async with httpx.AsyncClient(base_url=stage.url) as anybody:
        schema = (await anybody.get("/openapi.json")).json()
        asked = 0
        for path, verbs in schema["paths"].items():
            for verb in verbs:
                answer = await anybody.request(verb, re.sub(r"{\w+}", "x", path))
                if path in OPEN_PATHS:
                    assert answer.status_code == 200
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
    headers = {
        "Authorization": f"Bearer {stage.key}",
        "Callsheet-Account": caller.headers["Callsheet-Account"],
    }
    asked = await asyncio.to_thread(_try_everything, stage.url, headers)
    assert asked > 100


def _try_everything(url: str, headers: dict[str, str]) -> int:
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    asked = 0
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        if operation.path.endswith(LEFT_OUT):
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Any) -> None:
                nonlocal asked
                asked += 1
                kept = {
                    name: value
                    for name, value in dict(case.headers or {}).items()
                    if name.lower() not in {"authorization", "callsheet-account"}
                }
                case.headers = kept | headers
                answer = case.call()
                assert answer.status_code < 500, f"{case.as_curl_command()}: {answer.text}"
                if answer.status_code >= 400:
                    assert answer.headers["content-type"] == ["application/problem+json"]
                    Problem.model_validate_json(answer.content)
                try:
                    case.validate_response(
                        answer,
                        checks=[
                            schemathesis.checks.not_a_server_error,
                            *_checks(
                                "status_code_conformance",
                                "content_type_conformance",
                                "response_schema_conformance",
                            ),
                        ],
                    )
                except FailureGroup as failures:
                    raise AssertionError(
                        "; ".join(f"{type(each).__name__}: {each}" for each in failures.exceptions)
                    ) from None

            with suppress(Unsatisfiable):  # an operation without input cannot be asked wrongly
                ask()
    return asked


def _checks(*names: str) -> list[Any]:
    return [getattr(checks, name) for name in names]
