"""What the activities of a cameo ask of the world: a gallery of known faces and voices, chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from activities.likeness.contract import Finding, Template

Entropy = Callable[[int], bytes]
"""So many bytes of chance, from the operating system where it is not a test."""


@dataclass(frozen=True)
class Likeness:
    """Whose face and voice: float32 vectors of unit length, little-endian, and the models that made
    them, as ``activities.likeness.models`` calls them."""

    enrolment_id: str
    cameo_id: str
    account_id: str
    face: bytes | None
    voice: bytes | None
    face_by: str | None = None
    voice_by: str | None = None


@dataclass(frozen=True)
class Measured:
    """A face and a voice as the models of today have them, and what these models are called."""

    face: bytes | None
    voice: bytes | None
    face_by: str
    voice_by: str


@dataclass(frozen=True)
class SeenAgain:
    """Every finding that can be made anew; of a person also the face and the voice."""

    findings: tuple[Finding, ...]
    measured: Measured | None = None


class CameoIndex(Protocol):
    """Every cameo that exists, in the order of ids."""

    async def after(self, cameo_id: str, limit: int) -> Sequence[str]:
        """The ids that follow one of them; the empty text stands before the first."""
        ...


class Gallery(Protocol):
    """Faces and voices of everybody enrolled or being enrolled, sealed, and of protected people."""

    async def enter(self, likeness: Likeness) -> None:
        """Keep a likeness before it is approved, so that two attempts at once see each other."""
        ...

    async def others(self, account_id: str) -> Sequence[Template]:
        """Everybody's but this account's; the key of an enrolled one is its cameo's id."""
        ...

    async def find(self, enrolment_id: str) -> Likeness | None:
        """One attempt's own likeness; None where it is not kept, or its key is gone."""
        ...

    async def withdraw(self, enrolment_id: str) -> None:
        """Remove an attempt's likeness; again changes nothing."""
        ...
