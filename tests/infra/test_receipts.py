"""The keys that receipts are signed with: private, kept, and turned without voiding anything."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from domain.consent.receipt import SignedReceipt
from infra import receipts
from tests.domain.test_receipt import receipt


def test_a_receipt_is_verified_with_the_public_keys_alone(tmp_path: Path) -> None:
    keys = receipts.ensure(tmp_path)
    signed = keys.sign(receipt)
    assert receipts.verify(signed, keys.public_keys)
    assert signed == keys.sign(receipt), "signing again gives the same signature"


def test_the_key_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    receipts.ensure(tmp_path)
    mode = (tmp_path / receipts.FILE_NAME).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_keys_are_kept_and_a_new_one_leaves_old_receipts_valid(tmp_path: Path) -> None:
    first = receipts.ensure(tmp_path)
    assert receipts.ensure(tmp_path).signing_key_id == first.signing_key_id
    old = first.sign(receipt)
    second = receipts.rotate(tmp_path)
    assert second.signing_key_id != first.signing_key_id
    assert second.verify(old)
    assert second.verify(second.sign(receipt))
    assert not first.verify(second.sign(receipt)), "a key that is not known verifies nothing"


@pytest.mark.parametrize(
    "change", [{"version": 2}, {"position": 99}, {"rule": "self"}, {"plan_key": "q"}]
)
def test_a_changed_receipt_is_found_out(tmp_path: Path, change: dict[str, object]) -> None:
    keys = receipts.ensure(tmp_path)
    signed = keys.sign(receipt)
    forged = signed.model_copy(update={"receipt": receipt.model_copy(update=change)})
    assert not keys.verify(forged)


def test_a_changed_signature_or_key_is_found_out(tmp_path: Path) -> None:
    keys, others = receipts.ensure(tmp_path / "a"), receipts.ensure(tmp_path / "b")
    signed = keys.sign(receipt)
    zeros: SignedReceipt = signed.model_copy(update={"signature": "A" * 86 + "=="})
    garbage: SignedReceipt = signed.model_copy(update={"signature": "!" * 88})
    assert not keys.verify(zeros)
    assert not keys.verify(garbage)
    swapped = {signed.key_id: others.public_keys[others.signing_key_id]}
    assert not receipts.verify(
        others.sign(receipt).model_copy(update={"key_id": signed.key_id}), swapped
    )


@pytest.mark.parametrize("text", ["", "{}", '{"keys": []}', '{"keys": ["c2hvcnQ="]}'])
def test_a_damaged_key_file_is_named_and_not_overwritten(tmp_path: Path, text: str) -> None:
    path = tmp_path / receipts.FILE_NAME
    path.write_text(text)
    with pytest.raises(receipts.ReceiptKeysUnusable, match="Restore it from a backup"):
        receipts.ensure(tmp_path)
    assert path.read_text() == text
