"""The typed, empty twin of telling an account something."""

from __future__ import annotations

from temporalio import activity

from activities.account.orders import TellOrder, Told
from activities.fronts import elsewhere


@activity.defn
async def tell_account(order: TellOrder) -> Told:
    """Tell an account something once."""
    elsewhere()
