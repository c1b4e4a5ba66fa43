"""The vault in a folder: one AES-256 key per subject, in a file that only its owner may read.

The keys lie apart from every database, so that no backup and no write-ahead log of one keeps a key
that was destroyed. A destroyed key leaves a tombstone: a late writer cannot bring it back.
Sealed bytes are a version byte, a nonce of 12 bytes, then ciphertext and tag of AES-GCM
(NIST SP 800-38D); subject and name are authenticated with them.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.kernel.vault import Erased, SealBroken

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_VERSION: Final = b"\x01"
_TOMBSTONE: Final = b""


class FolderVault:
    """Keys as files below one folder, shared by every process of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def seal(self, subject: str, name: str, data: bytes) -> bytes:
        """Encrypt and authenticate. Raises ``Erased`` for a subject whose key was destroyed."""
        key = await asyncio.to_thread(self._key_of, subject)
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + AESGCM(key).encrypt(nonce, data, _bound_to(subject, name))

    async def unseal(self, subject: str, name: str, sealed: bytes) -> bytes:
        """The bytes again. Raises ``Erased``, or ``SealBroken``."""
        key = await asyncio.to_thread(self._read, self._path(subject))
        if not key:
            raise Erased
        if sealed[:1] != _VERSION or len(sealed) <= 1 + _NONCE_BYTES:
            raise SealBroken
        nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, ciphertext, _bound_to(subject, name))
        except InvalidTag:
            raise SealBroken from None

    async def destroy(self, subject: str) -> None:
        """Write over the key and cut its file off; an empty file stays as the tombstone."""
        await asyncio.to_thread(self._destroy, self._path(subject))

    def _path(self, subject: str) -> Path:
        name = hashlib.sha256(subject.encode()).hexdigest()
        return self._folder / name[:2] / f"{name}.key"

    def _key_of(self, subject: str) -> bytes:
        path = self._path(subject)
        if not path.exists():
            self._draw(path)
        key = self._read(path)
        if not key:
            raise Erased
        return key

    def _draw(self, path: Path) -> None:
        """Put a new key in its place, unless somebody else was faster."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{path.stem}.{os.getpid()}.{os.urandom(4).hex()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(os.urandom(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(draft, path)
        finally:
            draft.unlink()

    def _read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return _TOMBSTONE

    def _destroy(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
            file.truncate(0)
            os.fsync(file.fileno())


def _bound_to(subject: str, name: str) -> bytes:
    return f"{subject}\x00{name}".encode()
