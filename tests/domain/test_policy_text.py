"""A policy file says what is wrong with it, and where; the one in force stays in force."""

from __future__ import annotations

import json

import pytest

from activities.moderation.default_policy import PATH, default_policy
from domain.moderation.policy_text import PolicyUnusable, parse_policy

GOOD = PATH.read_text(encoding="utf-8")

BROKEN = {
    "no TOML": ("[[rules", "It is no TOML"),
    "an unknown category": (
        GOOD.replace('categories = ["hate"]', 'categories = ["hatred"]'),
        "hatred is neither a category nor a group",
    ),
    "a cycle": (
        GOOD.replace('includes = ["sexual"]', 'includes = ["intimate"]'),
        "intimate → intimate include each other",
    ),
    "a clause twice": (GOOD.replace('"HATE-1"', '"SEX-1"'), "the clauses SEX-1 stand"),
    "laxer when strict": (
        GOOD.replace("strict = { hold = 460, block = 700 }", "strict = { block = 900 }"),
        "rule KID-1: rule KID-1 is laxer when a human is cast",
    ),
    "nothing that holds the unexamined": (
        GOOD.replace('categories = ["unexamined"]', 'categories = ["hate"]'),
        "no rule holds what is unexamined",
    ),
    "a threshold out of bounds": (GOOD.replace("block = 750", "block = 7500"), "rule KID-1"),
    "a word of its own": (GOOD.replace("ground =", "grounds ="), "rule KID-1, grounds"),
    "an unknown stage": (GOOD.replace("plan = [", "dream = ["), "required"),
    "no rules": ('revision = 1\ntitle = "Nothing"', "rules: Field required"),
    "another shape": ('revision = 1\ntitle = "Odd"\nrules = "all"', "rules"),
    "far too long": ("#" * 3_000_000, "longer than"),
    "deeply nested": ("a = " + "[" * 50_000, "no TOML"),
}


def test_the_projects_own_policy_is_usable_and_strict() -> None:
    policy = default_policy()
    assert {each.clause for each in policy.rules} >= {"KID-1", "SEX-1", "OWN-1", "NET-1"}
    assert ("prompt", "words") in policy.required


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_policy_is_refused_with_its_place(fault: str) -> None:
    text, said = BROKEN[fault]
    with pytest.raises(PolicyUnusable) as refused:
        parse_policy(text)
    assert said in str(refused.value)
    assert len(str(refused.value)) < 2000


def test_whoever_publishes_counts_the_revisions() -> None:
    assert parse_policy(GOOD, revision=7).revision == 7
    assert parse_policy(GOOD, revision=7).sha256 == default_policy().sha256


def test_a_policy_as_json_is_read_as_the_same_and_refused_with_the_same_words() -> None:
    whole = default_policy().model_dump(mode="json")
    assert (
        parse_policy(json.dumps(whole), revision=3, form="JSON").sha256 == default_policy().sha256
    )
    whole["rules"][1]["categories"] = ["hatred"]
    for text, said in (
        (json.dumps(whole), "hatred is neither a category nor a group"),
        ("[" * 50_000, "It is no JSON"),
        ("{", "It is no JSON"),
        ("[]", "no table of fields"),
    ):
        with pytest.raises(PolicyUnusable, match=said):
            parse_policy(text, form="JSON")
