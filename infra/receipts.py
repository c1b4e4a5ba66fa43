"""The keys that consent receipts are signed with, and the signer: Ed25519 (RFC 8032).

``receipt-keys.json`` in the home holds the private keys, oldest first, readable by its owner alone;
the last one signs. A key that was retired goes on verifying: rotating never voids a receipt. A
key's id is the first 16 hex digits of the SHA-256 of its public half, so anybody who is given the
public keys can find the right one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from domain.consent.receipt import Receipt, SignedReceipt
from infra.embedded.private_files import write_private
from infra.errors import UserError

FILE_NAME: Final = "receipt-keys.json"


class ReceiptKeysUnusable(UserError):
    """The file of receipt keys is there and cannot be used."""


class ReceiptKeys:
    """Signs receipts with the newest key and verifies them with any."""

    def __init__(self, keys: tuple[Ed25519PrivateKey, ...]) -> None:
        self._signing = keys[-1]
        self._public = {key_id(each.public_key()): each.public_key() for each in keys}

    @property
    def signing_key_id(self) -> str:
        """The id of the key that new receipts are signed with."""
        return key_id(self._signing.public_key())

    @property
    def public_keys(self) -> dict[str, str]:
        """Every public key in base64 (32 raw bytes), by its id: what verifiers need."""
        return {
            each: base64.b64encode(key.public_bytes_raw()).decode()
            for each, key in self._public.items()
        }

    def sign(self, receipt: Receipt) -> SignedReceipt:
        """The receipt with a signature over its canonical bytes."""
        signature = base64.b64encode(self._signing.sign(receipt.canonical)).decode()
        return SignedReceipt(receipt=receipt, key_id=self.signing_key_id, signature=signature)

    def verify(self, signed: SignedReceipt) -> bool:
        """Whether the signature is one of this home's over exactly this receipt."""
        return verify(signed, self.public_keys)


def verify(signed: SignedReceipt, public_keys: Mapping[str, str]) -> bool:
    """Whether one of these public keys (base64, by id) signed exactly this receipt."""
    try:
        public = Ed25519PublicKey.from_public_bytes(
            base64.b64decode(public_keys[signed.key_id], validate=True)
        )
        signature = base64.b64decode(signed.signature, validate=True)
        public.verify(signature, signed.receipt.canonical)
    except (KeyError, ValueError, binascii.Error, InvalidSignature):
        return False
    return key_id(public) == signed.key_id


def key_id(public: Ed25519PublicKey) -> str:
    """The id of a key: 64 bits of its hash, in hex."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


def ensure(home: Path) -> ReceiptKeys:
    """The keys of this home; the first one is drawn when there is none."""
    path = home / FILE_NAME
    if not path.exists():
        _write(path, (Ed25519PrivateKey.generate(),))
    return ReceiptKeys(_read(path))


def rotate(home: Path) -> ReceiptKeys:
    """Add a key that signs from now on. Processes learn of it when they start again."""
    ensure(home)
    path = home / FILE_NAME
    keys = (*_read(path), Ed25519PrivateKey.generate())
    _write(path, keys)
    return ReceiptKeys(keys)


class _Stored(BaseModel):
    """The file: each key as 32 bytes in base64, oldest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: Annotated[tuple[SecretStr, ...], Field(min_length=1)]


def _read(path: Path) -> tuple[Ed25519PrivateKey, ...]:
    try:
        stored = _Stored.model_validate_json(path.read_text(encoding="utf-8"))
        return tuple(
            Ed25519PrivateKey.from_private_bytes(
                base64.b64decode(each.get_secret_value(), validate=True)
            )
            for each in stored.keys
        )
    except (ValidationError, ValueError):
        raise ReceiptKeysUnusable(
            f"{path} does not hold receipt keys. Restore it from a backup: without its keys, "
            "receipts that were signed cannot be verified here."
        ) from None


def _write(path: Path, keys: tuple[Ed25519PrivateKey, ...]) -> None:
    plain = [base64.b64encode(each.private_bytes_raw()).decode() for each in keys]
    write_private(path, json.dumps({"keys": plain}, indent=2) + "\n")
