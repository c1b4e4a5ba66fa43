"""An export: a copy of a video for outside, with the visible mark, or the reason why there is none.

Its stream is ``export-exp_...``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.kernel.catalog import Catalog
from domain.kernel.decider import Decider
from domain.kernel.errors import Refusal
from domain.kernel.ids import AccountId, ExportId, ModerationId, VideoId
from domain.kernel.model import Command, Event
from domain.provenance.proof import OF_AN_EXPORT, Proof, Unproven, require_proof
from domain.video.media import MediaFile


class RequestExport(Command):
    """Ask for a copy of a video for outside."""

    export_id: ExportId
    video_id: VideoId
    account_id: AccountId


class CompleteExport(Command):
    """Let the copy leave: its bytes are stored and every layer of them was verified.

    ``case_id`` is the moderation case in which the film was judged for outside.
    """

    film: MediaFile
    proof: Proof
    case_id: ModerationId | None = None


class RefuseExport(Command):
    """Say why there is no copy."""

    code: str
    stage: str
    explanation: str


class ExportRequested(Event):
    """Somebody asked for a copy for outside."""

    export_id: ExportId
    video_id: VideoId
    account_id: AccountId


class ExportCompleted(Event):
    """The copy may leave, while the case lets it; ``proof`` is what was verified on its bytes.

    Copies of before films were judged for outside name no ``case_id``.
    """

    export_id: ExportId
    video_id: VideoId
    account_id: AccountId
    film: MediaFile
    proof: Proof
    case_id: ModerationId | None = None


class ExportRefused(Event):
    """There is no copy, and this is why."""

    export_id: ExportId
    video_id: VideoId
    account_id: AccountId
    code: str
    stage: str
    explanation: str


ExportCommand = RequestExport | CompleteExport | RefuseExport
ExportEvent = ExportRequested | ExportCompleted | ExportRefused


@dataclass(frozen=True)
class Unasked:
    """Nobody has asked."""


@dataclass(frozen=True)
class Asked:
    """It is being made."""

    export_id: str
    video_id: str
    account_id: str


@dataclass(frozen=True)
class Completed(Asked):
    """The copy may leave."""

    film: MediaFile
    proof: Proof
    case_id: str | None = None


@dataclass(frozen=True)
class Refused(Asked):
    """There is none."""

    code: str
    stage: str
    explanation: str


Export = Unasked | Asked | Completed | Refused


class ExportUnknown(Refusal):
    """No export with this id was asked for."""

    code = "export-unknown"
    stage = "export"
    next_step = "Check the id, or ask for a copy with POST /v1/videos/{video_id}/exports."


class ExportSettled(Refusal):
    """This export has already ended."""

    code = "export-already-settled"
    stage = "export"
    next_step = "Read how it ended; ask for a new copy if you want another."


def decide(command: ExportCommand, state: Export) -> list[ExportEvent]:
    """Nothing leaves without a proof of every layer, the visible mark among them."""
    match command, state:
        case RequestExport(), Unasked():
            return [ExportRequested.model_validate(command.model_dump(exclude={"command_id"}))]
        case RequestExport(), Asked():
            return []
        case _, Unasked():
            raise ExportUnknown
        case CompleteExport(), Completed(film=film) if film == command.film:
            return []
        case RefuseExport(), Refused():
            return []
        case _, Completed() | Refused():
            raise ExportSettled
        case CompleteExport(), Asked():
            require_proof(command.proof, state.export_id, command.film.sha256, OF_AN_EXPORT)
            if command.proof.parents != (state.video_id,):
                raise Unproven(f"The proof of {state.export_id} is of a copy of something else.")
            return [
                ExportCompleted(
                    at=command.at,
                    export_id=state.export_id,
                    video_id=state.video_id,
                    account_id=state.account_id,
                    film=command.film,
                    proof=command.proof,
                    case_id=command.case_id,
                )
            ]
        case RefuseExport(), Asked():
            return [
                ExportRefused(
                    at=command.at,
                    export_id=state.export_id,
                    video_id=state.video_id,
                    account_id=state.account_id,
                    code=command.code,
                    stage=command.stage,
                    explanation=command.explanation,
                )
            ]
    raise AssertionError(f"{type(command).__name__} met {type(state).__name__}")


def evolve(state: Export, event: ExportEvent) -> Export:
    """The situation after one more event."""
    asked = (event.export_id, event.video_id, event.account_id)
    match event:
        case ExportRequested():
            return Asked(*asked)
        case ExportCompleted():
            return Completed(*asked, film=event.film, proof=event.proof, case_id=event.case_id)
        case ExportRefused():
            return Refused(
                *asked, code=event.code, stage=event.stage, explanation=event.explanation
            )


EXPORT: Final = Decider[ExportCommand, Export, ExportEvent]("export", Unasked(), decide, evolve)

CATALOG: Final = Catalog()
CATALOG.register(ExportRequested, "export-requested.v1")
CATALOG.register(ExportCompleted, "export-completed.v1")
CATALOG.register(ExportRefused, "export-refused.v1")
