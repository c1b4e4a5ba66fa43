"""Names for the accounts in moderation cases: HMAC-SHA-256 under a key of this home.

One account has another name in every case, so two cases of one person do not show that they are.
Without ``pseudonym-key`` nobody can make a name out of an account's id, or check one: who reviews
may know ids, and must not be able to try them. Losing the key gives every case a new name, no more.
"""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path
from typing import Final

from infra.embedded.private_files import kept_private
from infra.errors import UserError

FILE_NAME: Final = "pseudonym-key"
KEY_BYTES: Final = 32
_DIGITS: Final = 8


class PseudonymKeyUnusable(UserError):
    """The file of the pseudonyms' key is there and cannot be used."""


class Pseudonyms:
    """Names accounts, each once for each case."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, case_id: str, account_id: str) -> str:
        """The account's name in this case: ``person-`` and 8 hex digits."""
        about = f"{case_id} {account_id}".encode()
        return "person-" + hmac.digest(self._key, about, "sha256").hex()[:_DIGITS]


def ensure(home: Path) -> Pseudonyms:
    """The names of this home; the key is drawn when there is none. Raises PseudonymKeyUnusable."""
    path = home / FILE_NAME
    try:
        key = bytes.fromhex(kept_private(path, lambda: secrets.token_hex(KEY_BYTES)))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise PseudonymKeyUnusable(
            f"{path} does not hold {KEY_BYTES} bytes in hex. Remove it: a new one is drawn, and "
            "every case gets a new name."
        )
    return Pseudonyms(key)
