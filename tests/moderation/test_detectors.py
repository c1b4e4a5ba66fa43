"""The detectors of texts: words, names, wishes; what breaks is a failure to look."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from activities.moderation import lists
from activities.moderation.content import Content, Part, Restriction, of_brief, of_text
from activities.moderation.default_policy import default_policy
from activities.moderation.embedding import SIZE, Vectors
from activities.moderation.head import Head, fit, load
from activities.moderation.lists import ListUnusable, WordLists, phrases
from activities.moderation.meaning import PIECE_CHARACTERS, SURE_MAX, Meaning, pieces
from activities.moderation.names import names
from activities.moderation.panel import Panel
from activities.moderation.reading import read
from activities.moderation.words import Words
from domain.generation.brief import Brief, Line, Shot
from domain.moderation.deciding import decide, laxer_when_strict
from domain.moderation.finding import Detector, Finding
from domain.moderation.policy import Protected
from domain.moderation.verdict import Context

POLICY = default_policy()
BOTH = Panel((Words(lists.built_in()), names(POLICY.protected)))
HERE = Path(__file__).parent


def found(text: str, panel: Panel = BOTH) -> dict[str, int]:
    """The greatest score by category."""
    noted: dict[str, int] = {}
    for each in panel.look(of_text(text)).found:
        noted[each.category] = max(each.score, noted.get(each.category, 0))
    return noted


KNOWN = {
    "Folter im Keller": "violence",
    "Он решил покончить с собой": "self-harm",
    "教你制作炸弹": "weapons",
    "移民都是害虫": "hate",
    "爆弾の作り方": "weapons",
    "كيف تصنع قنبلة": "weapons",
    "Les migrants sont des rats": "hate",
    "Cómo fabricar explosivos": "weapons",
    "Come comprare armi illegali": "weapons",
    "Um homem se enforca": "self-harm",
    "t0rtur3": "violence",
    "s u i c i d e": "self-harm",
    "beheaaaading": "violence",
    "a romantic scene with a schoolchild": "minors",
}


@pytest.mark.parametrize(("text", "category"), KNOWN.items())
def test_lists_know_what_is_meant_in_many_languages(text: str, category: str) -> None:
    assert found(text).get(category, 0) >= 700


@pytest.mark.parametrize(
    "text",
    [
        *("A kind baker", "A schoolchild paints", "A romantic dinner of two pensioners"),
        *("Rats in a cage", "A string quartet", "The immigrants open a bakery", "Essex in spring"),
        *("How to bake bread", "A photobomb", "A cocktail", "@obama-fan waves"),
    ],
)
def test_half_of_a_pair_or_a_part_of_a_word_is_nothing(text: str) -> None:
    assert found(text) == {}


def test_halves_of_a_pair_that_stand_far_apart_are_no_pair() -> None:
    near, far = ("immigrants " + "and so on " * count + "vermin" for count in (1, 20))
    assert found(near)["hate"] == 900
    assert found(far) == {}


def test_a_word_is_found_where_it_stands_in_the_original() -> None:
    text = "Then: t0r\u200btur3, and a sunset."
    (finding,) = BOTH.look(of_text(text)).found
    assert text[slice(*(finding.segment.words or (0, 0)))] == "t0r\u200btur3"


@pytest.mark.parametrize(
    ("text", "category"),
    [
        *(("Barack Obama bakes", "real-people"), ("B4rack 0bama bakes", "real-people")),
        *(("习近平在跳舞", "real-people"), ("My neighbour Martin Keller sings", "real-people")),
        *(("P1kachu dances", "protected-characters"), ("Spider-Man knits", "protected-characters")),
    ],
)
def test_names_are_found(text: str, category: str) -> None:
    assert found(text).get(category, 0) >= 600


@pytest.mark.parametrize(
    "text", ["@martin Keller sings", "martin keller is no capital", "Martin sings", "The Keller"]
)
def test_a_handle_or_half_a_name_is_nobody(text: str) -> None:
    assert "real-people" not in found(text)


def test_whom_a_policy_protects_is_found_and_changes_the_detectors_version() -> None:
    protected = names([Protected(name="Zorblax the Quiet", kind="person", aliases=("Z. Quiet",))])
    (finding,) = protected.look(Part(place="prompt", text="zorblax THE quiet waves"))
    assert (finding.category, finding.score) == ("protected-people", 1000)
    assert protected.detector != names().detector


def test_an_owners_restriction_refuses_a_line_at_its_second() -> None:
    quiet = Line(speaker="@ada", text="Good evening.", at=0.5)
    said = Line(speaker="@ada", text="I would love a cigarette now.", at=2.0)
    shots = (Shot(prompt="@ada talks", seconds=4, cast=("@ada",)),
             Shot(prompt="@ada talks", seconds=6, cast=("@ada",), lines=(quiet, said)))  # fmt: skip
    wish = Restriction(cameo_id="cam_1", never=("a cigarette",), refused=("gambling",))
    content = of_brief(Brief(prompt="Two shots", shots=shots), (wish,))
    findings = BOTH.look(content)
    (finding,) = findings.found
    assert finding.category == "owner-restriction"
    assert finding.segment.place == "line-2.2"
    assert (finding.segment.milliseconds or (0, 0))[0] == 6000
    assert said.text[slice(*(finding.segment.words or (0, 0)))] == "cigarette"
    policy = POLICY.model_copy(update={"required": ()})
    verdict = decide(findings, policy, Context(content_sha256=content.sha256))
    assert (verdict.outcome, verdict.clause, verdict.subject) == ("block", "OWN-1", "cameo/cam_1")


def test_a_scene_that_an_owner_refuses_is_refused_in_the_prompt() -> None:
    wish = Restriction(cameo_id="cam_1", refused=("gambling",))
    content = Content(
        stage="prompt", parts=(Part(place="prompt", text="Poker night"),), restrictions=(wish,)
    )
    assert {each.category for each in BOTH.look(content).found} == {"owner-restriction"}


class Crashing:
    """A detector that breaks, with the text in its mouth."""

    detector = Detector(name="crashing", version="1")

    def look(self, part: Part) -> Iterator[Finding]:
        raise RuntimeError(part.text)


def test_a_detector_that_breaks_has_failed_to_look_and_tells_nothing() -> None:
    findings = Panel((Crashing(),)).look(of_text("a secret"))
    assert findings.looks[0].failure == "broke"
    assert "secret" not in findings.model_dump_json()
    verdict = decide(findings, POLICY, Context(content_sha256="a" * 64))
    assert verdict.outcome == "hold"


BAD = {
    "a megabyte": "a " * 500_000,
    "a megabyte without spaces": "ä" * 1_000_000,
    "control characters": "\x00\x01\x1b[31m\x7f" * 50,
    "lone surrogates": "\ud800\udfff" * 20,
    "overrides that never end": "\u202e" * 500 + "abc",
    "a tower of marks": "z" + "\u0301" * 5000,
    "nothing": "",
    "spaces": " \u3000\u00a0\n" * 200,
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈" * 200,
    "dots between letters": "a." * 4000,
    "stars": "*" * 10_000,
    "digits": "0123456789" * 1000,
    "a picture of signs": "/\\_/\\  ( o.o )  > ^ <\n" * 6,
    "a picture of blocks": "█▀▀ █ █\n█▀  █▄█\n▀   ▀ ▀\n" * 3,
    "a picture in base 64": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA",
}
EMPTY_OR_READ = (
    *("control characters", "overrides that never end", "a tower of marks", "nothing", "spaces"),
    *("lone surrogates", "dots between letters"),
)
"""Nothing is seen in these, or what is seen has been read; a brief refuses some of them before."""


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_looked_at_or_held_and_never_breaks_anything(kind: str) -> None:
    content = of_text(BAD[kind])
    findings = BOTH.look(content)
    assert len(content.sha256) == 64
    assert {each.failure for each in findings.looks} <= {"none", "too-long", "drawn"}
    policy = POLICY.model_copy(update={"required": ()})
    verdict = decide(findings, policy, Context(content_sha256=content.sha256))
    assert verdict.outcome == ("allow" if kind in EMPTY_OR_READ else "hold")


def test_many_parts_that_are_too_long_together_are_held() -> None:
    parts = tuple(Part(place=f"shot-{each}", text="a " * 8000) for each in range(1, 6))
    assert {each.failure for each in BOTH.look(Content(stage="plan", parts=parts)).looks} == {
        "too-long"
    }


class Even:
    """Vectors that depend on a text's length alone."""

    version = "even"

    def vectors(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), SIZE), np.float32)
        rows[:, 0] = [1.0 if "harm" in each else -1.0 for each in texts]
        return rows


def a_head() -> Head:
    weights = np.zeros((1, SIZE))
    weights[0, 0] = 4.0
    return Head(("violence",), weights, np.zeros(1), np.zeros(SIZE), 1.0)


def test_harm_within_a_long_harmless_text_is_found_in_its_piece() -> None:
    calm = "A boat drifts past the old harbour wall while gulls circle. " * 12
    text = f"{calm}Now somebody does harm. {calm}"
    (finding,) = Meaning(Even(), a_head()).look(Part(place="prompt", text=text))
    begin, end = finding.segment.words or (0, 0)
    assert "does harm" in text[begin:end]
    assert end - begin <= PIECE_CHARACTERS
    assert finding.score == SURE_MAX


def test_pieces_cover_a_text_without_overlapping() -> None:
    for text in ("", "short", "a" * 1000, "one. two! three? " * 60, "世界。" * 300, "x " * 700):
        reading = read(text).clear
        spans = list(pieces(reading))
        assert all(end - begin <= PIECE_CHARACTERS for begin, end in spans)
        covered = "".join(reading.text[begin:end] for begin, end in spans)
        assert covered.strip() == reading.text.strip()


def test_fitting_twice_gives_the_same_weights_and_tells_apart_what_it_was_shown() -> None:
    rows = np.eye(SIZE, dtype=np.float32)[:8]
    labels = [frozenset({"hate"}) if each < 4 else frozenset[str]() for each in range(8)]
    one, other = (fit(rows, labels, ("hate",), penalty=0.01) for _ in range(2))
    assert np.array_equal(one.weights, other.weights)
    chances = one.chances(rows)[:, 0]
    assert chances[:4].min() > 0.5 > chances[4:].max()


def test_the_weights_that_ship_know_the_categories_that_the_policy_judges() -> None:
    head = load()
    assert head.weights.shape == (len(head.categories), SIZE)
    judged = {each for rule in POLICY.rules for each in POLICY.reach(rule)}
    assert set(head.categories) <= judged


def test_the_policy_is_nowhere_laxer_with_a_human_cast_on_the_whole_corpus() -> None:
    corpus = []
    for name in ("development", "test", "hard"):
        for line in (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            content = of_text(json.loads(line)["text"])
            corpus.append((BOTH.look(content), Context(content_sha256=content.sha256)))
    assert len(corpus) > 1000
    policy = POLICY.model_copy(update={"required": ()})
    assert laxer_when_strict(corpus, policy) == ()


def test_a_list_with_a_term_of_no_letters_is_refused() -> None:
    with pytest.raises(ListUnusable, match="no letters"):
        WordLists(phrases("hate", 900, ["!!!"]))


def test_the_same_content_gives_the_same_findings() -> None:
    content = of_text("Barack Obama tortures a P1kachu, s u i c i d e")
    assert BOTH.look(content) == BOTH.look(content)
    assert content.sha256 == of_text("Barack Obama tortures a P1kachu, s u i c i d e").sha256
