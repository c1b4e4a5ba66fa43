"""How often an account tries to enrol somebody: so many times a day, for an impostor may try on.

One stream for each account, ``attempts-acc_...``. What is turned away is kept as evidence, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from domain.kernel.catalog import Catalog
from domain.kernel.decider import Decider
from domain.kernel.errors import Refusal
from domain.kernel.ids import AccountId, EnrolmentId
from domain.kernel.model import Command, Event

ATTEMPTS_MAX: Final = 10
WITHIN: Final = timedelta(hours=24)


class CountAttempt(Command):
    """Let the account begin one more attempt."""

    account_id: AccountId
    enrolment_id: EnrolmentId


class NoteTurnedAway(Command):
    """Write down that an attempt was one too many."""

    account_id: AccountId
    enrolment_id: EnrolmentId


class AttemptCounted(Event):
    """The account began an attempt."""

    account_id: AccountId
    enrolment_id: EnrolmentId


class AttemptRefused(Event):
    """The account asked for one attempt too many."""

    account_id: AccountId
    enrolment_id: EnrolmentId


class TooManyAttempts(Refusal):
    """This account has begun as many attempts to enrol within a day as it may."""

    code = "enrolment-attempts-used-up"
    stage = "enrolment"
    next_step = "Wait until a day has passed since the first of them, then start another."


AttemptsCommand = CountAttempt | NoteTurnedAway
AttemptsEvent = AttemptCounted | AttemptRefused


@dataclass(frozen=True)
class Attempts:
    """When the account began its last attempts, oldest first, and how many were turned away since
    the last one."""

    begun: tuple[datetime, ...] = ()
    turned_away: int = 0


def decide(command: AttemptsCommand, state: Attempts) -> list[AttemptsEvent]:
    """Ten within any 24 hours; of those that are turned away between two, ten are kept."""
    fields = {"account_id": command.account_id, "enrolment_id": command.enrolment_id}
    if isinstance(command, NoteTurnedAway):
        if state.turned_away >= ATTEMPTS_MAX:
            return []
        return [AttemptRefused(at=command.at, **fields)]
    recent = [each for each in state.begun if command.at - each < WITHIN]
    if len(recent) >= ATTEMPTS_MAX:
        raise TooManyAttempts(
            f"It is {len(recent)} since {recent[0]:%Y-%m-%d %H:%M} UTC; {ATTEMPTS_MAX} are allowed."
        )
    return [AttemptCounted(at=command.at, **fields)]


def evolve(state: Attempts, event: AttemptsEvent) -> Attempts:
    """Only so many are remembered as can count."""
    if isinstance(event, AttemptRefused):
        return replace(state, turned_away=state.turned_away + 1)
    return Attempts(begun=(*state.begun, event.at)[-ATTEMPTS_MAX:])


ATTEMPTS: Final = Decider[AttemptsCommand, Attempts, AttemptsEvent](
    "attempts", Attempts(), decide, evolve
)

CATALOG: Final = Catalog()
CATALOG.register(AttemptCounted, "enrolment-attempt-counted.v1")
CATALOG.register(AttemptRefused, "enrolment-attempt-refused.v1")
