"""One verdict from many findings: the gravest answer wins, and what nobody saw is never allowed."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.moderation.categories import CATEGORIES, STAGES
from domain.moderation.deciding import decide, laxer_when_strict
from domain.moderation.finding import Detector, Finding, Findings, Look, Segment
from domain.moderation.policy import AtSurface, Policy, Rule, Threshold
from domain.moderation.verdict import Context, Verdict
from tests.domain.test_moderation_policy import a_policy, a_rule

LISTS = Detector(name="lists", version="1")
MODEL = Detector(name="model", version="2")
CONTENT = Context(content_sha256="a" * 64)
CAST = CONTENT.model_copy(update={"strict": True})
POLICY = a_policy(
    a_rule("SEX-1", "sexual", strict=Threshold(hold=200, block=400)),
    a_rule("HATE-1", "hate", default=Threshold(hold=300)),
    a_rule("KID-1", "minors", default=Threshold(block=300)),
)


def a_finding(category: str = "sexual", score: int = 600, **more: Any) -> Finding:
    return Finding(**({"detector": LISTS, "category": category, "score": score} | more))


def noted(*findings: Finding, stage: Any = "prompt", **more: Any) -> Findings:
    by: dict[str, list[Finding]] = {"lists": []}
    for each in findings:
        by.setdefault(each.detector.name, []).append(each)
    detectors = {"lists": LISTS, "model": MODEL}
    looks = tuple(Look(detector=detectors[k], findings=tuple(v)) for k, v in by.items())
    return Findings(**({"stage": stage, "looks": looks} | more))


def verdict_on(*findings: Finding, policy: Policy = POLICY, context: Context = CONTENT) -> Verdict:
    return decide(noted(*findings), policy, context)


def test_content_in_which_nothing_is_found_is_allowed() -> None:
    verdict = verdict_on()
    assert (verdict.outcome, verdict.clause, verdict.releases) == ("allow", None, True)
    assert verdict.detectors == (LISTS,)


@pytest.mark.parametrize(
    ("score", "outcome"), [(499, "allow"), (500, "hold"), (799, "hold"), (800, "block")]
)
def test_thresholds_count_from_their_own_score_on(score: int, outcome: str) -> None:
    assert verdict_on(a_finding(score=score)).outcome == outcome


def test_a_human_in_the_cast_makes_rules_strict() -> None:
    assert verdict_on(a_finding(score=450)).outcome == "allow"
    assert verdict_on(a_finding(score=450), context=CAST).outcome == "block"


def test_a_surface_has_thresholds_of_its_own() -> None:
    own = AtSurface(surface="export", threshold=Threshold(block=100))
    policy = a_policy(a_rule(surfaces=(own,), strict=Threshold(block=100)))
    export = CONTENT.model_copy(update={"surface": "export"})
    assert verdict_on(a_finding(score=150), policy=policy).outcome == "allow"
    assert verdict_on(a_finding(score=150), policy=policy, context=export).outcome == "block"


def test_a_block_outweighs_a_hold_and_the_gravest_decides() -> None:
    verdict = verdict_on(
        a_finding("hate", 1000), a_finding("sexual", 900), a_finding("minors", 300)
    )
    assert (verdict.outcome, verdict.clause, verdict.confidence) == ("block", "KID-1", 300)
    assert [each.clause for each in verdict.grounds] == ["KID-1", "SEX-1", "HATE-1"]
    assert verdict.second_reader


def test_the_order_of_findings_changes_nothing() -> None:
    findings = (a_finding("hate"), a_finding(), a_finding(detector=MODEL), a_finding("minors"))
    assert len({verdict_on(*each).model_dump_json() for each in permutations(findings)}) == 1


def test_a_detector_that_failed_is_a_hold_and_never_an_allow() -> None:
    failed = Look(detector=MODEL, state="failed", failure="timed-out")
    verdict = decide(Findings(stage="prompt", looks=(failed,)), POLICY, CONTENT)
    assert (verdict.outcome, verdict.clause, verdict.category) == ("hold", "NET-1", "unexamined")


def test_a_required_detector_that_nobody_asked_is_a_hold() -> None:
    policy = POLICY.model_copy(update={"required": (("prompt", "model"),)})
    assert verdict_on(policy=policy).outcome == "hold"
    looked = noted(looks=(Look(detector=MODEL),))
    assert decide(looked, policy, CONTENT).outcome == "allow"
    assert decide(noted(stage="sound"), policy, CONTENT).outcome == "allow"


def test_content_at_which_nobody_looked_is_a_hold() -> None:
    for stage in STAGES:
        assert decide(Findings(stage=stage), POLICY, CONTENT).outcome == "hold"


def test_a_finding_that_names_a_clause_counts_for_that_rule_alone() -> None:
    both = a_policy(a_rule("SEX-1"), a_rule("SEX-2", default=Threshold(block=100)))
    assert verdict_on(a_finding(clause="SEX-1"), policy=both).outcome == "hold"
    assert verdict_on(a_finding(clause="SEX-2"), policy=both).outcome == "block"


def test_a_clause_that_the_policy_does_not_have_frees_nothing() -> None:
    assert verdict_on(a_finding(score=900, clause="ALLOW-ALL")).outcome == "block"


def test_a_rule_listens_to_its_own_detectors_and_to_what_nobody_saw() -> None:
    deaf = a_policy(a_rule(detectors=("model",)))
    assert verdict_on(a_finding(score=900), policy=deaf).outcome == "allow"
    assert verdict_on(a_finding(score=900, detector=MODEL), policy=deaf).outcome == "block"


def test_a_rule_keeps_to_its_stages() -> None:
    policy = a_policy(a_rule(stages=("frames",)))
    assert decide(noted(a_finding(score=900)), policy, CONTENT).outcome == "allow"
    assert decide(noted(a_finding(score=900), stage="frames"), policy, CONTENT).outcome == "block"


def test_reviewers_read_where_and_by_whom_and_people_read_the_rules_words() -> None:
    where = Segment(place="line-2.1", words=(4, 9), milliseconds=(1500, 2500))
    verdict = verdict_on(a_finding(score=900, segment=where))
    assert "SEX-1 blocks: sexual 900 ≥ 800, lists 1" in verdict.rationale
    assert "line-2.1, characters 4 to 9, seconds 1.5 to 2.5" in verdict.rationale
    assert verdict.words == a_rule().tells
    assert verdict.segment == where


def test_the_key_changes_with_content_policy_context_and_detectors_and_with_nothing_else() -> None:
    keys = [
        verdict_on().key,
        verdict_on(policy=a_policy(a_rule())).key,
        verdict_on(context=CAST).key,
        verdict_on(context=CONTENT.model_copy(update={"surface": "draft"})).key,
        verdict_on(context=CONTENT.model_copy(update={"content_sha256": "b" * 64})).key,
        verdict_on(a_finding(detector=MODEL)).key,
        decide(noted(stage="plan"), POLICY, CONTENT).key,
    ]
    assert len(set(keys)) == len(keys)
    assert verdict_on(a_finding()).key == keys[0]


def test_a_look_holds_findings_of_its_own_and_a_detector_looks_once() -> None:
    with pytest.raises(ValueError, match="its own detector's"):
        Look(detector=LISTS, findings=(a_finding(detector=MODEL),))
    with pytest.raises(ValueError, match="looks once"):
        Findings(stage="prompt", looks=(Look(detector=LISTS), Look(detector=LISTS)))
    with pytest.raises(ValueError, match="no category is called"):
        a_finding("nonsense")


SCORES = st.one_of(st.none(), st.integers(0, 1000))


@st.composite
def thresholds(draw: st.DrawFn) -> Threshold:
    hold, block = draw(SCORES), draw(SCORES)
    if hold is not None and block is not None:
        hold, block = min(hold, block), max(hold, block)
    return Threshold(hold=hold, block=block)


@st.composite
def rules(draw: st.DrawFn, clause: str) -> Rule:
    default, strict = draw(thresholds()), draw(thresholds())
    names = draw(st.lists(st.sampled_from(sorted(CATEGORIES)), min_size=1, max_size=4))
    stricter = strict if strict.covers(default) else None
    return a_rule(clause, *dict.fromkeys(names), default=default, strict=stricter)


FINDINGS = st.lists(
    st.builds(a_finding, st.sampled_from(sorted(CATEGORIES)), st.integers(0, 1000)), max_size=6
)


@settings(max_examples=40, deadline=None)
@given(rules("ONE"), rules("TWO"), FINDINGS)
def test_whatever_the_policy_a_human_cast_never_makes_it_laxer(
    one: Rule, two: Rule, findings: list[Finding]
) -> None:
    policy = a_policy(one, two)
    assert laxer_when_strict([(noted(*findings), CONTENT)], policy) == ()


@settings(max_examples=40, deadline=None)
@given(FINDINGS, st.builds(a_finding, st.sampled_from(sorted(CATEGORIES)), st.integers(0, 1000)))
def test_one_more_finding_never_makes_a_verdict_milder(
    findings: list[Finding], more: Finding
) -> None:
    weight = {"allow": 0, "hold": 1, "block": 2}
    before, after = verdict_on(*findings), verdict_on(*findings, more)
    assert weight[before.outcome] <= weight[after.outcome]
