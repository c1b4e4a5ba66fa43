"""A case: bytes of ours on which a layer of provenance does not verify, for somebody to look at.

Its stream is ``case-cas_...``, one for each artefact and file.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, Literal

from ulid import ULID

from domain.kernel.catalog import Catalog
from domain.kernel.decider import Decider
from domain.kernel.ids import RANDOM_BYTES, CaseId
from domain.kernel.model import Command, Event
from domain.provenance.proof import ArtefactId
from domain.video.media import Sha256

FoundBy = Literal["export", "audit"]


class OpenCase(Command):
    """Say that a layer does not verify on these bytes."""

    case_id: CaseId
    artefact_id: ArtefactId
    film_sha256: Sha256
    found_by: FoundBy
    code: str
    explanation: str


class CaseOpened(Event):
    """A layer does not verify on these bytes; ``explanation`` names it."""

    case_id: CaseId
    artefact_id: ArtefactId
    film_sha256: Sha256
    found_by: FoundBy
    code: str
    explanation: str


@dataclass(frozen=True)
class NoCase:
    """Nothing was found."""


@dataclass(frozen=True)
class Open:
    """Somebody has to look."""

    opened: CaseOpened


Case = NoCase | Open


def case_id(artefact_id: str, film_sha256: str) -> str:
    """The id of the case about these bytes of this artefact; it keeps the artefact's time."""
    body = ULID.from_str(artefact_id.rsplit("_", 1)[1]).bytes
    digest = hashlib.sha256(b"cas" + body + film_sha256.encode()).digest()[:RANDOM_BYTES]
    return f"cas_{ULID.from_bytes(body[:6] + digest)}"


def decide(command: OpenCase, state: Case) -> list[CaseOpened]:
    """A case is opened once."""
    match state:
        case NoCase():
            return [CaseOpened.model_validate(command.model_dump(exclude={"command_id"}))]
        case Open():
            return []


def evolve(state: Case, event: CaseOpened) -> Case:
    """What is known after one more event."""
    return Open(event)


CASE: Final = Decider[OpenCase, Case, CaseOpened]("case", NoCase(), decide, evolve)

CATALOG: Final = Catalog()
CATALOG.register(CaseOpened, "provenance-case-opened.v1")
