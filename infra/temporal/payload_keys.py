"""The keys that payloads are encrypted with: one that writes, and older ones that still read."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, SecretBytes, ValidationError, model_validator

from infra.embedded.private_files import write_private
from infra.errors import UserError

FILE_NAME: Final = "payload-keys.json"
KEY_BYTES: Final = 32


class PayloadKeysUnusable(UserError):
    """The file of payload keys is there and cannot be used."""


class PayloadKey(BaseModel):
    """One AES-256 key, in base 64, and the id that every payload sealed with it carries."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    key: SecretBytes

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if len(self.bytes) != KEY_BYTES:
            raise ValueError(f"a payload key has {KEY_BYTES} bytes, written in base 64")
        return self

    @property
    def bytes(self) -> bytes:
        """The key itself."""
        return base64.b64decode(self.key.get_secret_value(), validate=True)


class PayloadKeys(BaseModel):
    """All keys, oldest first. The last one writes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: Annotated[tuple[PayloadKey, ...], Field(min_length=1)]

    @property
    def writing(self) -> PayloadKey:
        """The key that new payloads are sealed with."""
        return self.keys[-1]

    @property
    def door(self) -> str:
        """The secret part of the address at which the Temporal UI has payloads opened."""
        return hmac.digest(self.keys[0].bytes, b"callsheet ui codec", "sha256").hex()[:32]

    def with_new(self) -> PayloadKeys:
        """The same with a fresh key that writes from now on."""
        return PayloadKeys(keys=(*self.keys, _drawn()))


def ensure(home: Path) -> PayloadKeys:
    """The keys of this home; the first one is drawn when there is none."""
    path = home / FILE_NAME
    if not path.exists():
        _write(path, PayloadKeys(keys=(_drawn(),)))
    return _read(path)


def find(home: Path) -> PayloadKeys | None:
    """The keys of this home, or ``None`` when payloads are not encrypted here."""
    path = home / FILE_NAME
    return _read(path) if path.exists() else None


def rotate(home: Path) -> PayloadKeys:
    """Add a key that writes from now on. Processes learn of it when they start again."""
    keys = ensure(home).with_new()
    _write(home / FILE_NAME, keys)
    return keys


def _drawn() -> PayloadKey:
    key = os.urandom(KEY_BYTES)
    identity = hashlib.sha256(b"callsheet payload key" + key).hexdigest()[:12]
    return PayloadKey(id=identity, key=SecretBytes(base64.b64encode(key)))


def _read(path: Path) -> PayloadKeys:
    try:
        return PayloadKeys.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError:
        raise PayloadKeysUnusable(
            f"{path} does not hold payload keys. Restore it from a backup: without its keys, what "
            "is running in Temporal cannot be read."
        ) from None


def _write(path: Path, keys: PayloadKeys) -> None:
    plain = [{"id": each.id, "key": each.key.get_secret_value().decode()} for each in keys.keys]
    write_private(path, json.dumps({"keys": plain}, indent=2) + "\n")
