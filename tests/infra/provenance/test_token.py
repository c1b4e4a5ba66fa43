"""A signing key in a token: a program is asked for each signature, and its answer is compared."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from activities.provenance.manifest import Generator
from activities.provenance.reading import ManifestReader
from activities.provenance.refusals import SigningFailed
from activities.provenance.signing import FilmSigner
from domain.provenance.verdict import ManifestState
from infra.cli.__main__ import main
from infra.provenance.certificates import key_as_pem, new_key
from infra.provenance.keys import ProvenanceKeys, ProvenanceKeysUnusable, rotate_signer
from infra.provenance.token import TokenUnanswered, as_der, raw_signature
from tests.activities.provenance.conftest import ORIGIN

NOW = datetime.now(UTC)  # noqa: TID251 certificates are valid from now on
PROGRAM = """
import sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
with open(sys.argv[1], "rb") as file:
    key = serialization.load_pem_private_key(file.read(), None)
sys.stdout.buffer.write(key.sign(sys.stdin.buffer.read(), ec.ECDSA(hashes.SHA256())))
"""


class Token:
    """A program that holds a key, and the home that asks it."""

    def __init__(self, folder: Path) -> None:
        self.home, self._inside = folder / "home", folder / "inside.pem"
        self.public = folder / "public.pem"
        ProvenanceKeys.ensure(self.home, NOW)
        self.renew()
        program = folder / "asked.py"
        program.write_text(PROGRAM)
        self.answers_with(sys.executable, str(program), str(self._inside))

    def renew(self) -> None:
        """Another key inside."""
        key = new_key()
        self._inside.write_text(key_as_pem(key))
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.public.write_bytes(public)

    def answers_with(self, *command: str) -> None:
        path = self.home / "provenance" / "signer-command.json"
        path.write_text(json.dumps({"command": command}))


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Token:
    token = Token(tmp_path)
    monkeypatch.setenv("CALLSHEET_HOME", str(token.home))
    return token


def test_a_film_is_signed_by_the_token_and_trusted_under_our_root(
    token: Token, marked: Path, tmp_path: Path
) -> None:
    assert main(["provenance", "keys", "--certify", str(token.public)]) == 0
    (token.home / "provenance" / "signer.key").unlink()
    keys = ProvenanceKeys.ensure(token.home, NOW)
    reader = ManifestReader(keys.roots)
    signer = FilmSigner(keys.signing, reader, Generator("animatic", "1"))
    signer.sign(marked, tmp_path / "signed.mp4", ORIGIN)
    assert reader.read(tmp_path / "signed.mp4").state is ManifestState.TRUSTED

    token.renew()  # its certificate is still the old key's
    with pytest.raises(TokenUnanswered, match="signs with another key"):
        keys.signing.sign(b"a claim")
    with pytest.raises(SigningFailed):
        signer.sign(marked, tmp_path / "other.mp4", ORIGIN)
    assert not (tmp_path / "other.mp4").exists()


def test_no_certificate_is_made_for_a_key_that_the_token_does_not_sign_with(
    token: Token, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chain = token.home / "provenance" / "signer.pem"
    before, other = chain.read_bytes(), tmp_path / "other.pem"
    other.write_bytes(token.public.read_bytes())
    token.renew()
    assert main(["provenance", "keys", "--certify", str(other)]) == 1
    assert "signs with another key. Correct" in capsys.readouterr().err
    token.answers_with("no-such-program")
    assert main(["provenance", "keys", "--certify", str(token.public)]) == 1
    assert "no-such-program: FileNotFoundError. Correct" in capsys.readouterr().err
    assert chain.read_bytes() == before


def test_a_new_signer_is_made_where_the_key_is(token: Token) -> None:
    with pytest.raises(ProvenanceKeysUnusable, match=r"--certify PUBLIC\.pem"):
        rotate_signer(token.home, NOW)


def test_both_ways_of_writing_a_signature_are_read_and_nothing_else_is() -> None:
    signature = bytes(range(1, 65))
    assert raw_signature(signature) == raw_signature(as_der(signature)) == signature
    for answer in (b"", b"no signature", bytes(63)):
        with pytest.raises(TokenUnanswered, match="no ES256 signature"):
            raw_signature(answer)
