"""Requests as those who run the server see them: counted, logged, traced, and without words."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
import structlog

from infra.telemetry import logs
from tests.infra.api.conftest import Stage, served
from tests.infra.api.test_generations import BOAT, settled
from workflows.contracts import generation_workflow_id

pytestmark = pytest.mark.servers

CANARY = "kanarienvogel-7Q"
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def written(stage: Stage) -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    logs.configure(stage.settings.filled(log_format="json", log_level="debug"), "api", stream)
    yield stream
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


async def test_requests_are_counted_by_the_template_of_their_route(
    stage: Stage, caller: httpx.AsyncClient
) -> None:
    await caller.get("/v1/generations/gen_01K0ABCDEFGHJKMNPQRSTVWXYZ")
    await caller.get(f"/v1/{CANARY}")
    text = (await caller.get("/metrics")).text
    counted = 'route="/v1/generations/{generation_id}",method="GET",status="404"'
    reordered = 'method="GET",route="/v1/generations/{generation_id}",status="404"'
    assert counted in text or reordered in text
    assert 'route="unmatched"' in text
    assert CANARY not in text


async def test_a_prompt_is_in_no_log_no_id_no_search_attribute_and_no_readable_payload(
    stage: Stage, caller: httpx.AsyncClient, written: io.StringIO
) -> None:
    brief = BOAT | {"prompt": f"a boat named {CANARY}"}
    answer = await caller.post(
        "/v1/generations", json=brief, headers={"Idempotency-Key": "with-a-name"}
    )
    generation_id = answer.json()["generation_id"]
    assert (await settled(caller, generation_id))["status"] == "completed"
    await caller.post("/v1/generations", json=brief | {"width": 1, CANARY: CANARY})
    await caller.get(f"/v1/generations/{CANARY}?cursor={CANARY}")

    assert "/v1/generations" in written.getvalue()
    assert all(json.loads(line)["role"] == "api" for line in written.getvalue().splitlines())
    assert CANARY not in written.getvalue()
    handle = stage.doors.client.get_workflow_handle(generation_workflow_id(generation_id))
    described = await handle.describe()
    assert CANARY not in str(described.raw_description)
    assert CANARY not in (await handle.fetch_history()).to_json()


async def test_the_trace_of_the_caller_reaches_the_event(
    stage: Stage, caller: httpx.AsyncClient
) -> None:
    parent = f"00-{TRACE}-b7ad6b7169203331-01"
    answer = await caller.post("/v1/generations", json=BOAT, headers={"traceparent": parent})
    recorded = await stage.log.read_stream(f"generation-{answer.json()['generation_id']}")
    assert recorded[0].metadata.traceparent is not None
    assert TRACE in recorded[0].metadata.traceparent
    assert recorded[0].metadata.actor == "client/app"


async def test_an_error_that_nobody_foresaw_is_a_500_without_words(
    stage: Stage, caller: httpx.AsyncClient, written: io.StringIO
) -> None:
    class Broken:
        async def list(self, *_: object) -> None:
            raise KeyError(CANARY)

    broken = replace(stage.doors, generations=Broken())  # type: ignore[arg-type]  # meant to break
    async with served(broken) as url, httpx.AsyncClient(headers=caller.headers) as other:
        answer = await other.get(f"{url}/v1/generations")
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert CANARY not in answer.text
    await asyncio.sleep(0)
    assert CANARY not in written.getvalue()
    assert "KeyError" in written.getvalue()
