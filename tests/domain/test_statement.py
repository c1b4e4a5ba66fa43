"""Whoever is restricted can read why: for what is refused, for what waits, and for nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.moderation.case_refusals import NotRestricted
from domain.moderation.gates import GATES
from domain.moderation.reasons import StatementOfReasons
from domain.moderation.statement import reasons_of
from tests import words
from tests.domain.case_words import (
    ANNE,
    BERT,
    CASE,
    DAY,
    a_policy,
    findings,
    judge,
    reached,
    screened,
)
from tests.domain.given import Story
from tests.domain.test_case import (
    HOLDING,
    allowed,
    appeal_decided,
    appealed,
    blocked,
    decided,
    fresh,
    held,
)
from tests.domain.test_case import to_hold as undone_to_hold
from tests.domain.test_case_matrix import SITUATIONS, gone

POLICY = a_policy()
PUBLISHED = {
    "gate": "published",
    "findings": findings(("violence", 600), stages=GATES["published"]),
    "source": "notice",
}
RELEASE = {**PUBLISHED, "gate": "release", "source": "own-initiative"}


def stated(story: Story, hidden: bool = False) -> StatementOfReasons:
    return reasons_of(story.state, POLICY, hidden=hidden)


def at_a_gate(score: int, said: dict[str, Any]) -> Story:
    command = judge(("violence", score)).model_copy(update=said)
    return fresh.given(screened(command), reached(command))


def test_what_waits_has_its_restriction_its_rule_its_last_day_and_a_human_to_come() -> None:
    said = stated(held)
    assert said.restriction_says == "The video is not made before a human has looked."
    assert (said.clause, said.explanation) == ("VIO-1", "This is not made because of VIO-1.")
    assert (said.decided_at, said.until) == (words.moment(), words.moment() + timedelta(days=14))
    assert said.automation_says.endswith("A rule made it wait; a human makes the decision.")
    human, *others = said.redress
    assert (human.kind, human.until) == ("human-review", said.until)
    assert {each.kind for each in others} == {"out-of-court-settlement", "court"}


def test_what_is_held_before_its_release_is_said_to_be() -> None:
    assert stated(at_a_gate(600, RELEASE)).restriction == "release-held"


def test_a_published_film_that_humans_look_at_is_hidden_after_a_notice_and_by_a_human() -> None:
    waiting = stated(at_a_gate(600, PUBLISHED))
    assert (waiting.restriction, waiting.source) == ("hidden", "notice")
    assert not waiting.automated_decision
    assert not waiting.automated_detection
    refused = stated(at_a_gate(600, PUBLISHED).given(decided("block", ANNE)))
    assert (refused.restriction, refused.source) == ("hidden", "notice")


def test_a_released_film_that_a_hold_hides_is_said_to_be_hidden() -> None:
    assert stated(at_a_gate(600, RELEASE), hidden=True).restriction == "hidden"


def test_a_refusal_can_be_appealed_and_has_no_last_day() -> None:
    for story in (blocked, appealed, blocked.given(gone)):
        said = stated(story)
        assert (said.restriction, said.until) == ("generation-refused", None)
        assert said.redress[0].kind == "internal-appeal"
        assert said.automated_decision


def test_an_upheld_refusal_is_the_humans_who_heard_it_with_their_words_and_no_second_appeal() -> (
    None
):
    heard = appeal_decided("upheld", BERT, seconds=2 * DAY)
    said = stated(appealed.given(heard.model_copy(update={"words": "It shows an injury."})))
    assert not said.automated_decision
    assert said.decided_at == words.moment(2 * DAY)
    assert "heard the appeal, and upheld it" in said.automation_says
    assert said.explanation == "This is not made because of VIO-1. It shows an injury."
    assert [each.kind for each in said.redress] == ["out-of-court-settlement", "court"]


def test_a_hold_that_nobody_decided_in_time_says_so() -> None:
    said = stated(held.given(decided("block", seconds=14 * DAY)))
    assert said.automated_decision
    assert said.explanation.endswith("nobody decided in that time.")
    until = words.moment(14 * DAY) + timedelta(days=183)
    assert (said.redress[0].kind, said.redress[0].until) == ("internal-appeal", until)


def test_a_hold_that_an_undo_made_counts_its_days_from_the_undo() -> None:
    said = reasons_of(blocked.given(undone_to_hold).state, HOLDING)
    assert said.decided_at == words.moment(DAY)


def test_what_nobody_could_look_at_states_no_detection_and_no_place() -> None:
    said = stated(after_unexamined())
    assert said.facts.startswith("Looked at: the prompt. Something could not be looked at")
    assert not said.automated_detection


def after_unexamined() -> Story:
    return at_a_gate(1000, {"verdict": judge(("unexamined", 1000)).verdict})


def test_every_situation_that_restricts_has_a_statement_and_no_other_has_one() -> None:
    none = {name for name, story in SITUATIONS.items() if not has_statement(story)}
    assert none == {
        "unscreened",
        "allowed",
        "held, undone",
        "blocked, undone",
        "reinstated",
        "withdrawn, allowed",
        "withdrawn, held",
        "withdrawn, held and claimed",
    }
    with pytest.raises(NotRestricted):
        stated(allowed)


def has_statement(story: Story) -> bool:
    try:
        return stated(story).decision_id == CASE
    except NotRestricted:
        return False
