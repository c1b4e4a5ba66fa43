"""An appearance: one cameo in somebody's generation, as its owner is told of it.

Its stream is ``appearance-apr_...``, one for each generation and cameo. It begins when a caster is
admitted (*drafted*) or is not (*blocked*), or when a detector sees somebody in a film who is not in
its cast (*uncast*); it ends when the video is *released*, or when there will be none (*ended*). The
caster's words are not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from domain.consent.check import Reason
from domain.consent.terms import Act
from domain.kernel.catalog import Catalog
from domain.kernel.decider import Decider
from domain.kernel.ids import AccountId, AppearanceId, CameoId, GenerationId, VideoId, pair
from domain.kernel.model import Command, Event

Turn = Literal["drafted", "uncast", "blocked", "released", "ended"]
_BEGINNINGS: Final = ("drafted", "uncast")
"""What can turn into something else."""


class NoteAppearance(Command):
    """Say how a cameo's part in a generation stands now."""

    appearance_id: AppearanceId
    cameo_id: CameoId
    version: int
    generation_id: GenerationId
    owner_id: AccountId
    caster_id: AccountId
    turn: Turn
    act: Act
    reasons: tuple[Reason, ...] = ()
    video_id: VideoId | None = None


class AppearanceNoted(Event):
    """A cameo's part in a generation stands so; ``reasons`` are what its own consent refused."""

    appearance_id: AppearanceId
    cameo_id: CameoId
    version: int
    generation_id: GenerationId
    owner_id: AccountId
    caster_id: AccountId
    turn: Turn
    act: Act
    reasons: tuple[Reason, ...]
    video_id: VideoId | None = None


@dataclass(frozen=True)
class Unseen:
    """The cameo has no part in the generation that anybody was told of."""


@dataclass(frozen=True)
class Appearing:
    """How the cameo's part stands."""

    noted: AppearanceNoted


Appearance = Unseen | Appearing


def appearance_id(generation_id: str, cameo_id: str) -> str:
    """The id of a cameo's part in a generation."""
    return pair(generation_id, cameo_id, "apr")


def decide(command: NoteAppearance, state: Appearance) -> list[AppearanceNoted]:
    """Beginnings can turn into anything but each other; every other turn is the last one."""
    match state:
        case Appearing(noted) if noted.turn not in _BEGINNINGS or command.turn in _BEGINNINGS:
            return []
        case Unseen() if command.turn in ("released", "ended"):
            return []
    return [AppearanceNoted.model_validate(command.model_dump(exclude={"command_id"}))]


def evolve(state: Appearance, event: AppearanceNoted) -> Appearance:
    """What is known after one more event."""
    return Appearing(event)


APPEARANCE: Final = Decider[NoteAppearance, Appearance, AppearanceNoted](
    "appearance", Unseen(), decide, evolve
)

CATALOG: Final = Catalog()
CATALOG.register(AppearanceNoted, "appearance-noted.v1")
