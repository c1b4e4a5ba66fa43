"""Typed, empty twins of the activities of consent."""

from __future__ import annotations

from temporalio import activity

from activities.consent.orders import (
    AdmissionOrder,
    Admitted,
    AnswerOrder,
    Asked,
    AskOrder,
    AskStanding,
    LapseOrder,
    SidesOrder,
    WithdrawalOrder,
)
from activities.fronts import elsewhere


@activity.defn
async def record_ask(order: AskOrder) -> Asked:
    """Put the request before the owner."""
    elsewhere()


@activity.defn
async def answer_ask(order: AnswerOrder) -> AskStanding:
    """Write down what the owner said."""
    elsewhere()


@activity.defn
async def check_sides(order: SidesOrder) -> AskStanding:
    """See whether both sides are still there; end the request when one is not."""
    elsewhere()


@activity.defn
async def lapse_ask(order: LapseOrder) -> AskStanding:
    """Take the silence for a no."""
    elsewhere()


@activity.defn
async def withdraw_ask(order: WithdrawalOrder) -> AskStanding:
    """End the request without an answer."""
    elsewhere()


@activity.defn
async def admit_cast(order: AdmissionOrder) -> Admitted:
    """Ask everybody whom a brief calls, and reserve a use of each."""
    elsewhere()
