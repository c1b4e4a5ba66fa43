"""The keys of provenance in a home: a root and a signer for manifests, and the keys of the marks.

    provenance/root.pem, root.key          the trusted root
    provenance/signer.pem, signer.key      who signs; the chain up to the root
    provenance/signer-command.json         instead of signer.key: how a token or a KMS is asked
    provenance/trusted/*.pem               further roots that are trusted: retired ones
    provenance/mark-keys.json              keys of the marks, the last one marks, all are read

Keys lie in files that only their owner reads. Where a PKCS#11 token or a KMS holds the signer's
key, a program is asked for each signature (``infra/provenance/token.py``); the root's key then does
not belong on the machine at all.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from activities.provenance.keyed import KEY_BYTES_MIN
from activities.provenance.ports import Signing
from infra.embedded.private_files import kept_private, write_private
from infra.errors import UserError
from infra.provenance.certificates import (
    Key,
    as_pem,
    key_as_pem,
    key_from_pem,
    new_key,
    root_certificate,
    signer_certificate,
)
from infra.provenance.token import COORDINATE_BYTES, TokenSigning, TokenUnanswered

FOLDER: Final = "provenance"
_COMMAND: Final = "signer-command.json"


class ProvenanceKeysUnusable(UserError):
    """A file of provenance keys is there and cannot be used."""


@dataclass(frozen=True)
class FileSigning:
    """Signs with a key that was read from a file."""

    certificates: bytes
    key: Key

    def sign(self, message: bytes) -> bytes:
        """An ES256 signature: R and S, 32 bytes each."""
        r, s = decode_dss_signature(self.key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(COORDINATE_BYTES, "big") + s.to_bytes(COORDINATE_BYTES, "big")


@dataclass(frozen=True)
class ProvenanceKeys:
    """Everything that marking, signing and reading need of a home."""

    signing: Signing
    roots: bytes
    mark_keys: tuple[bytes, ...]

    @property
    def marking(self) -> bytes:
        """The key that new marks are made with."""
        return self.mark_keys[-1]

    @classmethod
    def ensure(cls, home: Path, now: datetime) -> Self:
        """The keys of this home, made the first time. Raises ProvenanceKeysUnusable."""
        folder = home / FOLDER
        if not (folder / "signer.pem").exists():
            _make_chain(folder, now)
        kept_private(folder / "mark-keys.json", lambda: _as_json((os.urandom(KEY_BYTES_MIN),)))
        return cls.read(home)

    @classmethod
    def read(cls, home: Path) -> Self:
        """The keys of this home. Raises ProvenanceKeysUnusable, FileNotFoundError without any."""
        folder = home / FOLDER
        try:
            signing = _signing(folder, (folder / "signer.pem").read_bytes())
            marks = _mark_keys(folder / "mark-keys.json")
        except (ValueError, TypeError, KeyError) as error:
            raise ProvenanceKeysUnusable(
                f"{folder} does not hold usable provenance keys ({error}). Restore it from a "
                "backup: without the mark keys, the marks in films that left cannot be read."
            ) from None
        return cls(signing, _roots(folder), marks)


def rotate_signer(home: Path, now: datetime) -> ProvenanceKeys:
    """A new signer under the same root; films signed before stay trusted."""
    folder = home / FOLDER
    _require_key_here(folder)
    root = x509.load_pem_x509_certificate((folder / "root.pem").read_bytes())
    root_key = key_from_pem((folder / "root.key").read_text("ascii"))
    _write_signer(folder, root, root_key, now)
    return ProvenanceKeys.read(home)


def rotate_root(home: Path, now: datetime) -> ProvenanceKeys:
    """A new root and signer; the old root stays on the trust list until somebody removes it."""
    folder = home / FOLDER
    _require_key_here(folder)
    old = (folder / "root.pem").read_text("ascii")
    serial = x509.load_pem_x509_certificate(old.encode()).serial_number
    write_private(folder / "trusted" / f"{serial:x}.pem", old)
    _make_chain(folder, now)
    return ProvenanceKeys.read(home)


def rotate_mark_key(home: Path) -> ProvenanceKeys:
    """A new key for new marks; older ones go on being read."""
    path = home / FOLDER / "mark-keys.json"
    write_private(path, _as_json((*_mark_keys(path), os.urandom(KEY_BYTES_MIN))))
    return ProvenanceKeys.read(home)


def certify_signer(home: Path, public_key: bytes, now: datetime) -> ProvenanceKeys:
    """A certificate for a key in a token, given as PEM, once the token has signed with it.

    Raises ProvenanceKeysUnusable, FileNotFoundError.
    """
    folder = home / FOLDER
    root = x509.load_pem_x509_certificate((folder / "root.pem").read_bytes())
    root_key = key_from_pem((folder / "root.key").read_text("ascii"))
    try:
        key = serialization.load_pem_public_key(public_key)
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(
            key.curve, ec.SECP256R1
        ):
            raise ValueError("the key is not on P-256")
        chain = as_pem(signer_certificate(root, root_key, key, now)) + as_pem(root)
        TokenSigning(chain.encode(), _command(folder / _COMMAND)).sign(b"callsheet")
    except (ValueError, TypeError, KeyError, TokenUnanswered) as error:
        raise ProvenanceKeysUnusable(
            f"No certificate was made: {error} Correct {folder / _COMMAND} or the public key."
        ) from None
    write_private(folder / "signer.pem", chain)
    return ProvenanceKeys.read(home)


def _signing(folder: Path, chain: bytes) -> Signing:
    """Whoever signs here: a token where a command asks one, else the key in its file."""
    command = folder / _COMMAND
    if command.exists():
        return TokenSigning(chain, _command(command))
    key = key_from_pem((folder / "signer.key").read_text("ascii"))
    if x509.load_pem_x509_certificates(chain)[0].public_key() != key.public_key():
        raise ValueError("the signer's certificate is for another key")
    return FileSigning(chain, key)


def _command(path: Path) -> tuple[str, ...]:
    words = json.loads(path.read_text(encoding="utf-8"))["command"]
    if not isinstance(words, list) or not words or not all(isinstance(each, str) for each in words):
        raise ValueError(f"{path.name} names no program")
    return tuple(words)


def _require_key_here(folder: Path) -> None:
    if (folder / _COMMAND).exists():
        raise ProvenanceKeysUnusable(
            f"A token holds the signer's key ({folder / _COMMAND}). Make a new key there, and have "
            "it certified with ./callsheet provenance keys --certify PUBLIC.pem."
        )


def _make_chain(folder: Path, now: datetime) -> None:
    key = new_key()
    root = root_certificate(key, now)
    write_private(folder / "root.key", key_as_pem(key))
    write_private(folder / "root.pem", as_pem(root))
    _write_signer(folder, root, key, now)


def _write_signer(folder: Path, root: x509.Certificate, root_key: Key, now: datetime) -> None:
    """The key first: a crash in between leaves a pair that says it does not fit."""
    key = new_key()
    signer = signer_certificate(root, root_key, key.public_key(), now)
    write_private(folder / "signer.key", key_as_pem(key))
    write_private(folder / "signer.pem", as_pem(signer) + as_pem(root))


def _roots(folder: Path) -> bytes:
    retired = sorted((folder / "trusted").glob("*.pem"))
    return b"".join(path.read_bytes() for path in (folder / "root.pem", *retired))


def _mark_keys(path: Path) -> tuple[bytes, ...]:
    keys = tuple(
        base64.b64decode(each, validate=True)
        for each in json.loads(path.read_text(encoding="utf-8"))["keys"]
    )
    if not keys or any(len(each) < KEY_BYTES_MIN for each in keys):
        raise ValueError("there is no mark key, or one is too short")
    return keys


def _as_json(keys: tuple[bytes, ...]) -> str:
    plain = [base64.b64encode(each).decode() for each in keys]
    return json.dumps({"keys": plain}, indent=2) + "\n"
