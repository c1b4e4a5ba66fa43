"""Labelled files are read strictly, and what is right and wrong is counted as it should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from activities.moderation import lists
from activities.moderation.cards import figures as cards_figures
from activities.moderation.default_policy import default_policy
from activities.moderation.names import names
from activities.moderation.panel import Panel
from activities.moderation.words import Words
from domain.moderation.finding import Detector
from infra.cli.eval_moderation import evaluate, figures_of, judge, reasoned, tables_of
from infra.cli.moderation_page import BEGIN, END, of_prompts, of_trials, write
from infra.cli.moderation_set import Labelled, SetUnusable, read_set
from infra.cli.moderation_trials import Wished, read_wishes, try_drawn, try_owners
from infra.errors import UserError
from tests.infra.test_open_screener import Model, served, told

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
    assert all(each.strip() for each in texts)


def test_what_owners_do_not_want_is_counted_and_asked_of_their_rule_alone() -> None:
    def wished(text: str, unwanted: bool, **more: object) -> Wished:
        return Wished.model_validate({"text": text, "place": "line", "unwanted": unwanted, **more})

    given = [
        wished("A cigarette, please.", True, never=["a cigarette"]),
        wished("One last smoke, please.", True, never=["a cigarette"]),
        wished("Good evening.", False, never=["a cigarette"]),
        wished("We play poker.", True, refused=["gambling"]),
    ]
    trial = try_owners(given, POLICY)
    count = trial.count
    assert (count.hits, count.misses, count.false, count.right_silence) == (2, 1, 0, 1)
    assert trial.by_rule()["OWN-1"].hits == 2


def test_portraits_drawn_with_signs_are_told_from_words() -> None:
    drawn = Detector(name="drawn", version="1")
    trial = try_drawn(["A boat drifts past the harbour."], POLICY, drawn)
    kinds = trial.by_kind()
    assert kinds["braille"].misses == kinds["address of data"].misses == 0
    assert (kinds["words"].false, kinds["words"].right_silence) == (0, 1)


def test_a_broken_line_of_wishes_is_named(tmp_path: Path) -> None:
    path = a_set(tmp_path, '{"text": "a", "place": "hall", "unwanted": true}')
    with pytest.raises(SetUnusable, match="line 1"):
        read_wishes(path)
    assert len(read_wishes()) >= 60


def test_a_part_brings_its_own_figures_and_leaves_the_others(tmp_path: Path) -> None:
    page, file = tmp_path / "page.md", tmp_path / "measured.json"
    page.write_text(f"before\n{BEGIN}old\n{END}\nafter\n", encoding="utf-8")
    judged = judge([labelled("a beheading", "violence"), labelled("a lake")], POLICY, PANEL)
    write(of_prompts({"test": judged}, {"test": tables_of(judged, POLICY)}, POLICY), page, file)
    trial = try_owners(read_wishes(), POLICY)
    trial.note = "a quarter was whispered"
    write(of_trials([trial], POLICY), page, file)
    known = cards_figures(file)
    assert known.detectors["words"].hits == known.tables["all"]["all"]["test"].hits == 1
    assert known.detectors["owners"].tried == len(read_wishes())
    assert known.rules["OWN-1"].of.startswith("`owners`: ")
    written = page.read_text(encoding="utf-8")
    assert "old" not in written
    assert written.startswith("before\n")
    assert written.endswith("after\n")
    assert "`owners`: a quarter was whispered." in written
    assert "| `reasoner` | |" in written
    assert "| minors | test | none | 0 | 0 |" in written


def test_figures_of_sets_of_ones_own_do_not_reach_the_page(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--page"):
        evaluate(labelled=a_set(tmp_path, '{"text": "a", "labels": []}'), page=True)


async def test_a_reasoning_model_is_asked_about_every_prompt_and_judged_as_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model()
    judged = judge([labelled("a boat burns", "violence"), labelled("a boat")], POLICY, PANEL)
    async with served(model) as url:
        told(monkeypatch, tmp_path, URL=url)
        again = await reasoned(judged, POLICY)
    assert len(model.asked) == 2
    counted = tables_of(again, POLICY)["by_detector"].counts["reasoner"]
    assert (counted.hits, counted.false) == (1, 1)


async def test_without_a_reasoning_model_its_question_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(monkeypatch, tmp_path)
    with pytest.raises(UserError, match="CALLSHEET_MODERATION_URL"):
        await reasoned([], POLICY)
