"""Keys: issued once, kept as hashes, read again when the file changes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from infra.api.keys import ClientKeys, KeysUnreadable, first_key, issue_key


def test_a_key_leads_to_its_application_and_is_not_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    app, studio = issue_key(path, "app"), issue_key(path, "studio-tools")
    keys = ClientKeys(path)
    assert keys.client_of(app) == "app"
    assert keys.client_of(studio) == "studio-tools"
    assert keys.client_of("csk_something-else") is None
    assert app not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_replaced_key_stops_working_at_once(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    old = issue_key(path, "app")
    keys = ClientKeys(path)
    assert keys.client_of(old) == "app"
    new = issue_key(path, "app")
    os.utime(path, ns=(1, 1))  # a file system with coarse times
    assert keys.client_of(old) is None
    assert keys.client_of(new) == "app"


def test_the_first_key_stays_the_same_and_is_its_owners_alone(tmp_path: Path) -> None:
    path, readable = tmp_path / "keys.json", tmp_path / "api-key"
    first = first_key(path, readable)
    assert first_key(path, readable) == first
    assert readable.read_text().strip() == first
    assert stat.S_IMODE(readable.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"clients": {"app": "short"}}', "\x00"])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(KeysUnreadable, match=r"keys\.json"):
        ClientKeys(path).client_of("csk_x")


def test_a_name_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not an application's name"):
        issue_key(tmp_path / "keys.json", "Ada Lovelace")
