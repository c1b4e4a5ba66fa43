"""What a story hands over to tell an account something, and gets back."""

from __future__ import annotations

from pydantic import AwareDatetime

from domain.account.notice import Kind
from domain.kernel.ids import AccountId
from domain.kernel.model import Value


class TellOrder(Value):
    """Tell an account something once; ``about`` is the id of what it concerns."""

    account_id: AccountId
    about: str
    kind: Kind
    command_id: str
    at: AwareDatetime
    actor: str
    traceparent: str | None = None


class Told(Value):
    """The account has been told."""

    position: int
