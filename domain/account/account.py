"""An account: somebody who may ask for videos. It has to be opened before anything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.kernel.catalog import Catalog
from domain.kernel.decider import Decider
from domain.kernel.errors import Refusal
from domain.kernel.ids import AccountId
from domain.kernel.model import Command, Event


class OpenAccount(Command):
    """Open an account for somebody that the client application knows."""

    account_id: AccountId


class AccountOpened(Event):
    """The account exists and may ask for videos."""

    account_id: AccountId


@dataclass(frozen=True)
class Unopened:
    """Nobody has opened this account."""


@dataclass(frozen=True)
class Open:
    """The account may act."""

    account_id: str


Account = Unopened | Open


class AccountUnknown(Refusal):
    """No account with this id has been opened."""

    code = "account-unknown"
    next_step = "Open an account with POST /v1/accounts and send its id in Callsheet-Account."


def decide(command: OpenAccount, state: Account) -> list[AccountOpened]:
    """Opening twice changes nothing."""
    match state:
        case Unopened():
            return [AccountOpened(at=command.at, account_id=command.account_id)]
        case Open():
            return []


def evolve(state: Account, event: AccountOpened) -> Account:
    """An account that was opened stays open."""
    return Open(event.account_id)


def require_open(state: Account) -> None:
    """Refuse to go on for an account that was never opened."""
    if isinstance(state, Unopened):
        raise AccountUnknown


ACCOUNT: Final = Decider[OpenAccount, Account, AccountOpened]("account", Unopened(), decide, evolve)

CATALOG: Final = Catalog()
CATALOG.register(AccountOpened, "account-opened.v1")
