"""A case: bytes of ours on which a layer of provenance does not verify, for somebody to look at.

Its stream is ``case-cas_...``, one for each artefact and file. Whoever has looked closes it and
says why; what fails to verify once more after that opens it again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import StringConstraints
from ulid import ULID

from domain.kernel.catalog import Catalog
from domain.kernel.decider import Decider
from domain.kernel.errors import Refusal
from domain.kernel.ids import RANDOM_BYTES, CaseId
from domain.kernel.model import Command, Event
from domain.provenance.proof import ArtefactId
from domain.video.media import Sha256

FoundBy = Literal["export", "audit"]

Looker = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9/-]{0,199}$")]
"""Who looked: the staff application and the id that it gave a person; never a name."""

ClosedBecause = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,59}$")]
"""One stable word, such as ``bytes-restored``; never a sentence about a person."""


class OpenCase(Command):
    """Say that a layer does not verify on these bytes."""

    case_id: CaseId
    artefact_id: ArtefactId
    film_sha256: Sha256
    found_by: FoundBy
    code: str
    explanation: str


class CloseCase(Command):
    """Say that somebody has looked, and why nothing more is to be done."""

    case_id: CaseId
    closed_by: Looker
    because: ClosedBecause


class CaseOpened(Event):
    """A layer does not verify on these bytes; ``explanation`` names it."""

    case_id: CaseId
    artefact_id: ArtefactId
    film_sha256: Sha256
    found_by: FoundBy
    code: str
    explanation: str


class CaseClosed(Event):
    """Somebody has looked, and nothing more is to be done."""

    case_id: CaseId
    closed_by: Looker
    because: ClosedBecause


CaseCommand = OpenCase | CloseCase
CaseEvent = CaseOpened | CaseClosed


@dataclass(frozen=True)
class NoCase:
    """Nothing was found."""


@dataclass(frozen=True)
class Open:
    """Somebody has to look. ``before`` is how it was closed the last time, where it was."""

    opened: CaseOpened
    before: CaseClosed | None = None


@dataclass(frozen=True)
class Closed:
    """Somebody has looked."""

    opened: CaseOpened
    closed: CaseClosed


Case = NoCase | Open | Closed


class ProvenanceCaseUnknown(Refusal):
    """There is no provenance case with this id."""

    code = "provenance-case-unknown"
    stage = "provenance"
    next_step = "Check the id, or list the cases with GET /v1/provenance/cases."


class ProvenanceCaseNotOpen(Refusal):
    """This provenance case is closed already."""

    code = "provenance-case-not-open"
    stage = "provenance"
    next_step = "Read who closed it and why; it opens again when its bytes fail to verify again."


def case_id(artefact_id: str, film_sha256: str) -> str:
    """The id of the case about these bytes of this artefact; it keeps the artefact's time."""
    body = ULID.from_str(artefact_id.rsplit("_", 1)[1]).bytes
    digest = hashlib.sha256(b"cas" + body + film_sha256.encode()).digest()[:RANDOM_BYTES]
    return f"cas_{ULID.from_bytes(body[:6] + digest)}"


def decide(command: CaseCommand, state: Case) -> list[CaseEvent]:
    """A case is opened once until somebody closes it, and closed once until it is opened again."""
    match command, state:
        case OpenCase(), Open():
            return []
        case OpenCase(), _:
            return [CaseOpened.model_validate(command.model_dump(exclude={"command_id"}))]
        case CloseCase(), Open():
            return [CaseClosed.model_validate(command.model_dump(exclude={"command_id"}))]
        case CloseCase(), Closed():
            raise ProvenanceCaseNotOpen
        case CloseCase(), NoCase():
            raise ProvenanceCaseUnknown
    raise AssertionError(f"{type(command).__name__} met {type(state).__name__}")


def evolve(state: Case, event: CaseEvent) -> Case:
    """What is known after one more event."""
    match event, state:
        case CaseOpened(), Closed(closed=closed):
            return Open(event, closed)
        case CaseOpened(), _:
            return Open(event)
        case CaseClosed(), Open(opened=opened):
            return Closed(opened, event)
    raise ValueError("a case was closed that was not open")


CASE: Final = Decider[CaseCommand, Case, CaseEvent]("case", NoCase(), decide, evolve)

CATALOG: Final = Catalog()
CATALOG.register(CaseOpened, "provenance-case-opened.v1")
CATALOG.register(CaseClosed, "provenance-case-closed.v1")
