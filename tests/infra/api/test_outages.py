"""What the door says while a server is away, and that nothing is lost when it is back."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from infra.api.doors import Doors, Limits
from infra.api.keys import first_key
from infra.embedded.server import EmbeddedServer
from infra.processes.api import open_doors
from infra.settings import Settings
from infra.telemetry.metrics import Metrics
from tests.infra.api.conftest import Stage, served
from tests.servers import free_port

pytestmark = pytest.mark.servers

BOAT = {"prompt": "a red boat sails at dawn", "seconds": 0.5, "width": 64, "height": 64}


@pytest.fixture(scope="module")
async def lonely() -> AsyncIterator[tuple[str, str, Doors]]:
    """A door with nothing behind it."""
    with tempfile.TemporaryDirectory(prefix="callsheet-lonely-") as home:
        settings = Settings(
            home=Path(home),
            temporal_address=f"127.0.0.1:{free_port()}",
            postgres_url=f"postgresql://nobody@127.0.0.1:{free_port()}/nothing",
            s3_endpoint=f"127.0.0.1:{free_port()}",
            s3_access_key="a",
            s3_secret_key="b",
        )
        key = first_key(settings.keys_file, settings.home / "api-key")
        limits = Limits(readiness_seconds_max=1, recording_seconds_max=2)
        async with open_doors(settings, Metrics(), limits) as doors, served(doors) as url:
            yield url, key, doors


def headers_of(key: str) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {key}",
        "Callsheet-Account": "acc_01K0ABCDEFGHJKMNPQRSTVWXYZ",
    }


async def test_without_any_server_it_is_alive_and_says_what_is_missing(
    lonely: tuple[str, str, Doors],
) -> None:
    url, _, _ = lonely
    async with httpx.AsyncClient(base_url=url) as anybody:
        assert (await anybody.get("/healthz")).json() == {"status": "alive"}
        ready = await anybody.get("/readyz")
        assert ready.status_code == 503
        assert "Retry-After" in ready.headers
        assert {each["field"] for each in ready.json()["errors"]} == {"postgres", "temporal", "s3"}
        assert (await anybody.get("/docs")).status_code == 200


ASKED = [
    ("POST", "/v1/accounts"),
    ("POST", "/v1/generations"),
    ("GET", "/v1/generations"),
    ("GET", "/v1/feed"),
    ("GET", "/v1/notices"),
    ("GET", "/v1/generations/gen_01K0ABCDEFGHJKMNPQRSTVWXYZ/events"),
]


async def test_without_postgres_every_answer_is_a_quick_503_with_a_hint(
    lonely: tuple[str, str, Doors],
) -> None:
    url, key, _ = lonely
    began = time.perf_counter()
    async with httpx.AsyncClient(base_url=url, headers=headers_of(key), timeout=20) as caller:
        answers = await asyncio.gather(
            *(
                caller.request(method, path, json=BOAT if method == "POST" else None)
                for method, path in ASKED
            )
        )
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (503, "dependency-unavailable")
        assert "PostgreSQL" in answer.json()["detail"]
        assert int(answer.headers["Retry-After"]) > 0
    assert time.perf_counter() - began < 5


async def revived(server: EmbeddedServer | None) -> None:
    assert server is not None
    await server.restart()


async def test_a_request_during_an_outage_of_temporal_is_kept_by_its_key(stage: Stage) -> None:
    async with stage.caller() as caller:
        opened = await caller.post("/v1/accounts")
        caller.headers["Callsheet-Account"] = opened.json()["account_id"]
        key = {"Idempotency-Key": "through-the-storm"}
        temporal = stage.servers.temporal
        assert temporal is not None
        temporal.kill()
        began = time.perf_counter()
        answer = await caller.post("/v1/generations", json=BOAT, headers=key)
        assert answer.status_code == 503, answer.text
        assert answer.json()["code"] in ("dependency-unavailable", "workers-unavailable")
        assert "Retry-After" in answer.headers
        assert time.perf_counter() - began < 12
        ready = await caller.get("/readyz")
        assert [each["field"] for each in ready.json()["errors"]] == ["temporal"]
        assert (await caller.get("/v1/feed")).status_code == 200

        await revived(temporal)
        for _ in range(20):
            answer = await caller.post("/v1/generations", json=BOAT, headers=key)
            if answer.status_code == 202:
                break
            await asyncio.sleep(0.3)
        assert answer.status_code == 202, answer.text
        assert (await caller.get(answer.headers["Location"])).status_code == 200
        again = await caller.post("/v1/generations", json=BOAT, headers=key)
        assert again.content == answer.content


async def test_after_an_outage_of_postgres_the_same_process_goes_on(
    stage: Stage, caller: httpx.AsyncClient
) -> None:
    postgres = stage.servers.postgres
    assert postgres is not None
    postgres.kill()
    answer = await caller.get("/v1/generations")
    assert answer.status_code == 503
    await revived(postgres)
    for _ in range(50):
        answer = await caller.get("/v1/generations")
        if answer.status_code == 200:
            break
        await asyncio.sleep(0.1)
    assert answer.status_code == 200
    assert (await caller.get("/readyz")).status_code == 200


async def test_without_the_store_content_is_a_503_and_everything_else_goes_on(
    stage: Stage, caller: httpx.AsyncClient
) -> None:
    generation_id = (await caller.post("/v1/generations", json=BOAT)).json()["generation_id"]
    for _ in range(100):
        view = (await caller.get(f"/v1/generations/{generation_id}")).json()
        if view["status"] == "completed":
            break
        await asyncio.sleep(0.05)
    content = view["links"]["content"]
    store = stage.servers.s3
    assert store is not None
    store.kill()
    try:
        began = time.perf_counter()
        answer = await caller.get(content)
        assert (answer.status_code, answer.json()["code"]) == (503, "dependency-unavailable")
        assert time.perf_counter() - began < 5
        assert (await caller.get(view["links"]["video"])).status_code == 200
    finally:
        await revived(store)
    assert (await caller.get(content)).status_code == 307
