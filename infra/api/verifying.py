"""Verify: anybody may ask which of our films a file is, without a key and free of charge."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.requests import ClientDisconnect

from activities.provenance.footage import is_like_a_film
from activities.provenance.refusals import ExaminationTooCostly, NotAFilm
from activities.scratch import scratch_folder
from infra.api.declared import problems
from infra.api.doors import Doors, doors_of
from infra.api.enrolment_views import STRICT
from infra.api.problems import FieldProblem, Trouble
from infra.api.validation import invalid
from infra.provenance.addresses import AddressRefused, AddressUnanswered, FileTooLarge
from infra.provenance.told import VerdictView, told
from infra.provenance.verifier import Answer

router = APIRouter(prefix="/v1/verify", tags=["verify"])

_PIECE_BYTES: Final = 1 << 20
_LEFT_BYTES_MAX, _LEFT_SECONDS_MAX = 1 << 16, 0.5
_UNREADABLE: Final = "multipart/"


class AddressRequest(BaseModel):
    """Where the file can be fetched from."""

    model_config = STRICT

    address: str = Field(
        min_length=8,
        max_length=2000,
        description="A public http or https address. Nothing inside our own network is asked.",
        examples=["https://example.org/film.mp4"],
    )


_BYTES: Final = {"schema": {"type": "string", "format": "binary"}}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "The file itself as the body, or a JSON object with its address.",
        "content": {
            "video/mp4": _BYTES,
            "application/octet-stream": _BYTES,
            "application/json": {"schema": AddressRequest.model_json_schema()},
        },
    }
}


@router.post(
    "",
    responses=problems(422, 429, 503, body=True, key=False),
    openapi_extra=_BODY,
    summary="Say which of our films a file is",
)
async def verify(request: Request) -> VerdictView:
    """Reads manifest, invisible marks and fingerprints; the file is thrown away afterwards.

    No key is needed. Each address may ask some times a minute; `Retry-After` says when again.
    """
    doors = doors_of(request)
    try:
        async with doors.turnstile.inside(request.client.host if request.client else ""):
            with scratch_folder(doors.scratch, "verify-") as folder:
                film = folder / "film"
                await _receive(request, doors, film)
                return told(await _examined(doors, film))
    except Trouble as trouble:
        # the server would read what is left of a refused body to its end, however long that is
        await _read_a_little(request)
        trouble.headers.setdefault("Connection", "close")
        raise


async def _read_a_little(request: Request) -> None:
    """An answer is lost with a connection that is closed on an unread body, be it ever so small."""
    left = _LEFT_BYTES_MAX
    with suppress(TimeoutError, ClientDisconnect, RuntimeError):
        async with asyncio.timeout(_LEFT_SECONDS_MAX):
            async for piece in request.stream():
                left -= len(piece)
                if left < 0:
                    return


async def _receive(request: Request, doors: Doors, film: Path) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        await _fetch(doors, await request.body(), film)
    elif kind.startswith(_UNREADABLE):
        raise Trouble("upload-not-plain")
    else:
        await _keep(request, doors, film)


async def _fetch(doors: Doors, body: bytes, film: Path) -> None:
    try:
        asked = AddressRequest.model_validate_json(body)
    except ValidationError as error:
        raise invalid(error.errors()) from None
    try:
        await doors.fetcher.fetch(asked.address, film)
    except (AddressRefused, AddressUnanswered, FileTooLarge) as refusal:
        raise Trouble.refused(refusal) from None


async def _keep(request: Request, doors: Doors, film: Path) -> None:
    """Write the body to a file while it arrives, within a size and a time."""
    limit = doors.limits.verify_bytes_max
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) >= 20 or int(declared) > limit):
        raise _too_large(limit)
    seconds = doors.limits.verify_upload_seconds_max
    try:
        async with asyncio.timeout(seconds):
            await _write(request, film, limit)
    except TimeoutError:
        raise Trouble("body-too-slow", f"The body took longer than {seconds:g} seconds.") from None


async def _write(request: Request, film: Path, limit: int) -> None:
    size, waiting = 0, bytearray()
    with await asyncio.to_thread(film.open, "wb") as file:
        async for piece in request.stream():
            size += len(piece)
            if size > limit:
                raise _too_large(limit)
            waiting += piece
            if len(waiting) >= _PIECE_BYTES:
                await asyncio.to_thread(file.write, bytes(waiting))
                waiting.clear()
        file.write(waiting)


def _too_large(limit: int) -> Trouble:
    field = FieldProblem(
        field="body", message=f"is larger than {limit} bytes", limit=f"{limit} bytes"
    )
    return Trouble("body-too-large", f"The body is larger than {limit} bytes.", errors=[field])


async def _examined(doors: Doors, film: Path) -> Answer:
    """What is known about the file, in its turn."""
    try:
        if not is_like_a_film(film):
            raise NotAFilm("Its first bytes are those of none.")
        async with doors.turnstile.at_work(doors.limits.verify_waiting_seconds_max):
            return await doors.verifier.verify(film, doors.limits.verify_film_seconds_max)
    except (NotAFilm, ExaminationTooCostly) as refusal:
        raise Trouble.refused(refusal) from None
