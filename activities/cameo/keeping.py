"""A likeness is destroyed in its time: its key, its templates, its references."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from temporalio import activity

from activities.cameo.enrolment import context_of
from activities.cameo.orders import (
    Destroyed,
    DestructionOrder,
)
from activities.cameo.places import LIKENESS
from activities.cameo.ports import Gallery
from activities.ledger import Decision, Ledger
from domain.cameo.cameo import Deleted
from domain.cameo.keeping import (
    CAMEO,
    CameoCommand,
    DestroyTemplates,
    SuspendCameo,
)
from domain.kernel.ports import ObjectStore
from domain.kernel.vault import Vault

RETENTION_OVER: Final = "retention-over"


class KeepingActivities:
    """Ends likenesses; every method is safe to repeat."""

    def __init__(self, store: ObjectStore, ledger: Ledger, vault: Vault, gallery: Gallery) -> None:
        self._store, self._ledger, self._vault = store, ledger, vault
        self._gallery = gallery

    @property
    def bodies(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [self.destroy_likeness]

    @activity.defn
    async def destroy_likeness(self, order: DestructionOrder) -> Destroyed:
        """Destroy the key, the templates and the references of one version, and say so in the log.

        The version is suspended first: what has no references cannot be cast.
        """
        await self._decide(
            order,
            SuspendCameo(
                command_id=f"{order.command_id}/suspend",
                at=order.at,
                reason=RETENTION_OVER,
                version=order.version,
                alarm=RETENTION_OVER,
            ),
        )
        await self._gallery.withdraw(order.enrolment_id)
        await self._vault.destroy(order.enrolment_id)
        removed = 0
        async for key, _ in self._store.list(f"{LIKENESS}/{order.enrolment_id}/"):
            await self._store.delete(key)
            removed += 1
        await self._decide(
            order,
            DestroyTemplates(command_id=order.command_id, at=order.at, version=order.version),
        )
        return Destroyed(objects=removed)

    async def _decide(self, order: DestructionOrder, command: CameoCommand) -> None:
        """Write it down; a cameo that is deleted already says enough."""
        if isinstance((await self._ledger.state(CAMEO, order.cameo_id)).state, Deleted):
            return
        await self._ledger.perform([Decision(CAMEO, order.cameo_id, command)], context_of(order))
