"""Bodies: read once, within a size and a time, and only if they are JSON in UTF-8."""

from __future__ import annotations

import asyncio
import json
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.api.auth import OPEN_PREFIXES
from infra.api.problems import FieldProblem, Trouble

UPLOAD_PATHS: Final = frozenset({"/v1/verify"})
"""Where a body may be a film, which its route reads piece by piece."""

_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
_JSON: Final = "application/json"


class GuardBody:
    """Reads a request's body before any route does, and answers for those that no route could."""

    def __init__(self, app: ASGIApp, bytes_max: int, seconds_max: float) -> None:
        self._app, self._bytes_max, self._seconds_max = app, bytes_max, seconds_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the checked body on, or answer with 400, 408, 413 or 415."""
        if scope["type"] != "http" or scope["method"] not in _WITH_BODY or self._is_other(scope):
            await self._app(scope, receive, send)
            return
        try:
            body = await self._read(scope, receive)
            self._check(body, Headers(scope=scope))
        except Trouble as trouble:
            await trouble.response()(scope, receive, send)
            return
        except ClientDisconnect:
            return
        await self._app(scope, _replayed(body, receive), send)

    def _is_other(self, scope: Scope) -> bool:
        """The codec endpoint has bodies of its own kind and its own limit, and so have uploads."""
        path = str(scope["path"])
        is_json = _kind(Headers(scope=scope)) == _JSON
        return path.startswith(OPEN_PREFIXES) or (path in UPLOAD_PATHS and not is_json)

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and len(declared) < 20 and int(declared) > self._bytes_max:
            raise self._too_large()
        try:
            async with asyncio.timeout(self._seconds_max):
                return await self._collect(receive)
        except TimeoutError:
            limit = f"{self._seconds_max:g} seconds"
            raise Trouble("body-too-slow", f"The body took longer than {limit}.") from None

    async def _collect(self, receive: Receive) -> bytes:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            body += message.get("body", b"")
            if len(body) > self._bytes_max:
                raise self._too_large()
            if not message.get("more_body", False):
                return bytes(body)

    def _too_large(self) -> Trouble:
        limit = f"{self._bytes_max} bytes"
        field = FieldProblem(field="body", message=f"is larger than {limit}", limit=limit)
        return Trouble("body-too-large", f"The body is larger than {limit}.", errors=[field])

    def _check(self, body: bytes, headers: Headers) -> None:
        if not body:
            return
        if _kind(headers) != _JSON:
            raise Trouble("body-not-declared-json")
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError as broken:
            where = f"byte {broken.start}"
            field = FieldProblem(field="body", message=f"is not UTF-8 at {where}")
            raise Trouble(
                "body-not-utf8", f"The body is not UTF-8 at {where}.", errors=[field]
            ) from None
        _require_json(text)


def _kind(headers: Headers) -> str:
    """The media type of a body, without its parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _require_json(text: str) -> None:
    try:
        json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as broken:
        where = f"line {broken.lineno}, column {broken.colno}"
        what = f"is not JSON at {where}"
    except ValueError:
        what = "holds a number that JSON does not know or that is too long"
    except RecursionError:
        what = "is nested too deeply"
    else:
        return
    field = FieldProblem(field="body", message=what)
    raise Trouble("body-not-json", f"The body {what}.", errors=[field]) from None


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body in one piece, then whatever else comes: the caller's leaving."""
    handed_on = False

    async def replay() -> Message:
        nonlocal handed_on
        if handed_on:
            return await receive()
        handed_on = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
