"""What one process is told, its children hear the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.errors import UserError
from infra.settings import Settings


def test_a_child_reads_the_same_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(
        home=tmp_path,
        postgres_url="postgresql://me:secret@db.example/callsheet",
        s3_endpoint="127.0.0.1:9000",
        s3_access_key="AK",
        s3_secret_key="SK",
        api_port=8000,
    )
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)
    assert Settings.read() == settings


def test_secrets_are_not_shown() -> None:
    settings = Settings(
        postgres_url="postgresql://me:hunter2@db/callsheet", s3_secret_key="hunter2"
    )
    assert "hunter2" not in f"{settings!r} {settings}"


def test_the_scheme_of_an_s3_address_says_whether_it_is_secure() -> None:
    secure = Settings(s3_endpoint="https://s3.example")
    assert (secure.s3_endpoint, secure.s3_secure) == ("s3.example", True)
    plain = Settings(s3_endpoint="http://127.0.0.1:9000")
    assert (plain.s3_endpoint, plain.s3_secure) == ("127.0.0.1:9000", False)
    assert plain.s3_url == "http://127.0.0.1:9000"


def test_a_home_is_absolute_wherever_it_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings().home == tmp_path / ".callsheet"
    assert Settings(home=Path("here")).home == tmp_path / "here"


def test_port_nought_means_any() -> None:
    assert Settings(api_port=0).api_port is None


def test_a_wrong_variable_is_named_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSHEET_API_PORT", "eighty")
    with pytest.raises(UserError, match="CALLSHEET_API_PORT is not usable"):
        Settings.read()


def test_a_missing_database_says_what_to_do() -> None:
    with pytest.raises(UserError, match="CALLSHEET_POSTGRES_URL"):
        _ = Settings().postgres_dsn
