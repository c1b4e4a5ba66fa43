"""The gallery's twin in memory, for tests and for trying out."""

from __future__ import annotations

from activities.cameo.ports import Likeness
from activities.likeness.contract import Template


class MemoryGallery:
    """All likenesses in one dictionary, which tests may look into."""

    def __init__(self) -> None:
        self.entries: dict[str, Likeness] = {}
        self.guarded: dict[str, Likeness] = {}

    async def enter(self, likeness: Likeness) -> None:
        """Keep a likeness."""
        self.entries[likeness.enrolment_id] = likeness

    async def protect(self, likeness: Likeness) -> None:
        """Keep the likeness of somebody whom nobody may enrol."""
        self.guarded[likeness.enrolment_id] = likeness

    async def protected(self) -> list[str]:
        """The ids of everybody whom nobody may enrol."""
        return sorted(self.guarded)

    async def others(self, account_id: str) -> list[Template]:
        """Everybody's but this account's."""
        return [
            Template(
                key=each.cameo_id,
                kind=kind,
                face=each.face,
                voice=each.voice,
                face_by=each.face_by,
                voice_by=each.voice_by,
            )
            for kind, likenesses in (("enrolled", self.entries), ("protected", self.guarded))
            for each in likenesses.values()
            if each.account_id != account_id
        ]

    async def find(self, enrolment_id: str) -> Likeness | None:
        """One attempt's own likeness."""
        return self.entries.get(enrolment_id)

    async def withdraw(self, enrolment_id: str) -> None:
        """Remove an attempt's likeness."""
        self.entries.pop(enrolment_id, None)
        self.guarded.pop(enrolment_id, None)
