"""A certificate chain of our own: a root that is trusted by configuration, and a signer under it.

The signer has what C2PA asks of one (C2PA 2.1, section 14.5): digitalSignature alone, and an
extended key usage; emailProtection is accepted by every reader without further configuration.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ORGANIZATION: Final = "Callsheet"
ROOT_LIFETIME: Final = timedelta(days=20 * 365)
SIGNER_LIFETIME: Final = timedelta(days=10 * 365)
"""Without a time stamp a film turns invalid when its signer expires; films live long."""

_CLOCKS_APART: Final = timedelta(minutes=5)
_NO_USE: Final = dict.fromkeys(
    (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    ),
    False,
)

Key = ec.EllipticCurvePrivateKey


def new_key() -> Key:
    """A key on P-256, for ES256."""
    return ec.generate_private_key(ec.SECP256R1())


def root_certificate(key: Key, now: datetime) -> x509.Certificate:
    """A root that signs itself and may sign signers, and nothing below them."""
    name = _name("root")
    return (
        _begun(name, name, key.public_key(), now, ROOT_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(**{**_NO_USE, "key_cert_sign": True, "crl_sign": True}), critical=True
        )
        .sign(key, hashes.SHA256())
    )


def signer_certificate(
    root: x509.Certificate, root_key: Key, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.Certificate:
    """A signer of films; its key may lie in a token or a KMS, only the public half is needed."""
    issuer = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        _begun(_name("signer"), root.subject, key, now, SIGNER_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**{**_NO_USE, "digital_signature": True}), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False
        )
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
        .sign(root_key, hashes.SHA256())
    )


def as_pem(certificate: x509.Certificate) -> str:
    """A certificate as text."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def key_as_pem(key: Key) -> str:
    """A private key as text, in clear: for a file that only its owner reads."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def key_from_pem(text: str) -> Key:
    """The key that a file holds. Raises ValueError when it is none on P-256."""
    key = serialization.load_pem_private_key(text.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("the key is not on P-256")
    return key


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_APART)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(role: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{ORGANIZATION} provenance {role}"),
        ]
    )
