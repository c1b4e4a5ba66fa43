"""Whoever is on the list is met by every later attempt; whoever leaves it, by none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from activities.cameo.protecting import ProtectedPeople
from activities.ledger import Context, Ledger
from domain.cameo.protection import EndProtection, ProtectionUnknown, ProtectPerson
from domain.catalog import EVENTS
from domain.kernel.vault import Erased
from infra.cli.protect import face_of
from infra.errors import UserError
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from infra.likeness.memory import MemoryGallery
from infra.vault import FolderVault
from tests import words
from tests.domain.test_protection import ID, protect

CONTEXT = Context("operator/cli", f"protection/{ID}")
PICTURES = Path(__file__).parents[1] / "media" / "pictures"


async def test_a_change_of_the_list_is_an_event_and_changes_whom_attempts_meet(
    tmp_path: Path,
) -> None:
    log, gallery, vault = MemoryEventLog(), MemoryGallery(), FolderVault(tmp_path)
    people = ProtectedPeople(Ledger(log, CatalogCodec(EVENTS)), gallery, vault)
    await people.add(protect, b"a face", CONTEXT)
    [met] = await gallery.others(words.ACCOUNT_ID)
    assert (met.key, met.kind, met.face) == (ID, "protected", b"a face")
    [listed] = await people.listed()
    assert (listed.protected_id, getattr(listed.protection, "reference", "")) == (ID, "case/17")

    end = EndProtection(command_id="e", at=words.moment(), reason="asked")
    await people.remove(ID, end, CONTEXT)
    assert await gallery.others(words.ACCOUNT_ID) == []
    assert await people.listed() == []
    with pytest.raises(Erased):
        await vault.seal(ID, "templates", b"a late writer")
    types = [each.type for each in await log.read_all()]
    assert types == ["person-protected.v1", "person-protection-ended.v1"]


async def test_who_was_never_listed_cannot_be_removed(tmp_path: Path) -> None:
    ledger = Ledger(MemoryEventLog(), CatalogCodec(EVENTS))
    people = ProtectedPeople(ledger, MemoryGallery(), FolderVault(tmp_path))
    end = EndProtection(command_id="e", at=words.moment(), reason="asked")
    with pytest.raises(ProtectionUnknown):
        await people.remove(ID, end, CONTEXT)


def test_a_name_is_no_reference_and_a_picture_shows_one_face(tmp_path: Path) -> None:
    asked: dict[str, Any] = protect.model_dump()
    with pytest.raises(ValueError, match="reference"):
        ProtectPerson.model_validate({**asked, "reference": "Ada Lovelace"})
    assert len(face_of(PICTURES / "pilot.jpg").template) == 4 * 128
    with pytest.raises(UserError, match="0 faces"):
        face_of(PICTURES / "cat.jpg")
    broken = tmp_path / "picture.jpg"
    broken.write_bytes(b"no picture")
    with pytest.raises(UserError, match="cannot be read"):
        face_of(broken)
