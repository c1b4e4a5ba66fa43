"""Asking: somebody who may not cast a cameo asks its owner, who approves, denies or stays silent.

One stream for each pair of cameo and caster, ``ask-ask_...``: there is never more than one open
request between two people. Seven days of silence are a no. A request ends as *withdrawn* when the
caster takes it back or when either side disappears.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, StringConstraints

from domain.kernel.catalog import Catalog
from domain.kernel.decider import Decider
from domain.kernel.errors import Refusal
from domain.kernel.ids import AccountId, AskId, CameoId, pair
from domain.kernel.model import Command, Event, Personal

ANSWER_WITHIN: Final = timedelta(days=7)
ASK_AGAIN_AFTER: Final = timedelta(days=30)
"""How long after a denial the same caster may ask for the same cameo again."""

Message = Annotated[str, Personal(), StringConstraints(max_length=500)]
Ending = Literal["approved", "denied", "lapsed", "withdrawn"]
WithdrawnBecause = Literal["caster-withdrew", "caster-gone", "owner-gone", "cameo-gone", "blocked"]


class AskConsent(Command):
    """Ask the owner of a cameo for an approval by name."""

    ask_id: AskId
    cameo_id: CameoId
    owner_id: AccountId
    caster_id: AccountId
    message: Message = ""


class ApproveAsk(Command):
    """Say yes; the consent approves the caster in the same append."""

    account_id: AccountId


class DenyAsk(Command):
    """Say no."""

    account_id: AccountId


class LapseAsk(Command):
    """Take the silence of seven days for a no."""


class WithdrawAsk(Command):
    """End the request without an answer."""

    because: WithdrawnBecause


AskCommand = AskConsent | ApproveAsk | DenyAsk | LapseAsk | WithdrawAsk


class ConsentAsked(Event):
    """A caster asked; without an answer until ``answer_by`` the request lapses."""

    ask_id: AskId
    cameo_id: CameoId
    owner_id: AccountId
    caster_id: AccountId
    message: Message
    answer_by: AwareDatetime


class AskApproved(Event):
    """The owner said yes."""

    ask_id: AskId


class AskDenied(Event):
    """The owner said no."""

    ask_id: AskId


class AskLapsed(Event):
    """The owner stayed silent, which is a no."""

    ask_id: AskId


class AskRetracted(Event):
    """The request ended without an answer."""

    ask_id: AskId
    because: WithdrawnBecause


AskEvent = ConsentAsked | AskApproved | AskDenied | AskLapsed | AskRetracted


@dataclass(frozen=True)
class NeverAsked:
    """This caster has not asked for this cameo."""


@dataclass(frozen=True)
class Pending:
    """The owner has the request before them."""

    asked: ConsentAsked


@dataclass(frozen=True)
class Ended:
    """The last request has ended."""

    asked: ConsentAsked
    ending: Ending
    at: datetime


Ask = NeverAsked | Pending | Ended


class AskUnknown(Refusal):
    """There is no request with this id."""

    code = "ask-unknown"
    stage = "asking"
    next_step = "Check the id, or ask the owner first."


class AskAlreadyPending(Refusal):
    """A request for this cameo is already before its owner."""

    code = "ask-pending"
    stage = "asking"
    next_step = "Wait for the answer; seven days of silence are a no."


class AskedTooSoon(Refusal):
    """The owner has denied a request for this cameo within the last 30 days."""

    code = "asked-too-soon"
    stage = "asking"
    next_step = "Choose another cast; the owner can approve you by name at any time."


class AskNotYours(Refusal):
    """Only the owner of the cameo answers this request."""

    code = "ask-of-another"
    stage = "asking"
    next_step = "Wait for the owner."


class AskEnded(Refusal):
    """This request has already ended."""

    code = "ask-ended"
    stage = "asking"
    next_step = "Read how it ended; the owner can approve people by name at any time."


class AskStillOpen(Refusal):
    """The owner still has time to answer."""

    code = "ask-still-open"
    stage = "asking"
    next_step = "Wait until the seven days are over."


class AskingOneself(Refusal):
    """The owner of a cameo needs nobody's approval."""

    code = "asking-oneself"
    stage = "asking"
    next_step = "Cast your own cameo."


def ask_id(cameo_id: str, caster_id: str) -> str:
    """The id of all requests between these two."""
    return pair(cameo_id, caster_id, "ask")


def decide(command: AskCommand, state: Ask) -> list[AskEvent]:
    """The events that follow from a command, none when it was granted before, or a refusal."""
    match command, state:
        case AskConsent(), Pending():
            raise AskAlreadyPending
        case AskConsent(), _:
            return [_ask(command, state)]
        case _, NeverAsked():
            raise AskUnknown
        case ((ApproveAsk() | DenyAsk()), (Pending() | Ended())) if (
            command.account_id != state.asked.owner_id
        ):
            raise AskNotYours
        case _, Pending():
            return [_end(command, state)]
        case _, Ended():
            return _after_the_end(command, state)
    raise AssertionError(f"{type(command).__name__} met {type(state).__name__}")


def _ask(command: AskConsent, state: NeverAsked | Pending | Ended) -> ConsentAsked:
    if command.caster_id == command.owner_id:
        raise AskingOneself
    if (
        isinstance(state, Ended)
        and state.ending == "denied"
        and command.at < state.at + ASK_AGAIN_AFTER
    ):
        raise AskedTooSoon
    return ConsentAsked(
        at=command.at,
        ask_id=command.ask_id,
        cameo_id=command.cameo_id,
        owner_id=command.owner_id,
        caster_id=command.caster_id,
        message=command.message,
        answer_by=command.at + ANSWER_WITHIN,
    )


def _end(command: AskCommand, state: Pending) -> AskEvent:
    at, identifier, overdue = command.at, state.asked.ask_id, command.at >= state.asked.answer_by
    match command:
        case ApproveAsk() if overdue:
            raise AskEnded("Its seven days are over.")
        case ApproveAsk():
            return AskApproved(at=at, ask_id=identifier)
        case DenyAsk():
            return AskDenied(at=at, ask_id=identifier)
        case LapseAsk() if overdue:
            return AskLapsed(at=at, ask_id=identifier)
        case LapseAsk():
            raise AskStillOpen
        case WithdrawAsk():
            return AskRetracted(at=at, ask_id=identifier, because=command.because)
    raise AssertionError(f"{type(command).__name__} met a pending request")


def _after_the_end(command: AskCommand, state: Ended) -> list[AskEvent]:
    match command:
        case ApproveAsk() if state.ending != "approved":
            raise AskEnded(f"It was {state.ending}.")
        case DenyAsk() if state.ending == "approved":
            raise AskEnded("It was approved; remove the approval instead.")
    return []


def evolve(state: Ask, event: AskEvent) -> Ask:
    """The situation after one more event. It never refuses: what happened, happened."""
    if isinstance(event, ConsentAsked):
        return Pending(event)
    if isinstance(state, NeverAsked):
        raise ValueError(f"{type(event).__name__} cannot be the first event of a request")
    match event:
        case AskApproved():
            return Ended(state.asked, "approved", event.at)
        case AskDenied():
            return Ended(state.asked, "denied", event.at)
        case AskLapsed():
            return Ended(state.asked, "lapsed", event.at)
        case AskRetracted():
            return Ended(state.asked, "withdrawn", event.at)


ASK: Final = Decider[AskCommand, Ask, AskEvent]("ask", NeverAsked(), decide, evolve)

CATALOG: Final = Catalog()
CATALOG.register(ConsentAsked, "consent-asked.v1")
CATALOG.register(AskApproved, "consent-ask-approved.v1")
CATALOG.register(AskDenied, "consent-ask-denied.v1")
CATALOG.register(AskLapsed, "consent-ask-lapsed.v1")
CATALOG.register(AskRetracted, "consent-ask-retracted.v1")
