"""The API, built from the doors it is given: routes, the layers before them, and its errors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from infra.api import (
    accounts,
    appearances,
    asks,
    cameos,
    checking,
    consents,
    describe,
    drafts,
    enrolments,
    events,
    exports,
    feed,
    generations,
    health,
    holds,
    looks,
    moderation,
    notices,
    people,
    policies,
    previews,
    provenance_cases,
    receipts,
    reviews,
    surfaces,
    takedowns,
    verifying,
    videos,
)
from infra.api.auth import RequireKey
from infra.api.bodies import GuardBody
from infra.api.doors import Doors
from infra.api.observe import Observe
from infra.api.problems import Trouble
from infra.api.validation import invalid

VERSION: Final = "1"
_PAGES: Final = (
    accounts,
    people,
    cameos,
    appearances,
    enrolments,
    consents,
    checking,
    asks,
    receipts,
    reviews,
    moderation,
    holds,
    looks,
    policies,
    generations,
    events,
    previews,
    drafts,
    feed,
    videos,
    surfaces,
    exports,
    takedowns,
    provenance_cases,
    verifying,
    notices,
    health,
    describe,
)


def create_app(doors: Doors, extra: Sequence[APIRouter] = ()) -> FastAPI:
    """The ASGI application. ``extra`` are routes of neighbours, such as the payload codec's."""
    app = FastAPI(
        title="Callsheet",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.doors = doors
    app.openapi = partial(describe.describe, app)  # type: ignore[method-assign]  # FastAPI's way
    for router in (*(page.router for page in _PAGES), *extra):
        app.include_router(router)
    app.add_exception_handler(Trouble, _trouble)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    limits = doors.limits
    app.add_middleware(
        GuardBody, bytes_max=limits.body_bytes_max, seconds_max=limits.body_seconds_max
    )
    app.add_middleware(RequireKey, keys=doors.keys)
    app.add_middleware(Observe, metrics=doors.metrics)  # added last: it stands in front
    return app


async def _trouble(request: Request, error: Exception) -> Response:
    assert isinstance(error, Trouble)
    return error.response()


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return invalid(error.errors()).response()


async def _http(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: unknown addresses, methods, and bodies it cannot read."""
    assert isinstance(error, HTTPException)
    match error.status_code:
        case 404:
            return Trouble("route-unknown").response()
        case 405:
            return Trouble("method-not-allowed", headers=error.headers).response()
        case _:
            return Trouble("body-not-json").response()
