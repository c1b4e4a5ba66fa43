"""Clearances: content of an account that humans have let pass, so that it is not stopped again.

One stream for each account and content, ``clearance-HASH``. A clearance is about the same content
to the last character, of the same account, at any gate, and for the surface that humans looked at
it for: what passes among adults is not let pass among children.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.kernel.catalog import Catalog
from domain.kernel.decider import Decider
from domain.kernel.model import Command, Event


class ClearContent(Command):
    """Let this content of an account pass from now on; ``case_id`` is where humans decided so."""

    case_id: str


class ContentCleared(Event):
    """Humans let this content pass."""

    case_id: str


@dataclass(frozen=True)
class Uncleared:
    """Nobody has decided about this content."""


@dataclass(frozen=True)
class Cleared:
    """Humans have let it pass, in this case."""

    case_id: str


Clearance = Uncleared | Cleared


def decide(command: ClearContent, state: Clearance) -> list[ContentCleared]:
    """It is cleared once; the first case stands."""
    match state:
        case Cleared():
            return []
        case Uncleared():
            return [ContentCleared(at=command.at, case_id=command.case_id)]


def evolve(state: Clearance, event: ContentCleared) -> Clearance:
    """What was cleared stays cleared."""
    return Cleared(event.case_id)


CLEARANCE: Final = Decider[ClearContent, Clearance, ContentCleared](
    "clearance", Uncleared(), decide, evolve
)

CATALOG: Final = Catalog()
CATALOG.register(ContentCleared, "content-cleared.v1")
