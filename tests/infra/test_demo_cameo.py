"""The cameo demo's figures fail where an enrolment, a check or an address does."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from infra.cli.cameo_caller import CameoCaller
from infra.cli.demonstration.cameos import PLANNED, Enrolled, Scene
from infra.cli.demonstration.stories import CHECK, address_of, open_stories
from infra.cli.figures import Figures
from infra.settings import Settings

CHECKS = tuple(f"check-{each}" for each in range(11))


def one(kind: str = "person", status: str = "approved", doubted: tuple[str, ...] = ()) -> Enrolled:
    checks = [
        {"check": each, "verdict": "unsure" if each in doubted else "passed"} for each in CHECKS
    ]
    return Enrolled(
        "somebody",
        kind,
        cast(CameoCaller, None),
        {"cameo_id": "cam", "enrolment_id": "enr"},
        {"status": status, "checks": checks},
        1.0,
    )


def concluded(tmp_path: Path, *enrolled: Enrolled) -> tuple[Figures, list[str]]:
    said: list[str] = []
    figures = Figures("demo cameo", PLANNED)
    scene = Scene(tmp_path, said.append, figures, cast(CameoCaller, None))
    scene.enrolled.extend(enrolled)
    scene.conclude()
    return figures, said


def held(figures: Figures) -> dict[str, bool]:
    names = ("enrolled", "enrolled_without_a_human", "checks_passed")
    return {name: figures.checks[name].ok for name in names}


def test_three_who_pass_on_their_own_reach_every_goal(tmp_path: Path) -> None:
    figures, said = concluded(tmp_path, one(), one(), one("pet"))
    assert all(held(figures).values())
    assert "3 of 3 enrolled, 3 of them without a human" in said


def test_one_who_is_missing_fails(tmp_path: Path) -> None:
    figures, _ = concluded(tmp_path, one(), one("pet"))
    assert not held(figures)["enrolled"]


def test_a_check_that_did_not_pass_counts_only_where_a_human_was_asked(tmp_path: Path) -> None:
    unasked = one(doubted=("check-3",))
    figures, _ = concluded(tmp_path, unasked, one(), one("pet"))
    assert not held(figures)["checks_passed"]
    asked = one(doubted=("check-3",))
    asked.doubts = ("check-3",)
    figures, said = concluded(tmp_path, asked, one(), one("pet"))
    assert all(held(figures).values())
    assert "3 of 3 enrolled, 2 of them without a human" in said
    assert asked.facts()["doubts"] == ["check-3"]


def test_checks_that_leave_most_to_a_human_fail(tmp_path: Path) -> None:
    asked = [one(doubted=("check-3",)) for _ in range(2)]
    for each in asked:
        each.doubts = ("check-3",)
    figures, _ = concluded(tmp_path, *asked, one("pet"))
    assert not held(figures)["enrolled_without_a_human"]


async def test_without_a_ui_no_story_counts_as_opened() -> None:
    figures = Figures("demo cameo", PLANNED)
    await open_stories(Settings(temporal_ui_url=None), [("a", "b/c")], figures, print)
    assert not figures.checks[CHECK].ok
    assert "CALLSHEET_TEMPORAL_UI_URL" in str(figures.checks[CHECK].reason)


@pytest.mark.parametrize("ui", ["http://127.0.0.1:8233", "http://127.0.0.1:8233/"])
def test_a_workflows_page_is_named_by_its_whole_id(ui: str) -> None:
    given: dict[str, Any] = {"temporal_ui_url": ui, "temporal_namespace": "callsheet"}
    address = address_of(Settings(**given), "enrolment/enr_1")
    assert address == "http://127.0.0.1:8233/namespaces/callsheet/workflows/enrolment%2Fenr_1"
