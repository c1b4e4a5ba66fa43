"""Generations: ask for a video, see how it stands, look through one's own, and stop one."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from domain.generation.brief import Brief
from domain.generation.decider import GENERATION
from domain.generation.refusals import GenerationUnknown
from domain.generation.situations import Blank
from domain.kernel.ids import GenerationId
from infra.api import recording
from infra.api.auth import Account, Client, KeyRequired
from infra.api.briefs import GenerationRequest, RevisionRequest
from infra.api.deadlines import asking
from infra.api.declared import problems
from infra.api.doors import doors_of
from infra.api.idempotency import Answer
from infra.api.once import IdempotencyKey, once
from infra.api.pages import Cursor, Limit, cursor_of, keys_of
from infra.api.problems import Trouble
from infra.api.views import GenerationView, Links, links_of, view_of
from infra.telemetry import traces
from workflows.contracts import VideoOrder

router = APIRouter(prefix="/v1/generations", tags=["generations"], dependencies=[KeyRequired])


class Accepted(BaseModel):
    """The request stands in the event log; nothing more can lose it."""

    generation_id: str
    status: Literal["requested"] = "requested"
    links: Links


class GenerationPage(BaseModel):
    """A page of an account's generations, newest first."""

    items: list[GenerationView]
    next_cursor: str | None = Field(description="Null on the last page.")


class Stopped(BaseModel):
    """What became of the wish to stop."""

    generation_id: str
    status: Literal["cancelled", "cancelling"]
    links: Links


async def own_generation(
    request: Request, account: Account, generation_id: GenerationId
) -> GenerationView:
    """A generation of the acting account; another's is as unknown as one that never was."""
    view = await doors_of(request).watchers.lookout.view(generation_id)
    if view is None or view.account_id != account:
        raise Trouble.refused(GenerationUnknown(), generation_id)
    return view


OwnGeneration = Annotated[GenerationView, Depends(own_generation)]


@router.post(
    "",
    status_code=202,
    response_model=Accepted,
    responses={
        202: {
            "headers": {
                "Location": {"description": "Where it stands.", "schema": {"type": "string"}}
            }
        },
        **problems(403, 409, 422, 503, body=True),
    },
    summary="Ask for a video",
)
async def request_generation(
    request: Request,
    body: GenerationRequest,
    client: Client,
    account: Account,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Ask for a video. 202 means that the request is recorded; follow `links` from there."""
    return await _requested(request, client, account, body.brief(), idempotency_key)


@router.post(
    "/{generation_id}/revisions",
    status_code=202,
    response_model=Accepted,
    responses={
        202: {
            "headers": {
                "Location": {"description": "Where it stands.", "schema": {"type": "string"}}
            }
        },
        **problems(403, 404, 409, 422, 503, body=True),
    },
    summary="Change some of its shots",
)
async def revise_generation(
    request: Request,
    body: RevisionRequest,
    client: Client,
    account: Account,
    view: OwnGeneration,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Ask for a new generation like this one but for the shots named here.

    The others keep their words and their seeds: takes of theirs that are still kept are found, and
    only what changed is sampled. A shot that `continues` a changed one is sampled again too, since
    its first picture is another. The earlier generation and its video stay as they are.
    """
    async with asking("postgres"):
        standing = await doors_of(request).ledger.state(GENERATION, view.generation_id)
    if isinstance(standing.state, Blank):
        raise Trouble.refused(GenerationUnknown(), view.generation_id)
    brief = body.brief(standing.state.brief, view.generation_id)
    return await _requested(request, client, account, brief, idempotency_key)


async def _requested(
    request: Request, client: str, account: str, brief: Brief, idempotency_key: str | None
) -> Response:
    doors = doors_of(request)

    async def work(generation_id: str) -> Answer:
        order = VideoOrder(
            generation_id=generation_id,
            account_id=account,
            brief=brief,
            requested_by=f"client/{client}",
            traceparent=traces.current_traceparent(),
        )
        await recording.record(
            doors.client, doors.ledger, order, doors.limits.recording_seconds_max
        )
        links = links_of(generation_id)
        accepted = Accepted(generation_id=generation_id, links=links)
        body = accepted.model_dump_json(exclude_none=True).encode()
        return Answer(202, body, "application/json", links.self)

    return await once(
        doors,
        request,
        client=client,
        account=account,
        key=idempotency_key,
        prefix="gen",
        work=work,
    )


@router.get("", responses=problems(403, 422, 503), summary="List your generations")
async def list_generations(
    request: Request, account: Account, limit: Limit = 20, cursor: Cursor = None
) -> GenerationPage:
    """The acting account's generations, newest first, as the read model has them."""
    keys = keys_of(cursor, int)
    before = int(keys[0]) if keys else None
    async with asking("postgres"):
        rows = await doors_of(request).generations.list(account, limit + 1, before)
    more = len(rows) > limit
    return GenerationPage(
        items=[view_of(row) for row in rows[:limit]],
        next_cursor=cursor_of(rows[limit - 1].requested_position) if more else None,
    )


@router.get("/{generation_id}", responses=problems(403, 404, 422, 503), summary="How it stands")
async def read_generation(view: OwnGeneration) -> GenerationView:
    """One generation, with the progress that the studio reported a moment ago."""
    return view


@router.post(
    "/{generation_id}/cancel",
    response_model=Stopped,
    responses={
        202: {"model": Stopped, "description": "Accepted; the running step is being stopped."},
        **problems(403, 404, 409, 422, 503, body=True),
    },
    summary="Stop it",
)
async def cancel_generation(
    request: Request, response: Response, client: Client, view: OwnGeneration
) -> Stopped:
    """Stop a generation within its running step. Stopping a cancelled one again changes nothing."""
    doors = doors_of(request)
    ended = await recording.cancel(
        doors.client,
        doors.ledger,
        view.generation_id,
        f"client/{client}",
        doors.limits.cancelling_seconds_max,
    )
    response.status_code = 200 if ended else 202
    return Stopped(
        generation_id=view.generation_id,
        status="cancelled" if ended else "cancelling",
        links=links_of(view.generation_id),
    )
