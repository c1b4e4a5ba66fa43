"""A policy is data: what is wrong with it is refused with its place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.moderation.policy import Group, Policy, Rollout, Rule, Threshold

SAYS = "What this clause is about, in a sentence."
TELLS = "What the person is told, in a sentence."


def a_rule(clause: str = "SEX-1", *categories: str, **more: Any) -> Rule:
    given = {"default": Threshold(hold=500, block=800), "says": SAYS, "tells": TELLS} | more
    return Rule(clause=clause, categories=categories or ("sexual",), **given)


SAFETY = a_rule("NET-1", "unexamined", default=Threshold(hold=1))


def a_policy(*rules: Rule, **more: Any) -> Policy:
    return Policy(**({"revision": 1, "title": "A policy", "rules": (*rules, SAFETY)} | more))


def test_a_rule_about_an_unknown_category_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match="sexuality is neither a category nor a group"):
        a_policy(a_rule("SEX-1", "sexuality"))


def test_groups_that_include_each_other_are_refused_with_their_circle() -> None:
    circle = (Group(name="one", includes=("two",)), Group(name="two", includes=("hate", "one")))
    with pytest.raises(ValidationError, match="one → two → one"):
        a_policy(a_rule(), groups=circle)


def test_a_group_reaches_all_that_its_groups_include() -> None:
    groups = (
        Group(name="adult", includes=("sexual", "minors")),
        Group(name="all", includes=("adult", "hate")),
    )
    rule = a_rule("ALL-1", "all")
    assert a_policy(rule, groups=groups).reach(rule) == {"sexual", "minors", "hate"}


def test_many_groups_that_include_the_same_ones_are_opened_once_each() -> None:
    names = [f"g{number}" for number in range(40)]
    groups = [
        Group(name=name, includes=(after,) * 40)
        for name, after in zip(names, [*names[1:], "hate"], strict=True)
    ]
    assert a_policy(a_rule("ALL-1", "g0"), groups=tuple(groups)).rules


@pytest.mark.parametrize(
    "strict",
    [
        Threshold(hold=500, block=801),
        Threshold(hold=500),
        Threshold(hold=501, block=800),
        Threshold(),
    ],
)
def test_a_rule_that_is_laxer_with_a_human_cast_is_refused(strict: Threshold) -> None:
    with pytest.raises(ValidationError, match="SEX-1 is laxer when a human is cast"):
        a_rule(strict=strict)


def test_a_rule_that_is_laxer_with_a_human_cast_than_at_one_surface_is_refused() -> None:
    narrow = {"surface": "export", "threshold": Threshold(block=100)}
    with pytest.raises(ValidationError, match="laxer"):
        a_rule(strict=Threshold(hold=200, block=300), surfaces=(narrow,))


@pytest.mark.parametrize(
    "safety",
    [
        a_rule("NET-1", "unexamined", default=Threshold(hold=1), stages=("prompt",)),
        a_rule("NET-1", "unexamined", default=Threshold()),
        a_rule("NET-1", "hate", default=Threshold(hold=1)),
    ],
)
def test_a_policy_that_lets_go_what_nobody_saw_is_refused(safety: Rule) -> None:
    with pytest.raises(ValidationError, match="no rule holds what is unexamined at every stage"):
        Policy(revision=1, title="A policy", rules=(a_rule(), safety))


def test_a_clause_stands_in_a_policy_once() -> None:
    with pytest.raises(ValidationError, match="SEX-1 stand"):
        a_policy(a_rule(), a_rule())


def test_a_hold_above_its_block_is_refused() -> None:
    with pytest.raises(ValidationError, match="it never holds"):
        Threshold(hold=900, block=800)


def test_the_hash_names_what_decides_and_nothing_else() -> None:
    one = a_policy(a_rule())
    other = one.model_copy(update={"revision": 7, "rollout": Rollout(stage="shadow")})
    assert a_policy(a_rule()).sha256 == one.sha256
    assert Policy.model_validate(other.model_dump()).sha256 == one.sha256
    changed = one.model_copy(update={"rules": (a_rule(default=Threshold(block=501)), SAFETY)})
    assert changed.sha256 != one.sha256


def test_a_shadow_decides_for_nothing_and_a_full_policy_for_everything() -> None:
    assert not Rollout(stage="shadow").decides_for("anything")
    assert Rollout(stage="full").decides_for("anything")


@settings(max_examples=40, deadline=None)
@given(st.text(), st.integers(0, 1000), st.integers(0, 1000))
def test_a_greater_share_keeps_what_a_smaller_one_had(key: str, one: int, other: int) -> None:
    small, large = sorted((one, other))
    if Rollout(stage="share", share=small).decides_for(key):
        assert Rollout(stage="share", share=large).decides_for(key)


def test_a_share_of_a_third_decides_for_about_a_third() -> None:
    third = Rollout(stage="share", share=333)
    assert 290 < sum(third.decides_for(str(number)) for number in range(1000)) < 376
