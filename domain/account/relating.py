"""What an account may do towards others: declare its age band, follow, block, and take it back."""

from __future__ import annotations

from typing import Final

from domain.account.relations import (
    NOBODY_YET,
    AccountBlocked,
    AccountFollowed,
    AccountUnblocked,
    AccountUnfollowed,
    AgeBand,
    AgeBandDeclared,
    Relations,
    RelationsEvent,
    evolve,
)
from domain.kernel.decider import Decider
from domain.kernel.errors import Refusal
from domain.kernel.ids import AccountId
from domain.kernel.model import Command


class DeclareAgeBand(Command):
    """Say which age band the holder of an account is in."""

    account_id: AccountId
    band: AgeBand


class FollowAccount(Command):
    """Follow another account."""

    account_id: AccountId
    other_id: AccountId


class UnfollowAccount(Command):
    """Stop following another account."""

    account_id: AccountId
    other_id: AccountId


class BlockAccount(Command):
    """Block another account: nothing of mine is for them."""

    account_id: AccountId
    other_id: AccountId


class UnblockAccount(Command):
    """Take a block back."""

    account_id: AccountId
    other_id: AccountId


RelationsCommand = DeclareAgeBand | FollowAccount | UnfollowAccount | BlockAccount | UnblockAccount


class TowardsOneself(Refusal):
    """An account cannot follow or block itself."""

    code = "relation-to-oneself"
    next_step = "Name another account."


class BlockedByYou(Refusal):
    """You have blocked this account."""

    code = "relation-blocked"
    next_step = "Take the block back first, then follow."


def decide(command: RelationsCommand, state: Relations) -> list[RelationsEvent]:
    """Saying again what is so already changes nothing."""
    if isinstance(command, DeclareAgeBand):
        if command.band == state.age_band:
            return []
        return [AgeBandDeclared(at=command.at, account_id=command.account_id, band=command.band)]
    if command.account_id == command.other_id:
        raise TowardsOneself
    return _towards(command, state)


def _towards(
    command: FollowAccount | UnfollowAccount | BlockAccount | UnblockAccount, state: Relations
) -> list[RelationsEvent]:
    at, me, other = command.at, command.account_id, command.other_id
    follows, blocks = other in state.follows, other in state.blocks
    match command:
        case FollowAccount() if blocks:
            raise BlockedByYou
        case FollowAccount() if not follows:
            return [AccountFollowed(at=at, account_id=me, other_id=other)]
        case UnfollowAccount() if follows:
            return [AccountUnfollowed(at=at, account_id=me, other_id=other)]
        case BlockAccount() if not blocks:
            return [AccountBlocked(at=at, account_id=me, other_id=other)]
        case UnblockAccount() if blocks:
            return [AccountUnblocked(at=at, account_id=me, other_id=other)]
    return []


RELATIONS: Final = Decider[RelationsCommand, Relations, RelationsEvent](
    "relations", NOBODY_YET, decide, evolve
)
