"""Previews: a small look at a generation while it is sampled, for its account and its cast."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request, Response

from activities.orders import previews_prefix
from domain.kernel.ports import ObjectMissing, ObjectTooLarge
from infra.api.auth import KeyRequired
from infra.api.deadlines import asking
from infra.api.declared import problems
from infra.api.doors import Doors, doors_of
from infra.api.drafts import WatchedGeneration
from infra.api.problems import Trouble

router = APIRouter(prefix="/v1/generations", tags=["generations"], dependencies=[KeyRequired])

_MEDIA_TYPE: Final = "image/jpeg"
_BYTES_MAX: Final = 1024 * 1024


@router.get(
    "/{generation_id}/preview",
    response_class=Response,
    responses={
        200: {
            "description": "A strip of a few pictures, at most 512 pixels wide.",
            "content": {_MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        },
        **problems(403, 404, 422, 503),
    },
    summary="Look at it while it is made",
)
async def read_preview(request: Request, view: WatchedGeneration) -> Response:
    """The newest look at a generation that is being sampled. It is gone when that has ended.

    Who owns a cameo in its cast sees it, too.
    """
    content = await _newest(doors_of(request), view.generation_id)
    if content is None or view.is_settled:
        raise Trouble("preview-missing")
    return Response(content, 200, {"Cache-Control": "no-store"}, _MEDIA_TYPE)


async def _newest(doors: Doors, generation_id: str) -> bytes | None:
    """The bytes of the strip whose name is the last one: names sort by shot, attempt and step."""
    async with asking("s3"):
        keys = [key async for key, _ in doors.store.list(previews_prefix(generation_id))]
        if not keys:
            return None
        with tempfile.TemporaryDirectory(prefix="preview-") as folder:
            path = Path(folder) / "strip.jpg"
            try:
                await doors.store.get_file(max(keys), path, None, _BYTES_MAX)
            except (ObjectMissing, ObjectTooLarge):
                return None
            return path.read_bytes()
