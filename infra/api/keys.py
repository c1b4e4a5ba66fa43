"""Keys of client applications: their names and the hashes of their keys, in a file of JSON.

A key is 256 bits of chance, so a plain SHA-256 of it cannot be turned back. The file may change
while the server runs; it is read again when its time of change differs.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from pathlib import Path
from typing import Final

from infra.embedded.private_files import write_private
from infra.errors import UserError

_NAME: Final = re.compile(r"^[a-z0-9][a-z0-9-]{0,39}$")
_HASH: Final = re.compile(r"^[0-9a-f]{64}$")


class KeysUnreadable(UserError):
    """The file of keys is missing or is not what it should be."""


class ClientKeys:
    """Answers which client application a key belongs to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._hashes: dict[str, bytes] = {}

    def client_of(self, key: str) -> str | None:
        """The application's name, or ``None``. Takes equally long whoever it belongs to."""
        self._refresh()
        given, found = hashlib.sha256(key.encode()).digest(), None
        for name, known in self._hashes.items():
            if hmac.compare_digest(given, known):
                found = name
        return found

    def _refresh(self) -> None:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            raise KeysUnreadable(f"{self._path} does not exist; issue a key first.") from None
        seen = (stat.st_mtime_ns, stat.st_size)
        if seen != self._seen:
            self._hashes = read_keys(self._path)
            self._seen = seen


def read_keys(path: Path) -> dict[str, bytes]:
    """Names and hashes as the file has them. Raises ``KeysUnreadable``, naming the entry."""
    try:
        clients = json.loads(path.read_text(encoding="utf-8"))["clients"].items()
    except (ValueError, KeyError, TypeError, AttributeError) as broken:
        raise KeysUnreadable(f"{path} holds no clients; correct it or issue new keys.") from broken
    for name, digest in clients:
        if not (_NAME.match(name) and isinstance(digest, str) and _HASH.match(digest)):
            raise KeysUnreadable(f"{path}: the entry {name!r} is not a name with a SHA-256 in hex.")
    return {name: bytes.fromhex(digest) for name, digest in clients}


def issue_key(path: Path, name: str) -> str:
    """Add an application, or replace its key, and return the key: it is not kept here."""
    if not _NAME.match(name):
        raise ValueError(f"{name!r} is not an application's name: use a-z, 0-9 and hyphens")
    key = f"csk_{secrets.token_urlsafe(32)}"
    known = read_keys(path) if path.exists() else {}
    known[name] = hashlib.sha256(key.encode()).digest()
    clients = {each: digest.hex() for each, digest in sorted(known.items())}
    write_private(path, json.dumps({"clients": clients}, indent=2) + "\n")
    return key


def first_key(keys: Path, readable: Path, name: str = "app") -> str:
    """The key that a new home begins with, kept readable for its owner alone (mode 0600)."""
    if readable.exists() and keys.exists():
        key = readable.read_text(encoding="utf-8").strip()
        if ClientKeys(keys).client_of(key) == name:
            return key
    key = issue_key(keys, name)
    write_private(readable, f"{key}\n")
    return key
