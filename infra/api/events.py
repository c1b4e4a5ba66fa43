"""Server-sent events: a generation's story as it happens, until it is settled.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic import BaseModel

from infra.api.auth import KeyRequired
from infra.api.declared import problems
from infra.api.doors import Doors, doors_of
from infra.api.generations import OwnGeneration
from infra.api.views import FailureView, GenerationView, Links, PreviewView, Progress

router = APIRouter(prefix="/v1/generations", tags=["generations"], dependencies=[KeyRequired])

MEDIA_TYPE: Final = "text/event-stream"
RETRY_MILLISECONDS: Final = 1000
Kind = Literal["stage", "progress", "settled"]


class News(BaseModel):
    """The data of one event. It leaves the prompt out: the listener knows it."""

    generation_id: str
    status: str
    stage: str
    queue_position: int | None
    progress: Progress
    eta_at: datetime | None
    preview: PreviewView | None
    video_id: str | None
    failure: FailureView | None
    links: Links


@router.get(
    "/{generation_id}/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "`stage` when it enters another stage, `progress` as steps are done, "
            "and one `settled` at the end, after which the stream closes.",
            "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
        },
        204: {"description": "You have heard the end already; there is nothing to wait for."},
        **problems(403, 404, 422, 503),
    },
    summary="Follow it",
)
async def follow_generation(
    request: Request,
    view: OwnGeneration,
    last_event_id: Annotated[
        str | None, Header(max_length=200, description="Where you were when you lost us.")
    ] = None,
) -> Response:
    """Server-sent events about one generation; lost listeners resume with `Last-Event-ID`."""
    if last_event_id is not None and view.is_settled and last_event_id == event_id(view):
        return Response(status_code=204)
    return StreamingResponse(
        stream(doors_of(request), view, last_event_id),
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def stream(doors: Doors, first: GenerationView, heard: str | None) -> AsyncIterator[bytes]:
    """The events, and a comment after each silence so that nobody takes us for dead."""
    told, give_up_at = first, time.monotonic() + doors.limits.stream_seconds_max
    yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
    if event_id(first) != heard:
        yield written(first, None)
    if first.is_settled:
        return
    with doors.metrics.watchers.track_inprogress():
        async with aclosing(doors.watchers.news(first.generation_id)) as news:
            async for now in news:
                if now is None:
                    yield KEEPALIVE_COMMENT
                elif event_id(now) != event_id(told):
                    yield written(now, told)
                    told = now
                if time.monotonic() > give_up_at:
                    return  # the listener comes back with Last-Event-ID


def written(now: GenerationView, before: GenerationView | None) -> bytes:
    """One event as it goes over the wire."""
    news = News.model_validate(now.model_dump(exclude={"prompt"}), extra="ignore")
    return format_sse_event(
        event=kind_of(now, before), data_str=news.model_dump_json(), id=event_id(now)
    )


def kind_of(now: GenerationView, before: GenerationView | None) -> Kind:
    """What kind of news it is."""
    if now.is_settled:
        return "settled"
    if before is None or (before.status, before.stage) != (now.status, now.stage):
        return "stage"
    return "progress"


def event_id(view: GenerationView) -> str:
    """Names what was told, so that nothing is told twice."""
    done, queue = view.progress, view.queue_position
    waiting = "" if queue is None else f".q{queue}"
    seen = "" if view.preview is None else f".p{view.preview.step}"
    taken = sum(each.status in ("sampled", "found") for each in done.shots)
    shots = f".t{taken}" if len(done.shots) > 1 else ""
    return f"{view.status}.{view.stage}.{done.attempt}.{done.step}{shots}{seen}{waiting}"
