"""Policies at the command line: what is done is told as it is read, and bad input is named."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from activities.moderation.undoing import Undone, Waiting
from domain.moderation.publishing import Policies
from infra.cli.moderation_crowd import policy
from infra.cli.policy import Desk, read_policy, what_if
from infra.cli.policy_words import told_of
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


def test_what_is_done_is_told_as_whoever_judges_next_reads_it() -> None:
    calm, eager = policy(1, 600, 850), policy(2, 90, 150)
    assert told_of(Policies()) == "None decides for all of the content."
    one = Policies(published={1: calm}, enforced=(1,))
    assert told_of(one) == "Revision 1 decides for all of the content."
    two = Policies(published={1: calm, 2: eager}, enforced=(1,), candidate=2)
    assert "revision 2 watches" in told_of(two)
    shared = Policies(published={1: calm, 2: eager}, enforced=(1,), candidate=2, share=125)
    assert told_of(shared) == "Revision 1 decides; revision 2 does for 12.5 % of it."


def test_a_policy_of_json_that_cannot_be_used_names_its_file_and_place(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"title": "Mine", "rules": []}', encoding="utf-8")
    with pytest.raises(UserError, match=r"mine\.json: .*rules"):
        read_policy(path, 2)


def test_a_period_that_ends_before_it_begins_is_refused_before_anything_is_read() -> None:
    day, before = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    with pytest.raises(UserError, match="ends before it begins"):
        what_if(Path("absent.toml"), since=day, until=before)
