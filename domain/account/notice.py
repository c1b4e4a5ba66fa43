"""A notice: something that an account is told once, such as that its video is ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from domain.kernel.catalog import Catalog
from domain.kernel.decider import Decider
from domain.kernel.ids import AccountId, GenerationId
from domain.kernel.model import Command, Event

Kind = Literal["video-released", "generation-failed", "generation-cancelled"]


class PostNotice(Command):
    """Tell an account what became of its generation."""

    account_id: AccountId
    generation_id: GenerationId
    kind: Kind


class NoticePosted(Event):
    """The account was told."""

    account_id: AccountId
    generation_id: GenerationId
    kind: Kind


@dataclass(frozen=True)
class Unposted:
    """The account has not been told."""


@dataclass(frozen=True)
class Posted:
    """The account has been told."""


Notice = Unposted | Posted


def notice_id(generation_id: str, kind: Kind) -> str:
    """One notice for each outcome of a generation."""
    return f"{generation_id}.{kind}"


def decide(command: PostNotice, state: Notice) -> list[NoticePosted]:
    """Nobody is told twice."""
    match state:
        case Posted():
            return []
        case Unposted():
            return [
                NoticePosted(
                    at=command.at,
                    account_id=command.account_id,
                    generation_id=command.generation_id,
                    kind=command.kind,
                )
            ]


def evolve(state: Notice, event: NoticePosted) -> Notice:
    """What was told stays told."""
    return Posted()


NOTICE: Final = Decider[PostNotice, Notice, NoticePosted]("notice", Unposted(), decide, evolve)

CATALOG: Final = Catalog()
CATALOG.register(NoticePosted, "notice-posted.v1")
