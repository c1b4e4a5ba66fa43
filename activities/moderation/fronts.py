"""Typed, empty twins of the activities of moderation."""

from __future__ import annotations

from temporalio import activity

from activities.fronts import elsewhere
from activities.moderation.orders import (
    AppealOrder,
    CaseLookOrder,
    CaseStanding,
    ClaimOrder,
    ContentWithdrawalOrder,
    FilmScreeningOrder,
    LapseHoldOrder,
    ReadingOrder,
    ReturnOrder,
    WordsScreeningOrder,
)


@activity.defn
async def screen_words(order: WordsScreeningOrder) -> CaseStanding:
    """Look at what a generation asks for, and judge it."""
    elsewhere()


@activity.defn
async def screen_film(order: FilmScreeningOrder) -> CaseStanding:
    """Look at what a generation became, and judge it."""
    elsewhere()


@activity.defn
async def look_into_case(order: CaseLookOrder) -> CaseStanding:
    """See how a case stands."""
    elsewhere()


@activity.defn
async def claim_case(order: ClaimOrder) -> CaseStanding:
    """Take a case out of the queue for a while."""
    elsewhere()


@activity.defn
async def return_case(order: ReturnOrder) -> CaseStanding:
    """Put a claimed case back into the queue."""
    elsewhere()


@activity.defn
async def read_case(order: ReadingOrder) -> CaseStanding:
    """Write down what a reviewer says, and what that settles."""
    elsewhere()


@activity.defn
async def lapse_hold(order: LapseHoldOrder) -> CaseStanding:
    """Refuse what nobody decided about in time."""
    elsewhere()


@activity.defn
async def lodge_appeal(order: AppealOrder) -> CaseStanding:
    """Write down that the person objects."""
    elsewhere()


@activity.defn
async def withdraw_content(order: ContentWithdrawalOrder) -> CaseStanding:
    """Write down that the content is gone."""
    elsewhere()
