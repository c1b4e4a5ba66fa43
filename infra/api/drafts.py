"""Drafts: the owners of a cast look at what is made with them before anybody else can.

Who casts them sees previews; the stored film is theirs to see once it is released, or a draft that
was let pass. An owner whose cameo was admitted sees both at once, so that denying or revoking comes
before the release.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from activities.moderation.standing import situation_of
from domain.consent.casting import CASTING
from domain.consent.decider import CONSENT
from domain.consent.situations import Held
from domain.generation.decider import GENERATION
from domain.generation.refusals import GenerationUnknown
from domain.generation.situations import Requested, Stored
from domain.kernel.ids import GenerationId
from domain.moderation.case import MODERATION
from domain.moderation.gates import case_id
from infra.api import recording
from infra.api.auth import Account, KeyRequired
from infra.api.content import ContentAddress, address_of
from infra.api.deciding import standing
from infra.api.declared import problems
from infra.api.doors import Doors, doors_of
from infra.api.generations import OwnGeneration
from infra.api.problems import Trouble
from infra.api.views import GenerationView, Links, links_of

router = APIRouter(prefix="/v1/generations", tags=["consent"], dependencies=[KeyRequired])


async def drafted_with(
    request: Request, account: Account, generation_id: GenerationId
) -> GenerationId:
    """A generation that was admitted with a cameo of the acting account, or a draft of its own.

    Others are unknown.
    """
    doors = doors_of(request)
    owns = await owns_one_cast(doors, account, generation_id)
    if not owns and not await _may_publish(doors, account, generation_id):
        raise Trouble.refused(GenerationUnknown(), generation_id)
    return generation_id


async def _may_publish(doors: Doors, account: str, generation_id: str) -> bool:
    """Whether it is the account's own draft, and was let pass."""
    generation = await standing(doors, GENERATION, generation_id)
    if not isinstance(generation, Requested) or generation.account_id != account:
        return False
    case = await standing(doors, MODERATION, case_id(generation_id, "release"))
    return generation.brief.destination == "draft" and situation_of(case) == "allowed"


async def watched_generation(
    request: Request, account: Account, generation_id: GenerationId
) -> GenerationView:
    """A generation of the acting account, or one that was admitted with a cameo of its."""
    doors = doors_of(request)
    view = await doors.watchers.lookout.view(generation_id)
    if view is None:
        raise Trouble.refused(GenerationUnknown(), generation_id)
    if view.account_id != account and not await owns_one_cast(doors, account, generation_id):
        raise Trouble.refused(GenerationUnknown(), generation_id)
    return view


WatchedGeneration = Annotated[GenerationView, Depends(watched_generation)]


async def owns_one_cast(doors: Doors, account: str, generation_id: str) -> bool:
    """Whether one of those who were admitted is the account's."""
    admission = (await standing(doors, CASTING, generation_id)).admission
    if admission is None or not admission.permitted:
        return False
    for verdict in admission.decision.verdicts:
        consent = await standing(doors, CONSENT, verdict.cameo_id)
        if isinstance(consent, Held) and consent.owner_id == account:
            return True
    return False


class Publishing(BaseModel):
    """A draft on its way to its release, or there."""

    generation_id: str
    status: str
    links: Links


@router.post(
    "/{generation_id}/publish",
    status_code=202,
    responses=problems(403, 404, 409, 422, 503, body=True),
    summary="Publish your draft",
)
async def publish_draft(request: Request, view: OwnGeneration) -> Publishing:
    """Publish a draft as soon as it can be; everybody in its cast is asked once more for that.

    Asked again, it changes nothing.
    """
    doors = doors_of(request)
    seconds = doors.limits.recording_seconds_max
    status = await recording.publish(doors.client, view.generation_id, seconds)
    links = links_of(view.generation_id)
    return Publishing(generation_id=view.generation_id, status=status, links=links)


@router.get(
    "/{generation_id}/draft",
    responses=problems(403, 404, 422, 503),
    summary="Watch the draft with you in it",
)
async def read_draft(
    request: Request,
    response: Response,
    generation_id: Annotated[GenerationId, Depends(drafted_with)],
) -> ContentAddress:
    """A short-lived address of the film that your cameo was cast in, until it is released.

    For owners of its cast, and for who asked for a `draft` once it was let pass. Afterwards the
    video has an address of its own.
    """
    doors = doors_of(request)
    generation = await standing(doors, GENERATION, generation_id)
    if not isinstance(generation, Stored):
        raise Trouble("draft-missing")
    response.headers["Cache-Control"] = "no-store"
    film = generation.rendition.film
    return await address_of(doors, film.key, film.sha256, film.size)
