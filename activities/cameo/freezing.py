"""What the log says of a cameo after its enrolment: frozen, let go, deleted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from temporalio import activity

from activities.cameo.enrolment import context_of
from activities.cameo.orders import Deletion, DeletionOrder, FreezeOrder, Frozen
from activities.ledger import Context, Decision, Ledger
from domain.cameo.cameo import Castable, Deleted, VersionApproved
from domain.cameo.keeping import (
    CAMEO,
    CameoOfAnother,
    CameoUnknown,
    DeleteCameo,
    ReinstateCameo,
    SuspendCameo,
)
from domain.kernel.errors import Refusal


class FreezingActivities:
    """Reads and writes the log; every method is safe to repeat."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @property
    def bodies(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [self.freeze_cameos, self.delete_cameo]

    @activity.defn
    async def freeze_cameos(self, order: FreezeOrder) -> Frozen:
        """Suspend cameos for this attempt's alarm, or end that; another attempt's alarm stands.

        One that is still being enrolled is held back until it exists, for its owner may pass
        meanwhile; one that was deleted is passed over.
        """
        accounts = []
        for cameo_id in order.cameos:
            kind = SuspendCameo if order.frozen else ReinstateCameo
            command = kind(
                command_id=f"{order.command_id}/{cameo_id}",
                at=order.at,
                cameo_id=cameo_id,
                reason=order.reason,
                alarm=order.enrolment_id,
            )
            with suppress(Refusal):
                performed = await self._ledger.perform(
                    [Decision(CAMEO, cameo_id, command)], context_of(order)
                )
                if isinstance(performed.states[0], Castable):
                    accounts.append(performed.states[0].account_id)
        return Frozen(accounts=tuple(accounts))

    @activity.defn
    async def delete_cameo(self, order: DeletionOrder) -> Deletion:
        """Delete a cameo in the log: from this position on nobody may use it."""
        state = (await self._ledger.state(CAMEO, order.cameo_id)).state
        if not isinstance(state, Castable | Deleted):
            raise CameoUnknown
        if state.account_id != order.account_id:
            raise CameoOfAnother
        command = DeleteCameo(command_id=order.command_id, at=order.at, reason=order.reason)
        context = Context(order.actor, f"cameo/{order.cameo_id}", order.traceparent)
        performed = await self._ledger.perform([Decision(CAMEO, order.cameo_id, command)], context)
        versions = {
            event.version.number: event.version.enrolment_id
            for event in await self._ledger.events(CAMEO, order.cameo_id)
            if isinstance(event, VersionApproved)
        }
        return Deletion(position=performed.position, versions=versions)
