"""People towards each other: age bands, handles, follows and blocks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from activities.ledger import Decision, Guard
from domain.account.account import ACCOUNT, AccountUnknown, require_open
from domain.account.handle import HANDLE, ClaimHandle
from domain.account.handles import handle_key
from domain.account.relating import (
    RELATIONS,
    BlockAccount,
    DeclareAgeBand,
    FollowAccount,
    RelationsCommand,
    UnblockAccount,
    UnfollowAccount,
)
from domain.account.relations import AgeBand
from domain.kernel.errors import Refusal
from domain.kernel.ids import AccountId
from infra.api.auth import Account, Client, KeyRequired
from infra.api.deciding import decide, standing
from infra.api.declared import problems
from infra.api.deletions import delete_the_childs
from infra.api.doors import Doors, doors_of
from infra.api.endings import end_requests_between
from infra.api.problems import Trouble

router = APIRouter(prefix="/v1/accounts", tags=["accounts"], dependencies=[KeyRequired])

HandleText = Annotated[
    str, Field(min_length=3, max_length=40, description="Letters, digits, dots, underscores.")
]


class AgeBandRequest(BaseModel):
    """The age band of the account's holder, as your application knows it."""

    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)

    age_band: AgeBand


class HandleRequest(BaseModel):
    """The handle under which the account is called."""

    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)

    handle: HandleText


class PersonView(BaseModel):
    """How the acting account stands to others."""

    account_id: str
    age_band: AgeBand | None
    follows: list[str]
    blocks: list[str]


@router.get("/me", responses=problems(403, 422, 503), summary="Read your relations")
async def read_relations(request: Request, account: Account) -> PersonView:
    """Whom the acting account follows and blocks; nobody else is shown this."""
    state = await standing(doors_of(request), RELATIONS, account)
    return PersonView(
        account_id=account,
        age_band=state.age_band,
        follows=sorted(state.follows),
        blocks=sorted(state.blocks),
    )


@router.put(
    "/me/age-band",
    status_code=204,
    responses=problems(403, 422, 503, body=True),
    summary="Declare an age band",
)
async def declare_age_band(
    request: Request, body: AgeBandRequest, client: Client, account: Account
) -> Response:
    """Say which age band the holder is in; consent counts it from this position on. A child's
    cameos are deleted for good, and an attempt to enrol one ends.
    """
    doors = doors_of(request)
    command = DeclareAgeBand(
        command_id=doors.draw("cmd"), at=doors.clock(), account_id=account, band=body.age_band
    )
    told = await decide(
        doors, client, f"account/{account}", [Decision(RELATIONS, account, command)]
    )
    if body.age_band == "under_13":
        await delete_the_childs(doors, client, account, told.position)
    return Response(status_code=204)


@router.put(
    "/me/handle",
    status_code=204,
    responses=problems(403, 409, 422, 503, body=True),
    summary="Take a handle",
)
async def claim_handle(
    request: Request, body: HandleRequest, client: Client, account: Account
) -> Response:
    """Take a handle for the account itself. One that looks like another's cannot be taken."""
    doors = doors_of(request)
    await claim(doors, client, account, body.handle, cameo_id=None)
    return Response(status_code=204)


async def claim(doors: Doors, client: str, account: str, handle: str, cameo_id: str | None) -> None:
    """Let a handle call an account, or one of its cameos."""
    try:
        key = handle_key(handle)
    except Refusal as refusal:
        raise Trouble.refused(refusal) from None
    command = ClaimHandle(
        command_id=doors.draw("cmd"),
        at=doors.clock(),
        handle=handle,
        account_id=account,
        cameo_id=cameo_id,
    )
    await decide(doors, client, f"account/{account}", [Decision(HANDLE, key, command)])


@router.put(
    "/{account_id}/follow",
    status_code=204,
    responses=problems(403, 404, 409, 422, 503),
    summary="Follow",
)
async def follow(
    request: Request, client: Client, account: Account, account_id: AccountId
) -> Response:
    """Follow another account. Two who follow each other are mutuals."""
    return await _relate(request, client, account, account_id, FollowAccount)


@router.delete(
    "/{account_id}/follow",
    status_code=204,
    responses=problems(403, 404, 422, 503),
    summary="Stop following",
)
async def unfollow(
    request: Request, client: Client, account: Account, account_id: AccountId
) -> Response:
    """Stop following. What rested on being mutuals is refused from this position on."""
    return await _relate(request, client, account, account_id, UnfollowAccount)


@router.put(
    "/{account_id}/block",
    status_code=204,
    responses=problems(403, 404, 422, 503),
    summary="Block",
)
async def block(
    request: Request, client: Client, account: Account, account_id: AccountId
) -> Response:
    """Block another account: neither casts the other, and open requests between the two end."""
    answer = await _relate(request, client, account, account_id, BlockAccount)
    await end_requests_between(doors_of(request), account, account_id)
    return answer


@router.delete(
    "/{account_id}/block",
    status_code=204,
    responses=problems(403, 404, 422, 503),
    summary="Take a block back",
)
async def unblock(
    request: Request, client: Client, account: Account, account_id: AccountId
) -> Response:
    """Take a block back. It does not follow again by itself."""
    return await _relate(request, client, account, account_id, UnblockAccount)


async def _relate(
    request: Request,
    client: str,
    account: str,
    other_id: str,
    kind: type[FollowAccount | UnfollowAccount | BlockAccount | UnblockAccount],
) -> Response:
    doors = doors_of(request)
    command: RelationsCommand = kind(
        command_id=doors.draw("cmd"), at=doors.clock(), account_id=account, other_id=other_id
    )
    try:
        require_open(await standing(doors, ACCOUNT, other_id))
    except AccountUnknown:
        raise Trouble("other-account-unknown") from None
    guards = [Guard(ACCOUNT, other_id, require_open)]
    about = f"account/{account}"
    await decide(doors, client, about, [Decision(RELATIONS, account, command)], guards)
    return Response(status_code=204)
