"""What callers of a request for consent send and receive, and how its workflow's id is made."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from pydantic import AwareDatetime

from domain.consent.asking import Message, WithdrawnBecause
from domain.kernel.ids import AccountId, AskId, CameoId
from domain.kernel.model import Value

CONSENT_REQUEST: Final = "ConsentRequest"
LOOK_EVERY: Final = timedelta(days=1)
"""How often the story sees for itself whether both sides are still there."""
REMIND_AFTER: Final = (timedelta(days=3), timedelta(days=6))

AskStage = Literal["asking", "pending", "approved", "denied", "lapsed", "withdrawn", "refused"]


def ask_workflow_id(ask_id: str) -> str:
    """The id of the workflow of the open request between these two; one at a time."""
    return f"consent-request/{ask_id}"


class ConsentOrder(Value):
    """Ask for a cameo. Any Temporal client may send this to ``ConsentRequest`` by name.

    ``request_id`` tells two requests between the same two apart.
    """

    ask_id: AskId
    cameo_id: CameoId
    caster_id: AccountId
    request_id: str
    message: Message = ""
    requested_by: str = "client/temporal"
    traceparent: str | None = None


class AskIdentity(Value):
    """Which request is meant: the argument of the ``recorded`` update."""

    request_id: str


class AskReceipt(Value):
    """The request stands in the log: the answer to the ``recorded`` update."""

    ask_id: AskId
    answer_by: AwareDatetime
    position: int


class OwnersAnswer(Value):
    """What the owner says: the argument of ``approve_use`` and ``deny_use``."""

    account_id: AccountId


class CastersWithdrawal(Value):
    """The caster takes the request back: the argument of the ``withdraw`` update."""

    account_id: AccountId


class Disappearance(Value):
    """One side is gone: the argument of the ``side_disappeared`` signal."""

    because: WithdrawnBecause


class AskStatus(Value):
    """How a request stands: the answer of the ``status`` query."""

    ask_id: AskId
    stage: AskStage
    since: AwareDatetime
    answer_by: AwareDatetime | None = None
    reminders: int = 0
