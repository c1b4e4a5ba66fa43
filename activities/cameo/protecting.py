"""The list of protected people: a sealed face in the gallery, and an event for each change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from activities.cameo.ports import Likeness
from activities.ledger import Context, Decision, Ledger
from activities.likeness import models
from domain.cameo.protection import PROTECTION, EndProtection, Protection, ProtectPerson
from domain.kernel.vault import Vault


class ProtectedGallery(Protocol):
    """The part of the gallery that only the list uses."""

    async def protect(self, likeness: Likeness) -> None:
        """Keep the likeness of somebody whom nobody may enrol."""
        ...

    async def protected(self) -> Sequence[str]:
        """The ids of everybody on the list."""
        ...

    async def withdraw(self, enrolment_id: str) -> None:
        """Remove a likeness; again changes nothing."""
        ...


@dataclass(frozen=True)
class Listed:
    """One of the list: its id, and how its stream stands."""

    protected_id: str
    protection: Protection


class ProtectedPeople:
    """Adds, shows and removes; every change is safe to repeat with the same command."""

    def __init__(self, ledger: Ledger, gallery: ProtectedGallery, vault: Vault) -> None:
        self._ledger, self._gallery, self._vault = ledger, gallery, vault

    async def add(self, command: ProtectPerson, face: bytes, context: Context) -> None:
        """Keep the face first, so that whoever reads the event can rely on it."""
        identifier = command.protected_id
        await self._gallery.protect(
            Likeness(identifier, identifier, "", face, None, face_by=models.sface().label)
        )
        await self._ledger.perform([Decision(PROTECTION, identifier, command)], context)

    async def remove(self, protected_id: str, command: EndProtection, context: Context) -> None:
        """Write it down first: a face whose key is gone protects nobody. Raises a Refusal."""
        await self._ledger.perform([Decision(PROTECTION, protected_id, command)], context)
        await self._vault.destroy(protected_id)
        await self._gallery.withdraw(protected_id)

    async def listed(self) -> list[Listed]:
        """Everybody on the list, oldest first."""
        return [
            Listed(each, (await self._ledger.state(PROTECTION, each)).state)
            for each in await self._gallery.protected()
        ]
