"""What the domain asks of a vault: bytes sealed per subject, unreadable once its key is gone."""

from __future__ import annotations

from typing import Protocol


class Erased(Exception):
    """The subject's key was destroyed: what was sealed with it can never be read again."""


class SealBroken(Exception):
    """Sealed bytes were changed, or were sealed for another subject or under another name."""


class Vault(Protocol):
    """Seals bytes for one subject. ``name`` says what they are; opening needs the same name."""

    async def seal(self, subject: str, name: str, data: bytes) -> bytes:
        """Encrypt and authenticate. The subject's key is drawn when it has none."""
        ...

    async def unseal(self, subject: str, name: str, sealed: bytes) -> bytes:
        """The bytes again. Raises ``Erased``, or ``SealBroken``."""
        ...

    async def destroy(self, subject: str) -> None:
        """Destroy the subject's key; again changes nothing. Nothing is sealed for it any more."""
        ...
