"""A signing key that this process never holds: in a PKCS#11 token or in a KMS.

Whoever holds it is asked through a program of the operator's choice, such as ``pkcs11-tool`` or the
client of a cloud: it reads the message on its standard input and writes an ECDSA signature over its
SHA-256, as DER or as R and S. What it answers is compared with the certificate each time.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

ANSWER_SECONDS_MAX: Final = 20.0
COORDINATE_BYTES: Final = 32


class TokenUnanswered(OSError):
    """The program that asks the signer's token gave no signature of the signer's key."""


@dataclass(frozen=True)
class TokenSigning:
    """Signs by asking a program; ``command`` is its name and arguments, no shell between."""

    certificates: bytes
    command: tuple[str, ...]

    def sign(self, message: bytes) -> bytes:
        """An ES256 signature: R and S, 32 bytes each. Raises TokenUnanswered."""
        try:
            answer = subprocess.run(
                self.command,
                input=message,
                capture_output=True,
                timeout=ANSWER_SECONDS_MAX,
                check=True,
            ).stdout
        except (OSError, subprocess.SubprocessError) as error:
            raise TokenUnanswered(f"{self.command[0]}: {type(error).__name__}.") from None
        signature = raw_signature(answer)
        try:
            self._public_key().verify(as_der(signature), message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            raise TokenUnanswered(f"{self.command[0]} signs with another key.") from None
        return signature

    def _public_key(self) -> ec.EllipticCurvePublicKey:
        key = x509.load_pem_x509_certificates(self.certificates)[0].public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise TokenUnanswered("The signer's certificate is not for a key on P-256.")
        return key


def raw_signature(answer: bytes) -> bytes:
    """R and S, from either way of writing a signature. Raises TokenUnanswered."""
    if len(answer) == 2 * COORDINATE_BYTES:
        return answer
    try:
        return b"".join(
            part.to_bytes(COORDINATE_BYTES, "big") for part in decode_dss_signature(answer)
        )
    except (ValueError, OverflowError):
        raise TokenUnanswered(f"{len(answer)} bytes are no ES256 signature.") from None


def as_der(signature: bytes) -> bytes:
    """A signature of R and S as DER."""
    r, s = signature[:COORDINATE_BYTES], signature[COORDINATE_BYTES:]
    return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
