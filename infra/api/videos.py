"""Videos: what was released, and short-lived addresses of its files."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from domain.kernel.errors import Refusal
from domain.kernel.ids import VideoId
from domain.video.media import content_type_of
from domain.video.video import VIDEO, Hidden, Unreleased, Video, require_seen
from infra.api.auth import Account, KeyRequired
from infra.api.content import ContentAddress, address_of
from infra.api.deadlines import asking
from infra.api.deciding import standing
from infra.api.declared import problems
from infra.api.doors import Doors, doors_of
from infra.api.problems import Trouble
from projections.feed import VideoRow

router = APIRouter(prefix="/v1/videos", tags=["videos"], dependencies=[KeyRequired])

_GLANCE_SECONDS: Final = 0.03

Variant = Literal["film", "poster", "contact-sheet"]


class VideoLinks(BaseModel):
    """Where a video's files can be had."""

    self: str
    film: str
    poster: str
    contact_sheet: str


class VideoView(BaseModel):
    """A released video. Sizes in pixels and bytes, durations in seconds, hashes in hex."""

    video_id: str
    generation_id: str
    account_id: str
    released_at: datetime
    surfaces: list[str] = Field(description="Where it is shown, such as `feed`.")
    width: int
    height: int
    fps: int
    frames: int
    picture_seconds: float
    sound_seconds: float
    sample_rate: int = Field(description="In hertz.")
    film_bytes: int
    film_sha256: str
    film_type: str = Field(description="Its media type, such as `video/mp4`.")
    links: VideoLinks


def view_of(row: VideoRow) -> VideoView:
    """A video as everybody sees it."""
    here = f"/v1/videos/{row.video_id}"
    content = f"{here}/content?variant="
    links = {
        "self": here,
        "film": f"{content}film",
        "poster": f"{content}poster",
        "contact_sheet": f"{content}contact-sheet",
    }
    return VideoView(
        video_id=row.video_id,
        generation_id=row.generation_id,
        account_id=row.account_id,
        released_at=row.released_at,
        surfaces=row.surfaces.split(),
        width=row.width,
        height=row.height,
        fps=row.fps,
        frames=row.frames,
        picture_seconds=row.picture_seconds,
        sound_seconds=row.sound_seconds,
        sample_rate=row.sample_rate,
        film_bytes=row.film_size,
        film_sha256=row.film_sha256,
        film_type=content_type_of(row.film_key),
        links=VideoLinks.model_validate(links),
    )


@router.get("/{video_id}", responses=problems(403, 404, 410, 422, 503), summary="What it is")
async def read_video(request: Request, account: Account, video_id: VideoId) -> VideoView:
    """One released video."""
    return view_of(await _released(doors_of(request), video_id))


@router.get(
    "/{video_id}/content",
    status_code=307,
    response_class=RedirectResponse,
    responses={
        200: {"model": ContentAddress, "description": "The address, with `redirect=false`."},
        307: {
            "description": "To an address that can be used for some minutes, without a key.",
            "headers": {"Location": {"schema": {"type": "string"}}},
        },
        **problems(403, 404, 410, 422, 503),
    },
    summary="Watch it",
)
async def read_content(
    request: Request,
    account: Account,
    video_id: VideoId,
    variant: Annotated[Variant, Query(description="Which of its files.")] = "film",
    redirect: Annotated[bool, Query(description="`false` answers with JSON instead.")] = True,
) -> Response:
    """A short-lived address of one of the video's files."""
    doors = doors_of(request)
    key, sha256, size = _file(await _released(doors, video_id), variant)
    view = await address_of(doors, key, sha256, size)
    uncached = {"Cache-Control": "no-store"}
    if redirect:
        return RedirectResponse(view.address, 307, uncached)
    return Response(view.model_dump_json(), 200, uncached, "application/json")


async def _released(doors: Doors, video_id: str) -> VideoRow:
    """The video's row; one that the log knows is waited for, until the read model has it too."""
    _require_seen(await standing(doors, VIDEO, video_id))
    give_up_at = asyncio.get_running_loop().time() + doors.limits.catch_up_seconds_max
    while True:
        async with asking("postgres"):
            row = await doors.feed.get(video_id)
        if row is not None:
            return row
        _require_seen(await standing(doors, VIDEO, video_id))
        if asyncio.get_running_loop().time() >= give_up_at:
            raise Trouble("read-model-behind")
        await asyncio.sleep(_GLANCE_SECONDS)


def _require_seen(state: Video) -> None:
    """The log is asked each time: what is hidden or taken down is gone at once."""
    if isinstance(state, Unreleased):
        raise Trouble("video-unknown")
    try:
        require_seen(state)
    except Refusal as refusal:
        about = state.released.generation_id if isinstance(state, Hidden) else None
        raise Trouble.refused(refusal, about) from None


def _file(row: VideoRow, variant: Variant) -> tuple[str, str, int]:
    match variant:
        case "film":
            return row.film_key, row.film_sha256, row.film_size
        case "poster":
            return row.poster_key, row.poster_sha256, row.poster_size
        case "contact-sheet":
            return row.contact_sheet_key, row.contact_sheet_sha256, row.contact_sheet_size
