"""A demo empties what an earlier demo made, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.cli.demo import emptied
from infra.errors import UserError
from infra.settings import Settings


def test_what_an_earlier_demo_made_is_emptied_whatever_it_is(tmp_path: Path) -> None:
    given, out = Settings(home=tmp_path / "home"), tmp_path / "out"
    emptied(given, out)
    (out / "receipts.json").write_text("[]", encoding="utf-8")
    assert emptied(given, out) == tmp_path / "home" / "demo"
    assert not (out / "receipts.json").exists()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    film = tmp_path / "holidays" / "film.mp4"
    film.parent.mkdir()
    film.touch()
    with pytest.raises(UserError, match="name an empty folder"):
        emptied(Settings(home=tmp_path / "home"), film.parent)
    assert film.exists()
