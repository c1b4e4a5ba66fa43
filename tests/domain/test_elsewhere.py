"""What was found is judged by the thresholds of the surface that it is shown at, at every stage."""

from __future__ import annotations

from typing import Any

import pytest

from domain.moderation.case import MODERATION
from domain.moderation.case_commands import JudgeContent
from domain.moderation.case_refusals import ContentBlocked, VerdictMissing
from domain.moderation.case_situations import Known
from domain.moderation.categories import STAGES, Stage
from domain.moderation.elsewhere import Passed, at_surface, cleared_elsewhere, found_in
from domain.moderation.gates import GATES, OF_A_GENERATION, effects_of, elsewhere_id, judged
from domain.moderation.passing import cleared_at, cleared_film
from domain.moderation.policy import AtSurface, Policy, Threshold
from domain.moderation.statement import reasons_of
from domain.moderation.what_if import Comparison
from tests.domain.case_words import (
    GENERATION,
    a_policy,
    a_rule,
    content,
    findings,
    judge,
    reached,
    screened,
)

KIDS = at_surface(content(), "kids")


def with_kids(clause: str = "VIO-1", **threshold: int) -> Policy:
    """Violence is held from 500 on and hate from 700 on; for children one is as it says here."""
    own = AtSurface(surface="kids", threshold=Threshold(**threshold))
    rules = (a_rule("VIO-1", "violence", 500, 800), a_rule("HATE-1", "hate", 700, 900))
    return a_policy(
        1,
        *(
            each.model_copy(update={"surfaces": (own,)}) if each.clause == clause else each
            for each in rules
        ),
    )


STRICTER = with_kids(hold=100, block=300)


def case_of(*found: tuple[str, int], context: Any = None, policy: Policy = STRICTER) -> Known:
    """How a case stands after its verdict."""
    noted, about = findings(*found), context or content()
    command = judge(*found, policy=policy).model_copy(
        update={"context": about, "verdict": judged(noted, policy, about)}
    )
    return after(command)


def after(command: JudgeContent) -> Known:
    state = MODERATION.fold([screened(command), reached(command)])
    assert isinstance(state, Known)
    return state


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    ("surface", "outcome"), [("feed", "allow"), ("kids", "block"), ("unheard-of", "allow")]
)
def test_each_stage_is_judged_by_the_thresholds_of_its_surface(
    stage: Stage, surface: str, outcome: str
) -> None:
    verdict = judged(findings(("violence", 400), stages=(stage,)), STRICTER, at(surface))
    assert (verdict.outcome, verdict.surface, verdict.stage) == (outcome, surface, stage)
    assert ("the surface kids" in verdict.rationale) == (outcome == "block")


def at(surface: str) -> Any:
    return at_surface(content(), surface)


def test_a_verdict_for_one_surface_lets_nothing_pass_at_another() -> None:
    case = case_of()
    cleared_at("feed")(case)
    with pytest.raises(VerdictMissing, match="for the surface feed, not for kids"):
        cleared_at("kids")(case)
    with pytest.raises(VerdictMissing, match="not for export"):
        cleared_film(case.content.context.content_sha256, "export")(case)


def test_a_refusal_names_its_rule_and_its_surface() -> None:
    with pytest.raises(ContentBlocked, match="VIO-1, for the surface kids: This is not made"):
        cleared_at("kids")(case_of(("violence", 400), context=KIDS))


def test_the_statement_of_reasons_says_which_surfaces_thresholds_were_asked() -> None:
    said = reasons_of(case_of(("violence", 400), context=KIDS), STRICTER)
    assert (said.surface, said.clause) == ("kids", "VIO-1")


def test_what_if_judges_each_case_at_the_surface_that_it_was_judged_at() -> None:
    comparison = Comparison(with_kids(hold=450))
    for context in (content(), KIDS):
        comparison.add(case_of(("violence", 400), context=context))
    result = comparison.result()
    assert (result.cases, result.unchanged, result.newly_allowed) == (2, 1, 1)


def test_another_surface_asks_for_every_stage_and_is_none_of_the_generations_own_gates() -> None:
    assert set(GATES["elsewhere"]) == set(STAGES)
    assert "elsewhere" not in OF_A_GENERATION
    both = found_in([Passed(case_of()), Passed(case_of())])
    assert [each.stage for each in both] == ["prompt", "plan"] * 2


def test_what_is_too_much_for_another_surface_counts_against_nobody() -> None:
    grave = judged(findings(("minors", 950)), a_policy(), KIDS)
    assert (grave.outcome, grave.gravity) == ("block", "gravest")
    assert "strike" in effects_of(grave, "release", "block")
    assert effects_of(grave, "elsewhere", "block") == {"block", "notice"}
    assert effects_of(grave, "elsewhere", "hold") == {"hold", "notice"}


def test_there_is_one_case_for_each_surface_and_each_policy() -> None:
    policies = (STRICTER, STRICTER.model_copy(update={"revision": 2, "title": "Renamed"}))
    assert len({elsewhere_id(GENERATION, "kids", each) for each in policies}) == 1
    others = {elsewhere_id(GENERATION, each, STRICTER) for each in ("kids", "export")}
    assert len(others | {elsewhere_id(GENERATION, "kids", a_policy())}) == 3


def test_what_humans_let_pass_passes_where_no_more_stands_against_it() -> None:
    passed = [Passed(case_of(("violence", 600)), "mod_1"), Passed(case_of())]
    assert cleared_elsewhere(passed, STRICTER, "export") == "mod_1"


@pytest.mark.parametrize(
    ("policy", "score"),
    [
        (with_kids(hold=100, block=550), 600),  # held for the feed, blocked for children
        (with_kids(hold=100), 400),  # nothing for the feed, held for children
        (with_kids("HATE-1", hold=100), 600),  # another rule stands against it there
    ],
)
def test_what_humans_let_pass_stops_where_more_stands_against_it(
    policy: Policy, score: int
) -> None:
    passed = [Passed(case_of(("violence", score), ("hate", score)), "mod_1")]
    assert cleared_elsewhere(passed, policy, "kids") is None


def test_what_no_human_looked_at_is_let_pass_by_nobody() -> None:
    assert cleared_elsewhere([Passed(case_of(("violence", 600)))], STRICTER, "export") is None
