"""What becomes of a cameo after its enrolment: frozen, let go, destroyed in time, deleted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from temporalio import activity

from activities.cameo.enrolment import context_of
from activities.cameo.orders import (
    Deletion,
    DeletionOrder,
    Destroyed,
    DestructionOrder,
    FreezeOrder,
    Frozen,
)
from activities.cameo.places import LIKENESS
from activities.cameo.ports import Gallery
from activities.ledger import Context, Decision, Ledger
from domain.cameo.cameo import Castable, Deleted, VersionApproved
from domain.cameo.keeping import (
    CAMEO,
    CameoCommand,
    CameoOfAnother,
    CameoUnknown,
    DeleteCameo,
    DestroyTemplates,
    ReinstateCameo,
    SuspendCameo,
)
from domain.kernel.errors import Refusal
from domain.kernel.ports import ObjectStore
from domain.kernel.vault import Vault

RETENTION_OVER: Final = "retention-over"


class KeepingActivities:
    """Keeps and ends likenesses; every method is safe to repeat."""

    def __init__(
        self, store: ObjectStore, ledger: Ledger, vault: Vault, gallery: Gallery
    ) -> None:
        self._store, self._ledger, self._vault = store, ledger, vault
        self._gallery = gallery

    @property
    def bodies(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [self.freeze_cameos, self.delete_cameo, self.destroy_likeness]

    @activity.defn
    async def freeze_cameos(self, order: FreezeOrder) -> Frozen:
        """Suspend cameos, or end that; one that does not exist, or no longer, is passed over."""
        accounts = []
        for cameo_id in order.cameos:
            kind = SuspendCameo if order.frozen else ReinstateCameo
            command = kind(
                command_id=f"{order.command_id}/{cameo_id}", at=order.at, reason=order.reason
            )
            with suppress(Refusal):
                performed = await self._ledger.perform(
                    [Decision(CAMEO, cameo_id, command)], context_of(order)
                )
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
        performed = await self._ledger.perform(
            [Decision(CAMEO, order.cameo_id, command)], context
        )
        versions = {
            event.version.number: event.version.enrolment_id
            for event in await self._ledger.events(CAMEO, order.cameo_id)
            if isinstance(event, VersionApproved)
        }
        return Deletion(position=performed.position, versions=versions)

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
