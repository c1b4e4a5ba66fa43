"""The undo at the command line: what is done stays done, though nobody can hear its cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from activities.moderation.undoing import Undone, Waiting
from infra.cli.policy import Desk
from infra.errors import UserError
from infra.settings import Settings
from tests import words


async def test_without_temporal_it_says_what_is_done_and_how_it_goes_on(tmp_path: Path) -> None:
    nobody = cast(Any, None)
    desk = Desk(nobody, nobody, nobody, nobody, Settings(home=tmp_path, temporal_address=None))
    case = Waiting(words.an_id("mod"), words.ACCOUNT_ID, "hold")
    done = Undone("b" * 32, instead=1, waiting=[case])
    with pytest.raises(UserError, match=r"is done, but Temporal did not take its 1 case.*again"):
        await desk.finished(done)
