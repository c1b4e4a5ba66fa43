"""The limits of a brief."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from domain.generation.brief import PROMPT_CHARACTERS_MAX, Brief, Shot


def test_only_a_prompt_is_needed() -> None:
    brief = Brief(prompt="a dog runs")
    assert brief.shots == (Shot(prompt="a dog runs", seconds=3.0),)
    assert (brief.width, brief.height, brief.fps, brief.sampler) == (640, 368, 24, "animatic")


def test_a_brief_reads_back_equal() -> None:
    brief = Brief(prompt="a dog runs", shots=(Shot(prompt="close", seconds=1.5),), seed=3)
    assert Brief.model_validate_json(brief.model_dump_json()) == brief


def test_a_missing_seed_follows_from_the_id() -> None:
    brief = Brief(prompt="a dog")
    assert brief.seed_for("gen_a") == brief.seed_for("gen_a") != brief.seed_for("gen_b")
    assert Brief(prompt="a dog", seed=5).seed_for("gen_a") == 5


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
    ],
)
def test_what_is_out_of_bounds_is_named_with_its_limit(
    given: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        Brief.model_validate(given)
    problems = [(".".join(map(str, each["loc"])), each["msg"]) for each in refused.value.errors()]
    assert any(field in where and words in message for where, message in problems), problems
