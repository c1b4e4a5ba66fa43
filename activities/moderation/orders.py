"""What the stories of moderation hand to an activity and get back."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime

from activities.orders import Errand
from domain.consent.roles import AdmittedCast
from domain.generation.brief import Brief
from domain.kernel.ids import AccountId, ModerationId
from domain.kernel.model import Value
from domain.kernel.surface import FEED, Surface
from domain.moderation.case_commands import Reading, Reviewer, Words
from domain.moderation.gates import Gate
from domain.moderation.policy import Clause
from domain.moderation.publishing import Because
from domain.video.media import Rendition

Situation = Literal["unscreened", "allowed", "held", "blocked", "on-appeal", "withdrawn"]


class WordsScreeningOrder(Errand):
    """Look at what a generation asks for, and judge it."""

    brief: Brief
    cast: AdmittedCast | None = None


class FilmScreeningOrder(Errand):
    """Look at what a generation became, and judge it."""

    brief: Brief
    rendition: Rendition
    cast: AdmittedCast | None = None


class CaseStanding(Value):
    """How a case stands in the log: at which gate, by which rule, and in which words.

    ``readings`` counts what has been said since it began to wait; ``surface`` is where the content
    is to be shown.
    """

    case_id: ModerationId
    account_id: AccountId
    gate: Gate
    situation: Situation
    clause: str
    words: str
    where: str
    priority: int
    readings: int
    decided_by_humans: bool
    position: int
    surface: Surface = FEED


class CaseErrand(Value):
    """What every order about a case carries."""

    case_id: ModerationId
    command_id: str
    at: AwareDatetime
    actor: str
    traceparent: str | None = None


class CaseLookOrder(CaseErrand):
    """See how a case stands."""


class ClaimOrder(CaseErrand):
    """Take a case out of the queue for a while."""

    reviewer: Reviewer


class ReturnOrder(CaseErrand):
    """Put it back."""

    reviewer: Reviewer


class ReadingOrder(CaseErrand):
    """Write down what a reviewer says."""

    reviewer: Reviewer
    reading: Reading
    because: Because
    clause: Clause | None = None
    words: Words = ""


class LapseHoldOrder(CaseErrand):
    """Refuse what nobody decided about in time."""


class AppealOrder(CaseErrand):
    """Write down that the person objects."""

    account_id: AccountId
    words: Words = ""


class ContentWithdrawalOrder(CaseErrand):
    """Write down that the content is gone."""

    because: Because
