"""Figures say that all is well only when every planned check ran and reached its goal."""

from __future__ import annotations

import json
from pathlib import Path

from infra.cli.figures import Figures, at_least, at_most, equals


def test_a_check_that_did_not_run_is_there_and_is_not_ok() -> None:
    figures = Figures("bench", ["speed", "size"])
    figures.measured("speed", 30.0, "times", goal=at_least(25))
    assert not figures.ok
    assert figures.as_json()["checks"]["size"] == {
        "ok": False,
        "value": None,
        "unit": "",
        "goal": None,
        "peer": None,
        "reason": "It did not run.",
    }


def test_a_check_that_could_not_run_says_why() -> None:
    figures = Figures("bench", ["speed"])
    figures.failed("speed", "The server has no such setting.")
    assert not figures.ok
    assert figures.checks["speed"].reason == "The server has no such setting."


def test_a_goal_that_is_missed_spoils_the_whole() -> None:
    figures = Figures("bench", ["speed", "events"])
    figures.measured("speed", 24.9, "times", goal=at_least(25))
    figures.measured("events", 40, "events", goal=at_most(40))
    assert [check.ok for check in figures.checks.values()] == [False, True]
    assert not figures.ok


def test_measuring_is_enough_where_there_is_no_goal() -> None:
    figures = Figures("bench", ["latency", "equal"])
    figures.measured("latency", 2.4, "ms", peer={"polling": 28.0})
    figures.measured("equal", True, "", goal=equals(True))
    assert figures.ok


def test_nothing_planned_and_nothing_measured_is_not_ok() -> None:
    assert not Figures("bench", []).ok


def test_the_file_holds_machine_versions_and_spread_beside_the_checks(tmp_path: Path) -> None:
    figures = Figures("bench", ["speed"])
    figures.measured("speed", 3.0, "times", goal=at_least(2), peer=1.5, rounds=[2.0, 3.0, 7.0])
    figures.versions("pydantic", postgresql="18.1")
    figures.add(ids=["gen_1"])
    figures.write(tmp_path / "deep" / "figures.json")
    written = json.loads((tmp_path / "deep" / "figures.json").read_text())
    assert written["ok"] is True
    assert written["checks"]["speed"] == {
        "ok": True,
        "value": 3.0,
        "unit": "times",
        "goal": ">= 2",
        "peer": 1.5,
    }
    assert written["spread"]["speed"] == {"rounds": 3, "min": 2.0, "median": 3.0, "max": 7.0}
    assert written["machine"]["cores"] >= 1
    assert {"python", "pydantic", "postgresql"} <= set(written["versions"])
    assert written["ids"] == ["gen_1"]


def test_a_reader_sees_the_spread_of_what_was_measured_in_rounds() -> None:
    figures = Figures("bench", ["speed", "events"])
    figures.measured("speed", 3.0, "times", rounds=[2.0, 3.0, 7.0])
    figures.measured("events", 40, "events")
    [*_, spread] = figures.table().columns
    assert list(spread.cells) == ["3 (2 to 7)", ""]
