"""The API as a process of its own: it answers before anything else is up, and leaves when asked."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import httpx

from infra.settings import Settings
from tests.servers import free_port

ROOT = Path(__file__).parents[3]


async def test_it_answers_with_nothing_behind_it_and_stops_when_asked(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path,
        temporal_address=f"127.0.0.1:{free_port()}",
        postgres_url=f"postgresql://nobody@127.0.0.1:{free_port()}/nothing",
        s3_endpoint=f"127.0.0.1:{free_port()}",
        s3_access_key="a",
        s3_secret_key="b",
        api_port=free_port(),
        log_format="json",
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "infra.cli", "run", "api"),
        cwd=ROOT,
        env={**os.environ, **settings.as_environment()},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with httpx.AsyncClient(base_url=settings.api_url) as anybody:
            await _answered(anybody)
            assert (await anybody.get("/readyz")).status_code == 503
            assert (await anybody.get("/v1/feed")).status_code == 401
            # no key was ever issued: a fault of the installation, and nobody gets in
            refused = await anybody.get("/v1/feed", headers={"Authorization": "Bearer csk_x"})
            assert refused.status_code == 503
        began = time.perf_counter()
        process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(process.communicate(), 15)
        assert process.returncode == 0, errors.decode()
        assert time.perf_counter() - began < 10
        assert b"Traceback" not in errors
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _answered(anybody: httpx.AsyncClient) -> None:
    give_up_at = time.monotonic() + 30
    while time.monotonic() < give_up_at:
        try:
            if (await anybody.get("/healthz")).status_code == 200:
                return
        except httpx.TransportError:
            await asyncio.sleep(0.1)
    raise AssertionError("the API never answered")
