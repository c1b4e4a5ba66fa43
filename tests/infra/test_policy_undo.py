"""Policies at the command line: what is done is told as it is read, and bad input is named."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import SecretStr

from activities.moderation.comparing import Progress
from activities.moderation.undoing import Undone, Waiting
from domain.moderation.publishing import Policies
from domain.moderation.what_if import Comparison
from infra.cli.moderation_crowd import policy
from infra.cli.policy import Desk, read_policy, what_if
from infra.cli.policy_words import progress_line, still_decides, told_of, unseen_line
from infra.cli.running import with_servers
from infra.embedded.s3 import S3Keys
from infra.errors import UserError
from infra.settings import Settings
from infra.supervision.home import RunFile
from infra.supervision.identity import Identity
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


def test_an_undo_says_where_the_revision_goes_on_deciding() -> None:
    calm, eager = policy(1, 600, 850), policy(2, 90, 150)
    both = {1: calm, 2: eager}
    for policies in (
        Policies(published=both, enforced=(1, 2)),
        Policies(published=both, enforced=(1,), candidate=2, share=125),
    ):
        assert "policy rollback" in (still_decides(policies, 2) or "")
    newer = Policies(published={**both, 3: policy(3, 600, 850)}, enforced=(1, 2), candidate=3)
    assert "twice: it takes candidate 3 first" in (still_decides(newer, 2) or "")
    watching = Policies(published=both, enforced=(1,), candidate=2)
    assert still_decides(watching, 2) is None
    assert still_decides(Policies(published=both, enforced=(1,)), 2) is None


def test_a_policy_of_json_that_cannot_be_used_names_its_file_and_place(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"title": "Mine", "rules": []}', encoding="utf-8")
    with pytest.raises(UserError, match=r"mine\.json: .*rules"):
        read_policy(path, 2)


def test_a_period_that_ends_before_it_begins_is_refused_before_anything_is_read() -> None:
    day, before = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    with pytest.raises(UserError, match="ends before it begins"):
        what_if(Path("absent.toml"), since=day, until=before)


def test_films_are_found_where_a_running_up_keeps_them_or_the_next_step_is_said(
    tmp_path: Path,
) -> None:
    given = Settings(home=tmp_path, postgres_url=SecretStr("postgresql://elsewhere"))
    with pytest.raises(UserError, match=r"No S3 is known.*callsheet up"):
        with_servers(given)
    me = Identity.of(os.getpid())
    addresses = {"S3": "https://127.0.0.1:9000"}
    RunFile(me.pid, me.created, "now", addresses=addresses).write(tmp_path)
    found, keys = with_servers(given), S3Keys.kept(tmp_path / "s3" / "keys.json")
    assert (found.s3_endpoint, found.s3_secure) == ("127.0.0.1:9000", True)
    assert found.s3_secret_key == SecretStr(keys.secret)
    named = given.filled(s3_endpoint="http://mine:1", s3_access_key="a", s3_secret_key="b")
    assert with_servers(named) == named


def test_what_nobody_looked_at_again_is_told_with_the_reasons_and_how_to_go_on() -> None:
    comparison = Comparison(policy(1, 600, 850))
    comparison.not_rerun("deleted")
    assert unseen_line(comparison.result()).endswith(": 1 deleted or taken down.")
    comparison.not_rerun("later")
    assert "1 left for another run. Ask the same again" in unseen_line(comparison.result())
    assert "12 films looked at again, 3 as an" in progress_line(Progress(5000, 12, 3))
