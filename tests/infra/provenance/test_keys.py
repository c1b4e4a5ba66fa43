"""Keys of provenance: made once, private, rotated without losing what they made before."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from infra.cli.__main__ import main
from infra.provenance.keys import ProvenanceKeys, ProvenanceKeysUnusable, rotate_mark_key

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    first, second = ProvenanceKeys.ensure(tmp_path, NOW), ProvenanceKeys.ensure(tmp_path, NOW)
    assert first.signing.certificates == second.signing.certificates
    assert first.mark_keys == second.mark_keys
    for path in (tmp_path / "provenance").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_signature_is_one_of_the_signers_certificate(tmp_path: Path) -> None:
    signing = ProvenanceKeys.ensure(tmp_path, NOW).signing
    signature = signing.sign(b"a claim")
    assert len(signature) == 64
    leaf, root = x509.load_pem_x509_certificates(signing.certificates)
    public = leaf.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    public.verify(encode_dss_signature(r, s), b"a claim", ec.ECDSA(hashes.SHA256()))
    leaf.verify_directly_issued_by(root)


def test_a_new_mark_key_marks_and_the_old_one_is_still_read(tmp_path: Path) -> None:
    before = ProvenanceKeys.ensure(tmp_path, NOW)
    after = rotate_mark_key(tmp_path)
    assert after.marking not in before.mark_keys
    assert after.mark_keys[:-1] == before.mark_keys


@pytest.mark.parametrize("name", ["signer.key", "signer.pem", "mark-keys.json"])
def test_a_damaged_file_is_named_with_the_next_step(tmp_path: Path, name: str) -> None:
    ProvenanceKeys.ensure(tmp_path, NOW)
    (tmp_path / "provenance" / name).write_text("{}")
    with pytest.raises(ProvenanceKeysUnusable, match="Restore it from a backup"):
        ProvenanceKeys.ensure(tmp_path, NOW)


def test_a_certificate_for_another_key_is_noticed(tmp_path: Path) -> None:
    ProvenanceKeys.ensure(tmp_path / "one", NOW)
    ProvenanceKeys.ensure(tmp_path / "two", NOW)
    other = (tmp_path / "two" / "provenance" / "signer.key").read_text()
    (tmp_path / "one" / "provenance" / "signer.key").write_text(other)
    with pytest.raises(ProvenanceKeysUnusable, match="another key"):
        ProvenanceKeys.read(tmp_path / "one")


def test_the_command_shows_keys_and_renews_them_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path))
    assert main(["provenance", "keys"]) == 1
    assert "./callsheet up makes the keys" in capsys.readouterr().err
    first = ProvenanceKeys.ensure(tmp_path, NOW)
    assert main(["provenance", "keys"]) == 0
    assert ProvenanceKeys.read(tmp_path).roots == first.roots
    for part in ("signer", "root", "marks"):
        assert main(["provenance", "keys", "--rotate", part]) == 0
    last = ProvenanceKeys.read(tmp_path)
    assert last.signing.certificates != first.signing.certificates
    assert first.roots in last.roots
    assert first.mark_keys == last.mark_keys[:-1]
    assert capsys.readouterr().out.count("trusted root") == 1 + 1 + 2 + 2
