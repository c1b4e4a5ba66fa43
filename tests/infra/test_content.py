"""No address leads to a clean master: only what is named by its hash is handed out."""

from __future__ import annotations

from typing import cast

import pytest

from infra.api.content import SERVED, address_of
from infra.api.doors import Doors
from tests.architecture import reading
from tests.words import RENDITION


@pytest.mark.parametrize("room", ["kept", "takes", "staging", "uploads", "clips", "withheld"])
async def test_takes_and_unfinished_files_have_no_address(room: str) -> None:
    key = f"{room}/acc/plan/gen.sha.mkv"
    with pytest.raises(ValueError, match="nobody is handed its address"):
        await address_of(cast(Doors, None), key, "0" * 64, 1)


def test_released_files_lie_where_addresses_lead() -> None:
    files = (RENDITION.film, RENDITION.poster, RENDITION.contact_sheet)
    assert all(each.key.startswith(SERVED) for each in files)


def test_there_is_one_place_that_asks_the_store_for_addresses() -> None:
    asking = [
        reading.module_name(path)
        for path in reading.sources("infra", "activities", "workflows")
        if ".address(" in path.read_text(encoding="utf-8")
    ]
    assert asking == ["infra.api.content"]
