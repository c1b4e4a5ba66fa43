"""What is sealed for a subject is read by nobody else, and by nobody once its key is gone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from domain.kernel.vault import Erased, SealBroken
from infra.vault import FolderVault

ANNA, BEN = "cam_anna.1", "cam_ben.1"
FACE = b"a face, as numbers" * 20


@pytest.fixture
def vault(tmp_path: Path) -> FolderVault:
    return FolderVault(tmp_path / "keys")


async def test_what_was_sealed_is_read_again_by_another_process(tmp_path: Path) -> None:
    sealed = await FolderVault(tmp_path).seal(ANNA, "templates", FACE)
    assert await FolderVault(tmp_path).unseal(ANNA, "templates", sealed) == FACE


async def test_sealed_bytes_show_nothing_and_never_look_the_same_twice(vault: FolderVault) -> None:
    one, two = [await vault.seal(ANNA, "templates", FACE) for _ in range(2)]
    assert b"a face" not in one
    assert one != two


async def test_another_subject_another_name_or_a_changed_bit_opens_nothing(
    vault: FolderVault,
) -> None:
    sealed = await vault.seal(ANNA, "templates", FACE)
    await vault.seal(BEN, "templates", b"so that Ben has a key")
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for subject, name, data in (
        (BEN, "templates", sealed),
        (ANNA, "crops", sealed),
        (ANNA, "templates", changed),
        (ANNA, "templates", b""),
        (ANNA, "templates", b"\x02" + sealed[1:]),
    ):
        with pytest.raises(SealBroken):
            await vault.unseal(subject, name, data)


async def test_a_destroyed_key_makes_everything_sealed_with_it_unreadable(
    vault: FolderVault, tmp_path: Path
) -> None:
    sealed = await vault.seal(ANNA, "templates", FACE)
    kept = await vault.seal(BEN, "templates", FACE)
    [key] = [p for p in tmp_path.rglob("*.key") if p.read_bytes() and _opens(p, sealed, ANNA)]
    await vault.destroy(ANNA)
    await vault.destroy(ANNA)
    assert key.read_bytes() == b""
    with pytest.raises(Erased):
        await vault.unseal(ANNA, "templates", sealed)
    assert await vault.unseal(BEN, "templates", kept) == FACE


async def test_a_late_writer_cannot_bring_a_destroyed_subject_back(vault: FolderVault) -> None:
    await vault.destroy(ANNA)
    with pytest.raises(Erased):
        await vault.seal(ANNA, "templates", FACE)


async def test_racing_writers_share_one_key(tmp_path: Path) -> None:
    vaults = [FolderVault(tmp_path) for _ in range(16)]
    sealed = await asyncio.gather(*(each.seal(ANNA, "t", FACE) for each in vaults))
    assert [await vaults[0].unseal(ANNA, "t", each) for each in sealed] == [FACE] * 16
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


async def test_keys_are_readable_by_their_owner_alone(vault: FolderVault, tmp_path: Path) -> None:
    await vault.seal(ANNA, "templates", FACE)
    [key] = tmp_path.rglob("*.key")
    assert key.stat().st_mode & 0o777 == 0o600
    assert ANNA not in str(key)


def _opens(path: Path, sealed: bytes, subject: str) -> bool:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        AESGCM(path.read_bytes()).decrypt(
            sealed[1:13], sealed[13:], f"{subject}\x00templates".encode()
        )
    except InvalidTag:
        return False
    return True
