"""A protected person: somebody whose face nobody may enrol, such as a public figure or a victim.

Its stream is ``protection-prt_...``. Who it is stands nowhere in the log: operators keep that in
records of their own, and the ``reference`` names the record. The face lies sealed in the gallery.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from pydantic import StringConstraints

from domain.cameo.cameo import Code
from domain.kernel.catalog import Catalog
from domain.kernel.decider import Decider
from domain.kernel.errors import Refusal
from domain.kernel.ids import ProtectedId
from domain.kernel.model import Command, Event

Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,59}$")]


class ProtectPerson(Command):
    """Let nobody enrol this person's face."""

    protected_id: ProtectedId
    reason: Code
    reference: Reference
    model: str
    version: str


class EndProtection(Command):
    """Take the person off the list; the face is destroyed."""

    reason: Code


class PersonProtected(Event):
    """Nobody may enrol this person's face; ``model`` and ``version`` made its template."""

    protected_id: ProtectedId
    reason: str
    reference: str
    model: str
    version: str


class ProtectionEnded(Event):
    """The person is no longer on the list."""

    protected_id: ProtectedId
    reason: str


ProtectionCommand = ProtectPerson | EndProtection
ProtectionEvent = PersonProtected | ProtectionEnded


@dataclass(frozen=True)
class Unprotected:
    """Nobody has been protected under this id."""


@dataclass(frozen=True)
class Protected:
    """The person is on the list."""

    protected_id: str
    reason: str
    reference: str
    since: datetime


@dataclass(frozen=True)
class Ended:
    """The person was on the list."""

    protected_id: str


Protection = Unprotected | Protected | Ended


class ProtectionUnknown(Refusal):
    """Nobody is protected under this id."""

    code = "protection-unknown"
    next_step = "Look for the id with ./callsheet cameos protect list."


class ProtectionOver(Refusal):
    """This protection has ended; its face is destroyed."""

    code = "protection-over"
    next_step = "Protect the person anew from a picture."


def decide(command: ProtectionCommand, state: Protection) -> list[ProtectionEvent]:
    """The same asked twice happens once."""
    match command, state:
        case ProtectPerson(), Unprotected():
            return [
                PersonProtected(
                    at=command.at,
                    protected_id=command.protected_id,
                    reason=command.reason,
                    reference=command.reference,
                    model=command.model,
                    version=command.version,
                )
            ]
        case ProtectPerson(), Protected():
            return []
        case ProtectPerson(), Ended():
            raise ProtectionOver
        case EndProtection(), Protected():
            return [
                ProtectionEnded(
                    at=command.at, protected_id=state.protected_id, reason=command.reason
                )
            ]
        case EndProtection(), Ended():
            return []
    raise ProtectionUnknown


def evolve(_: Protection, event: ProtectionEvent) -> Protection:
    """The situation after one more event."""
    match event:
        case PersonProtected():
            return Protected(event.protected_id, event.reason, event.reference, event.at)
        case ProtectionEnded():
            return Ended(event.protected_id)


PROTECTION: Final = Decider[ProtectionCommand, Protection, ProtectionEvent](
    "protection", Unprotected(), decide, evolve
)

CATALOG: Final = Catalog()
CATALOG.register(PersonProtected, "person-protected.v1")
CATALOG.register(ProtectionEnded, "person-protection-ended.v1")
