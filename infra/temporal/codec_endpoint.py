"""Where the Temporal UI has payloads opened: an address that only those who were given it know.

The UI sends one payload a request and shows the raw bytes on any 4xx, so what cannot be opened is
answered with a sentence in its place.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import APIRouter, Request, Response
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.converter import PayloadCodec

from infra.temporal.codec import KEY_ID, EncryptingCodec, PayloadKeyMissing
from infra.temporal.payload_keys import PayloadKeys

BODY_BYTES_MAX: Final = 8 * 1024 * 1024
PREFIX: Final = "/temporal-codec"


def endpoint_path(keys: PayloadKeys) -> str:
    """What follows the API's address in ``--ui-codec-endpoint``; the UI appends ``/decode``."""
    return f"{PREFIX}/{keys.door}"


def codec_router(keys: PayloadKeys, ui_origins: frozenset[str]) -> APIRouter:
    """Routes for the UI at these origins, such as ``http://127.0.0.1:8233``."""
    router = APIRouter(include_in_schema=False)
    codec = EncryptingCodec(keys)

    def guarded(
        answer: Callable[[Request], Awaitable[Response]],
    ) -> Callable[[str, Request], Awaitable[Response]]:
        async def guard(door: str, request: Request) -> Response:
            if not hmac.compare_digest(door.encode(), keys.door.encode()):
                return Response(status_code=404)
            response = await answer(request)
            response.headers.update(_cors(request.headers.get("origin", ""), ui_origins))
            return response

        return guard

    async def decode(request: Request) -> Response:
        return await _decoded(codec, request)

    async def preflight(request: Request) -> Response:
        return Response(status_code=204)

    path = PREFIX + "/{door}/decode"
    router.add_api_route(path, guarded(decode), methods=["POST"], response_model=None)
    router.add_api_route(path, guarded(preflight), methods=["OPTIONS"], response_model=None)
    return router


def _cors(origin: str, allowed: frozenset[str]) -> dict[str, str]:
    if origin not in allowed:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "POST, OPTIONS",
        "Access-Control-Allow-Headers": "content-type, x-namespace, authorization",
        "Vary": "Origin",
    }


async def _decoded(codec: PayloadCodec, request: Request) -> Response:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            return Response("More than the codec endpoint takes at once.", status_code=413)
    sent = Payloads()
    try:
        json_format.Parse(body, sent)
    except (json_format.ParseError, UnicodeDecodeError):
        return Response("Send payloads as Temporal's JSON.", status_code=400)
    opened = Payloads(payloads=[await _opened(codec, payload) for payload in sent.payloads])
    return Response(json_format.MessageToJson(opened, indent=None), media_type="application/json")


async def _opened(codec: PayloadCodec, payload: Payload) -> Payload:
    try:
        [opened] = await codec.decode([payload])
    except PayloadKeyMissing:
        key_id = payload.metadata[KEY_ID].decode(errors="replace")[:40]
        return _sentence(f"[sealed with the key {key_id}, which is not here]")
    if opened.metadata.get("encoding") == payload.metadata.get("encoding") and KEY_ID in (
        opened.metadata
    ):
        return _sentence("[sealed, and changed since]")
    return opened


def _sentence(text: str) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(text).encode())
