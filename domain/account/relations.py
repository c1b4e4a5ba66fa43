"""What an account is to others: its age band, whom it follows and whom it blocks.

All of it stands in one stream, ``relations-acc_...``, of the account that acts. A consent check
therefore reads two such streams, the caster's and the owner's, and no more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from domain.kernel.catalog import Catalog
from domain.kernel.ids import AccountId
from domain.kernel.model import Event
from domain.kernel.persistent import PersistentMap

AgeBand = Literal["under_13", "under_18", "adult"]


class AgeBandDeclared(Event):
    """The age band of the account's holder is this one from now on."""

    account_id: AccountId
    band: AgeBand


class AccountFollowed(Event):
    """The account follows another."""

    account_id: AccountId
    other_id: AccountId


class AccountUnfollowed(Event):
    """The account no longer follows another."""

    account_id: AccountId
    other_id: AccountId


class AccountBlocked(Event):
    """The account blocks another, and no longer follows it."""

    account_id: AccountId
    other_id: AccountId


class AccountUnblocked(Event):
    """The account no longer blocks another. It does not follow it again by itself."""

    account_id: AccountId
    other_id: AccountId


RelationsEvent = (
    AgeBandDeclared | AccountFollowed | AccountUnfollowed | AccountBlocked | AccountUnblocked
)


NONE: Final[PersistentMap[None]] = PersistentMap()


@dataclass(frozen=True)
class Relations:
    """How an account stands to others. An age band that nobody declared is ``None``."""

    age_band: AgeBand | None = None
    follows: PersistentMap[None] = NONE
    blocks: PersistentMap[None] = NONE

    @property
    def adult(self) -> bool:
        """Whether the holder is known to be an adult; unknown counts as not."""
        return self.age_band == "adult"


NOBODY_YET: Final = Relations()


def evolve(state: Relations, event: RelationsEvent) -> Relations:
    """The relations after one more event."""
    match event:
        case AgeBandDeclared():
            return replace(state, age_band=event.band)
        case AccountFollowed():
            return replace(state, follows=state.follows.having(event.other_id, None))
        case AccountUnfollowed():
            return replace(state, follows=state.follows.without(event.other_id))
        case AccountBlocked():
            return replace(
                state,
                follows=state.follows.without(event.other_id),
                blocks=state.blocks.having(event.other_id, None),
            )
        case AccountUnblocked():
            return replace(state, blocks=state.blocks.without(event.other_id))


def mutual(one_id: str, one: Relations, other_id: str, other: Relations) -> bool:
    """Whether two accounts follow each other."""
    return other_id in one.follows and one_id in other.follows


CATALOG: Final = Catalog()
CATALOG.register(AgeBandDeclared, "age-band-declared.v1")
CATALOG.register(AccountFollowed, "account-followed.v1")
CATALOG.register(AccountUnfollowed, "account-unfollowed.v1")
CATALOG.register(AccountBlocked, "account-blocked.v1")
CATALOG.register(AccountUnblocked, "account-unblocked.v1")
