"""Names of accounts in moderation cases: stable, one for each case, and nothing without the key."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from infra.pseudonyms import FILE_NAME, PseudonymKeyUnusable, Pseudonyms, ensure
from tests.words import an_id

CASE, OTHER_CASE = an_id("mod", 1), an_id("mod", 2)
ANNE, BERT = an_id("acc", 1), an_id("acc", 2)


def test_a_name_stays_the_same_in_a_case_however_often_the_home_is_opened(tmp_path: Path) -> None:
    first = ensure(tmp_path).of(CASE, ANNE)
    assert first == ensure(tmp_path).of(CASE, ANNE)
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_one_person_has_another_name_in_every_case_and_two_people_are_told_apart() -> None:
    names = Pseudonyms(b"k" * 32)
    told = {names.of(case, who) for case in (CASE, OTHER_CASE) for who in (ANNE, BERT)}
    assert len(told) == 4


def test_who_knows_both_ids_cannot_confirm_a_name_without_the_key(tmp_path: Path) -> None:
    here, elsewhere = ensure(tmp_path / "one"), ensure(tmp_path / "two")
    name = here.of(CASE, ANNE)
    assert name != elsewhere.of(CASE, ANNE)
    unkeyed = hashlib.sha256(f"{CASE} {ANNE}".encode()).hexdigest()
    assert not unkeyed.startswith(name.removeprefix("person-"))


@pytest.mark.parametrize("held", ["", "00ff", "not hex at all"])
def test_a_broken_key_is_refused_with_the_way_out(tmp_path: Path, held: str) -> None:
    (tmp_path / FILE_NAME).write_text(held)
    with pytest.raises(PseudonymKeyUnusable, match="Remove it: a new one is drawn"):
        ensure(tmp_path)
