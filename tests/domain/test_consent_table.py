"""Who may, at which tier and door: the code against a table that was written by hand."""

from __future__ import annotations

import pytest

from tests.domain.consent_table import GROUPS, ROWS, TIERS, Case, cases


@pytest.mark.parametrize(
    "case",
    [pytest.param(each, id=f"{each.group}-{each.who}-{each.tier}-{each.act}") for each in cases()],
)
def test_who_may_do_what(case: Case) -> None:
    assert case.holds(), f"expected {case.expected}: {case.answer().verdicts}"


def test_the_table_is_whole() -> None:
    assert ROWS[0] == ["group", "caster", *TIERS]
    assert {group for group, *_ in ROWS[1:]} == set(GROUPS)
    asked = {"self", "approved", "mutual", "follower", "stranger", "blocked"}
    for group in ("adults", "caster under 18"):
        assert asked <= {who for each, who, *_ in ROWS[1:] if each == group}
    assert len({(group, who) for group, who, *_ in ROWS}) == len(ROWS)
