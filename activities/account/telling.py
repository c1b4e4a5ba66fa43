"""Tell an account something once, whatever it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from temporalio import activity

from activities.account.orders import TellOrder, Told
from activities.ledger import Context, Decision, Ledger
from domain.account.notice import NOTICE, PostNotice, notice_id


class TellingActivities:
    """Writes notices; safe to repeat."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @property
    def bodies(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [self.tell_account]

    @activity.defn
    async def tell_account(self, order: TellOrder) -> Told:
        """Post one notice; a second one of its kind about the same thing changes nothing."""
        command = PostNotice(
            command_id=order.command_id,
            at=order.at,
            account_id=order.account_id,
            about=order.about,
            kind=order.kind,
        )
        context = Context(order.actor, order.about, order.traceparent)
        decision = Decision(NOTICE, notice_id(order.about, order.kind), command)
        performed = await self._ledger.perform([decision], context)
        return Told(position=performed.position)
