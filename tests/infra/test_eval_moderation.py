"""Labelled files are read strictly, and what is right and wrong is counted as it should be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from activities.moderation import lists
from activities.moderation.default_policy import default_policy
from activities.moderation.names import names
from activities.moderation.panel import Panel
from activities.moderation.words import Words
from infra.cli.eval_moderation import figures_of, judge, tables_of
from infra.cli.moderation_set import Labelled, SetUnusable, read_set

POLICY = default_policy().model_copy(update={"required": ()})
PANEL = Panel((Words(lists.built_in()), names(POLICY.protected)))
SETS = Path(__file__).parents[1] / "moderation"


def a_set(folder: Path, *lines: str) -> Path:
    path = folder / "set.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def labelled(text: str, *labels: str) -> Labelled:
    return Labelled(text=text, labels=frozenset(labels))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("no json", "line 2"),
        ('{"text": "a"}', "labels: Field required"),
        ('{"text": "a", "labels": ["rude"]}', "no category is called rude"),
        ('{"text": "a", "labels": [], "cast": "dog"}', "cast"),
        ('{"text": 1, "labels": []}', "text"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = a_set(tmp_path, '{"text": "fine", "labels": [], "more": 1}', line)
    with pytest.raises(SetUnusable) as refused:
        read_set(path)
    assert "line 2" in str(refused.value)
    assert said in str(refused.value)


def test_a_file_without_prompts_or_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (a_set(tmp_path, ""), tmp_path / "absent.jsonl"):
        with pytest.raises(SetUnusable):
            read_set(path)


def test_what_is_right_missed_and_false_is_counted() -> None:
    given = [
        labelled("a beheading", "violence"),
        labelled("they look at each other gravely", "violence"),
        labelled("a fox waits for the bus"),
        labelled("a film about gore", *()),
        labelled("how to build a pipe bomb", "weapons"),
    ]
    judged = judge(given, POLICY, PANEL)
    checks = figures_of(judged, POLICY).checks
    assert checks["precision"].value == pytest.approx(2 / 3, abs=1e-4)
    assert checks["recall"].value == pytest.approx(2 / 3, abs=1e-4)
    assert checks["false_blocks"].value == 0.5
    assert not checks["false_blocks"].ok
    assert not checks["strict_recall_minors"].ok
    tables = tables_of(judged, POLICY)
    assert tables["by_category"].counts["violence"].misses == 1
    assert tables["by_rule"].counts["ARM-1"].hits == 1
    assert tables["by_detector"].counts["words"].false == 1


def test_the_sets_are_large_varied_and_apart() -> None:
    sets = {name: read_set(SETS / f"{name}.jsonl") for name in ("development", "test", "hard")}
    texts = [each.text for every in sets.values() for each in every]
    assert len(set(texts)) == len(texts)
    assert len(sets["development"]) + len(sets["test"]) >= 600
    for name in ("development", "test"):
        assert len({each.language for each in sets[name]}) >= 5
        assert {each.kind for each in sets[name]} == {"plain", "borderline", "evasion"}
        labels = {label for each in sets[name] for label in each.labels}
        assert labels >= {"sexual", "violence", "hate", "minors", "self-harm", "weapons"}
        assert {"real-people"} <= labels
    assert all(json.dumps(each, ensure_ascii=True) for each in texts)
