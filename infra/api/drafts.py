"""Drafts: the owners of a cast look at what is made with them before anybody else can.

Who casts them sees previews; the stored film is theirs to see once it is released. An owner whose
cameo was admitted sees both at once, so that denying or revoking comes before the release.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from domain.consent.casting import CASTING
from domain.consent.decider import CONSENT
from domain.consent.situations import Held
from domain.generation.decider import GENERATION
from domain.generation.refusals import GenerationUnknown
from domain.generation.situations import Stored
from domain.kernel.ids import GenerationId
from infra.api.auth import Account, KeyRequired
from infra.api.content import ContentAddress, address_of
from infra.api.deciding import standing
from infra.api.declared import problems
from infra.api.doors import Doors, doors_of
from infra.api.problems import Trouble
from infra.api.views import GenerationView

router = APIRouter(prefix="/v1/generations", tags=["consent"], dependencies=[KeyRequired])


async def drafted_with(
    request: Request, account: Account, generation_id: GenerationId
) -> GenerationId:
    """A generation that was admitted with a cameo of the acting account; others are unknown."""
    if not await owns_one_cast(doors_of(request), account, generation_id):
        raise Trouble.refused(GenerationUnknown(), generation_id)
    return generation_id


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

    Only for owners of its cast. Afterwards the video has an address of its own.
    """
    doors = doors_of(request)
    generation = await standing(doors, GENERATION, generation_id)
    if not isinstance(generation, Stored):
        raise Trouble("draft-missing")
    response.headers["Cache-Control"] = "no-store"
    film = generation.rendition.film
    return await address_of(doors, film.key, film.sha256, film.size)
