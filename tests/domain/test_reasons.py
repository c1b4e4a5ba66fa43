"""A statement of reasons says what was decided, with everything that article 17(3) asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.moderation.policy import Threshold
from domain.moderation.reasons import Decision, StatementOfReasons, statement_of
from tests.domain.test_moderation_policy import TELLS, a_policy, a_rule
from tests.domain.test_moderation_verdict import POLICY, a_finding, verdict_on

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def a_decision(**more: Any) -> Decision:
    return Decision(
        **(
            {
                "decision_id": "dec_1",
                "about": "generation/gen_1",
                "restriction": "generation-refused",
                "verdict": verdict_on(a_finding(score=900)),
                "clause": "SEX-1",
                "decided_by": "machine",
                "decided_at": NOON,
            }
            | more
        )
    )


def the_statement(**more: Any) -> StatementOfReasons:
    return statement_of(a_decision(**more), POLICY)


def test_a_machines_refusal_names_restriction_facts_machines_clause_and_redress() -> None:
    said = the_statement()
    assert said.restriction_says == "The video is not made."
    assert said.facts.startswith("Looked at: the prompt. Found in prompt:")
    assert said.automated_detection
    assert said.automated_decision
    assert "lists 1" in said.automation_says
    assert (said.ground, said.clause, said.legal_reference) == ("terms", "SEX-1", None)
    assert said.explanation == TELLS
    assert {each.kind for each in said.redress} == {
        "internal-appeal",
        "out-of-court-settlement",
        "court",
    }


def test_an_appeal_is_open_for_183_days() -> None:
    until = {each.kind: each.until for each in the_statement().redress}
    assert until["internal-appeal"] == NOON + timedelta(days=183)
    assert until["court"] is None


def test_a_humans_decision_after_a_notice_says_both() -> None:
    said = the_statement(decided_by="human", source="notice", reason="We looked at it together.")
    assert not said.automated_decision
    assert not said.automated_detection
    assert said.source_says == "It was found because somebody gave notice of it."
    assert said.explanation == f"{TELLS} We looked at it together."


def test_a_rule_that_rests_on_a_law_names_it() -> None:
    rule = a_rule(ground="law", reference="Act, section 1")
    policy = a_policy(rule)
    verdict = verdict_on(a_finding(score=900), policy=policy)
    said = statement_of(a_decision(verdict=verdict), policy)
    assert (said.ground, said.legal_reference) == ("law", "Act, section 1")


def test_a_statement_is_made_under_the_policy_that_decided() -> None:
    other = a_policy(a_rule(default=Threshold(block=1)))
    with pytest.raises(ValueError, match="revision 1"):
        statement_of(a_decision(), other)
    with pytest.raises(ValueError, match="no clause NONE-1"):
        the_statement(clause="NONE-1")


def test_the_same_decision_gives_the_same_statement() -> None:
    assert the_statement().model_dump_json() == the_statement().model_dump_json()
