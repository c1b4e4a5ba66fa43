"""The limits of a brief."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from activities.moderation.material import Material
from domain.consent.roles import brief_key
from domain.generation.brief import PROMPT_CHARACTERS_MAX, Brief, Line, Shot


def test_only_a_prompt_is_needed() -> None:
    brief = Brief(prompt="a dog runs")
    assert brief.shots == (Shot(prompt="a dog runs", seconds=3.0),)
    assert (brief.width, brief.height, brief.fps, brief.sampler) == (640, 368, 24, "sketch")


def test_a_brief_reads_back_equal() -> None:
    brief = Brief(prompt="a dog runs", shots=(Shot(prompt="close", seconds=1.5),), seed=3)
    assert Brief.model_validate_json(brief.model_dump_json()) == brief


def test_a_brief_says_where_it_is_to_be_shown_and_older_ones_meant_the_feed() -> None:
    assert Brief.model_validate({"prompt": "a dog runs"}).surface == "feed"
    assert Brief(prompt="a dog runs", surface="kids-club").surface == "kids-club"
    for unfit in ("Kids", "kids & co", "", "-kids", "k" * 41):
        with pytest.raises(ValidationError, match="surface"):
            Brief(prompt="a dog runs", surface=unfit)


def test_where_it_is_shown_is_a_part_of_what_is_consented_to_and_not_of_what_it_says() -> None:
    here, there = (Brief(prompt="a dog runs", surface=each) for each in ("feed", "kids"))
    assert brief_key(here) == brief_key(Brief(prompt="a dog runs")) != brief_key(there)
    assert Material(brief=here).sha256 == Material(brief=there).sha256


def test_a_missing_seed_follows_from_the_id() -> None:
    brief = Brief(prompt="a dog")
    assert brief.seed_for("gen_a") == brief.seed_for("gen_a") != brief.seed_for("gen_b")
    assert Brief(prompt="a dog", seed=5).seed_for("gen_a") == 5


def directed(**direction: Any) -> dict[str, Any]:
    """A brief whose one shot of three seconds is directed so."""
    return {"prompt": "a", "shots": [{"prompt": "b", "seconds": 3, **direction}]}


def test_a_shot_says_who_is_in_it_what_is_said_and_how_it_is_shot() -> None:
    hello = Line(speaker="@ada", language="pt-BR", text="Olá!", at=0.5)
    shot = Shot(
        prompt="Ada waves", cast=("@ada", "@bo"), lines=(hello, Line(text="x")), camera="zoom-in"
    )
    brief = Brief(prompt="a", shots=(shot,))
    assert Brief.model_validate_json(brief.model_dump_json()) == brief


def test_what_a_line_says_is_not_shown_with_it() -> None:
    assert "secret" not in repr(Line(text="the secret"))


def test_lines_at_times_of_their_own_may_overlap() -> None:
    Shot(prompt="a", seconds=3, lines=(Line(text="x" * 70, at=0), Line(text="x" * 70, at=0.1)))


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"prompt": ""}, "prompt", "at least 1"),
        ({"prompt": "  \n"}, "prompt", "blank"),
        ({"prompt": "x" * (PROMPT_CHARACTERS_MAX + 1)}, "prompt", "at most 4000"),
        ({"prompt": "a\x00b"}, "prompt", "NUL"),
        ({"prompt": "a\ud800b"}, "prompt", "nicode"),
        ({"prompt": "a", "width": -640}, "width", "64"),
        ({"prompt": "a", "width": 10**9}, "width", "1280"),
        ({"prompt": "a", "height": 100}, "height", "16"),
        ({"prompt": "a", "fps": 0}, "fps", "8"),
        ({"prompt": "a", "seed": -1}, "seed", "0"),
        ({"prompt": "a", "sampler": "../etc"}, "sampler", "pattern"),
        ({"prompt": "a", "shots": [{"prompt": "b", "seconds": -1}]}, "seconds", "0.5"),
        ({"prompt": "a", "shots": [{"prompt": "b", "seconds": 1e9}]}, "seconds", "20"),
        ({"prompt": "a", "shots": [{"prompt": "b", "seconds": "nan"}]}, "seconds", "finite"),
        ({"prompt": "a", "shots": [{"prompt": "b"}] * 9}, "shots", "8"),
        ({"prompt": "a", "shots": [{"prompt": "b", "seconds": 6}] * 4}, "", "20 is the most"),
        ({"prompt": "a", "width": 1280, "height": 1280}, "", "pixels"),
        ({"prompt": "a", "colour": "red"}, "colour", "not permitted"),
        (directed(cast=("ada",)), "cast", "pattern"),
        (directed(cast=("@ADA",)), "cast", "pattern"),
        (directed(cast=("@a", "@b", "@c", "@d", "@e")), "cast", "at most 4"),
        (directed(cast=("@a", "@a")), "cast", "twice"),
        (directed(camera="barrel-roll"), "camera", "zoom-out"),
        (directed(continues=True), "", "the first shot continues nothing"),
        (directed(lines=[{"text": ""}]), "text", "at least 1"),
        (directed(lines=[{"text": " "}]), "text", "the line is blank"),
        (directed(lines=[{"text": "x" * 401}]), "text", "at most 400"),
        (directed(lines=[{"text": "hi", "language": "English"}]), "language", "pattern"),
        (directed(lines=[{"text": "hi", "at": -1}]), "at", "0"),
        (directed(lines=[{"text": "hi"}] * 9), "lines", "at most 8"),
        (directed(lines=[{"text": "hi", "speaker": "@ada"}]), "shots.0", "line 1 is not in"),
        (directed(lines=[{"text": "hi", "at": 2.95}]), "shots.0", "the shot lasts 3"),
        (directed(lines=[{"text": "x" * 40}] * 2), "shots.0", "line 2 ends 3.2 seconds"),
    ],
)
def test_what_is_out_of_bounds_is_named_with_its_limit(
    given: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        Brief.model_validate(given)
    problems = [(".".join(map(str, each["loc"])), each["msg"]) for each in refused.value.errors()]
    assert any(field in where and words in message for where, message in problems), problems
