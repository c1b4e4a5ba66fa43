"""A notice: something that an account is told once, such as that its video is ready.

``about`` is the id of what it concerns: a generation, an enrolment, a cameo, a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from domain.kernel.catalog import Catalog
from domain.kernel.decider import Decider
from domain.kernel.ids import AccountId
from domain.kernel.model import Command, Event

Kind = Literal[
    "video-released",
    "generation-failed",
    "generation-cancelled",
    "cameo-approved",
    "cameo-refused",
    "cameo-under-review",
    "cameo-frozen",
    "cameo-suspended",
    "likeness-destroyed",
    "consent-asked",
    "consent-reminded",
    "consent-approved",
    "consent-denied",
    "consent-lapsed",
    "cast-drafted",
    "cast-blocked",
    "likeness-uncast",
    "content-held",
    "content-blocked",
    "content-allowed",
    "content-reinstated",
    "appeal-rejected",
    "restriction-undone",
    "video-taken-down",
]


class PostNotice(Command):
    """Tell an account what became of something of its own.

    ``occasion`` tells apart what can become of the same thing more than once.
    """

    account_id: AccountId
    about: str
    kind: Kind
    occasion: str = ""


class NoticePosted(Event):
    """The account was told."""

    account_id: AccountId
    about: str
    kind: Kind
    occasion: str = ""


@dataclass(frozen=True)
class Unposted:
    """The account has not been told."""


@dataclass(frozen=True)
class Posted:
    """The account has been told."""


Notice = Unposted | Posted


def notice_id(about: str, kind: Kind, occasion: str = "") -> str:
    """One notice for each outcome of a thing, on each occasion."""
    return ".".join(each for each in (about, occasion, kind) if each)


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
                    about=command.about,
                    kind=command.kind,
                    occasion=command.occasion,
                )
            ]


def evolve(state: Notice, event: NoticePosted) -> Notice:
    """What was told stays told."""
    return Posted()


NOTICE: Final = Decider[PostNotice, Notice, NoticePosted]("notice", Unposted(), decide, evolve)


def _about_its_generation(fields: dict[str, Any]) -> dict[str, Any]:
    """The first notices were about generations only."""
    said = dict(fields)
    return {"about": said.pop("generation_id"), **said}


CATALOG: Final = Catalog()
CATALOG.register(NoticePosted, "notice-posted.v2", {1: _about_its_generation})
