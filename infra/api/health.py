"""Health: alive, ready, and the figures that Prometheus collects."""

from __future__ import annotations

import asyncio
from typing import Final, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from infra.api.auth import KeyRequired
from infra.api.deadlines import NAMES, Part, asking
from infra.api.declared import problems
from infra.api.doors import Doors, doors_of
from infra.api.problems import FieldProblem, Trouble
from infra.telemetry.metrics import CONTENT_TYPE

router = APIRouter(tags=["health"])

_UNCACHED: Final = {"Cache-Control": "no-store"}


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """Every part answers."""

    status: Literal["ready"] = "ready"
    parts: dict[str, Literal["ready"]]


@router.get("/healthz", summary="Alive?")
async def healthz() -> Alive:
    """Whether the process answers at all. Asks nobody else."""
    return Alive()


@router.get("/readyz", responses=problems(503, key=False), summary="Ready?")
async def readyz(request: Request, response: Response) -> Ready:
    """Whether every part that requests need can be reached; 503 names those that cannot."""
    doors = doors_of(request)
    parts: list[Part] = list(doors.checks)
    found = await asyncio.gather(*(_check(doors, part) for part in parts))
    if away := [each for each in found if each]:
        names = ", ".join(each.field for each in away)
        raise Trouble("not-ready", f"Not ready: {names}.", errors=away, headers=_UNCACHED)
    response.headers.update(_UNCACHED)
    return Ready(parts=dict.fromkeys(parts, "ready"))


async def _check(doors: Doors, part: Part) -> FieldProblem | None:
    try:
        async with asking(part, doors.limits.readiness_seconds_max):
            await doors.checks[part]()
    except Trouble as trouble:
        return FieldProblem(field=part, message=trouble.detail)
    except Exception as error:  # noqa: BLE001 whatever it is, the part does not work
        return FieldProblem(field=part, message=f"{NAMES[part]}: {type(error).__name__}.")
    return None


@router.get(
    "/metrics",
    dependencies=[KeyRequired],
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **problems(),
    },
    summary="Figures for Prometheus",
)
async def metrics(request: Request) -> Response:
    """This process's metrics. Prometheus sends the key with `authorization.credentials_file`."""
    return Response(doors_of(request).metrics.exposition(), headers={"Content-Type": CONTENT_TYPE})
