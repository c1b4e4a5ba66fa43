"""What Temporal keeps of a payload is ciphertext: AES-256-GCM, the key's id beside it in clear.

Summaries, failures and heartbeats pass through here too. In clear stay workflow ids and search
attributes. A payload whose key is away is an error that passes when the key is back; bytes that no
longer fit their key are handed on sealed, for the converter to refuse.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from infra.temporal.payload_keys import PayloadKeys

ENCODING: Final = b"binary/encrypted"
KEY_ID: Final = "encryption-key-id"
_CIPHER: Final = b"AES-GCM 256"
_NONCE_BYTES: Final = 12


class PayloadKeyMissing(Exception):
    """A payload was sealed with a key that this process does not have."""

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"The payload key {key_id} is not in this home's file of payload keys; "
            "copy it there and start the process again."
        )


class EncryptingCodec(PayloadCodec):
    """Seals with the newest key and opens with any; what was never sealed passes as it is."""

    def __init__(self, keys: PayloadKeys) -> None:
        self._ciphers = {each.id: AESGCM(each.bytes) for each in keys.keys}
        self._writing = keys.writing.id

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Seal each payload, its metadata included."""
        return [self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Open each payload. Raises ``PayloadKeyMissing``."""
        return [self._opened(payload) for payload in payloads]

    def _sealed(self, payload: Payload) -> Payload:
        nonce = os.urandom(_NONCE_BYTES)
        plain = payload.SerializeToString()
        sealed = self._ciphers[self._writing].encrypt(nonce, plain, self._writing.encode())
        metadata = {
            "encoding": ENCODING,
            "encryption-cipher": _CIPHER,
            KEY_ID: self._writing.encode(),
        }
        return Payload(metadata=metadata, data=nonce + sealed)

    def _opened(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        key_id = payload.metadata.get(KEY_ID, b"").decode(errors="replace")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise PayloadKeyMissing(key_id)
        nonce, sealed = payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:]
        try:
            return Payload.FromString(cipher.decrypt(nonce, sealed, key_id.encode()))
        except (InvalidTag, ValueError):
            return payload
