"""The consent check over HTTP: one API process on PostgreSQL, asked beside its own health.

Temporal and S3 are not needed to answer, so they are not started. The health request asks nobody,
so it is the floor: what the way to the process and back costs.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from domain.account.account import AccountOpened
from domain.consent.plan import CastPlan
from infra.api.keys import first_key
from infra.cli.consent_crowd import crowd
from infra.cli.consent_proofs import tell_at_once
from infra.cli.consent_worlds import BEGIN
from infra.embedded.ports import PortBook
from infra.eventlog.postgres import PostgresEventLog
from infra.settings import Settings
from infra.supervisor import ready_path

_ROOT: Final = Path(__file__).parents[2]
_START_SECONDS_MAX: Final = 120.0
_STOP_SECONDS_MAX: Final = 20.0
_WARM: Final = 20
_TRIES_MAX: Final = 40


@dataclass(frozen=True)
class Asked:
    """Milliseconds of every request, round by round."""

    checks: list[list[float]]
    floor: list[list[float]]


async def ask_at_the_door(dsn: str, home: Path, requests: int, rounds: int) -> Asked:
    """Put the crowd into the log, start the API, and ask it about the cameo that many want."""
    told, plan = crowd()
    async with PostgresEventLog(dsn) as log:
        opened = AccountOpened(at=BEGIN, account_id=plan.caster_id)
        past = [(each.stream, each.event) for each in told]
        await tell_at_once(log, [(f"account-{plan.caster_id}", opened), *past], "crowd")
    settings = Settings(home=home).filled(
        postgres_url=dsn,
        temporal_address="127.0.0.1:9",
        s3_endpoint="127.0.0.1:9",
        s3_access_key="none",
        s3_secret_key="none",  # noqa: S106 nobody is asked for it
        api_port=PortBook(home).port("api"),
        log_level="error",
    )
    key = _key(settings)
    async with _api(settings), _caller(settings, key, plan) as http:
        body = {"cast": [{"cameo_id": each.cameo_id} for each in plan.cast], "destination": "draft"}
        await _loaded(http, body)

        async def check() -> httpx.Response:
            return await http.post("/v1/consents:check", json=body)

        async def health() -> httpx.Response:
            return await http.get("/healthz")

        for _ in range(_WARM):
            await check()
            await health()
        checks, floor = [], []
        for _ in range(rounds):
            pairs = [(await _spent(check), await _spent(health)) for _ in range(requests)]
            checks.append([one for one, _ in pairs])
            floor.append([other for _, other in pairs])
    return Asked(checks, floor)


async def _loaded(http: httpx.AsyncClient, body: dict[str, Any]) -> None:
    """The stream is read once, page by page; on a slow machine in more than one request."""
    for _ in range(_TRIES_MAX):
        answer = await http.post("/v1/consents:check", json=body)
        if answer.status_code != 503:
            break
    if answer.status_code != 200 or not answer.json()["permitted"]:
        raise RuntimeError(f"The crowd's mutual is not permitted: {answer.text}")


async def _spent(ask: Callable[[], Awaitable[httpx.Response]]) -> float:
    begun = time.perf_counter()
    answer = await ask()
    spent = (time.perf_counter() - begun) * 1000
    answer.raise_for_status()
    return spent


def _key(settings: Settings) -> str:
    path = settings.home / "api-key"
    first_key(settings.keys_file, path)
    return path.read_text(encoding="utf-8").strip()


def _caller(settings: Settings, key: str, plan: CastPlan) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {key}", "Callsheet-Account": plan.caster_id}
    return httpx.AsyncClient(base_url=settings.api_url, headers=headers, timeout=30)


@asynccontextmanager
async def _api(settings: Settings) -> AsyncIterator[None]:
    """The process, as ``up`` starts it, until it is no longer needed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "infra.cli", "run", "api"),
        cwd=_ROOT,
        env={**os.environ, **settings.as_environment()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_START_SECONDS_MAX):
            while not ready_path(settings.home, "api").exists():
                if process.returncode is not None:
                    raise RuntimeError(f"The API ended with {process.returncode} at its start.")
                await asyncio.sleep(0.05)
        yield
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS_MAX)
        except TimeoutError:
            process.kill()
            await process.wait()
