"""What another policy would have done, and undoing what one has done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from domain.moderation.case import MODERATION
from domain.moderation.case_commands import ClaimCase, LodgeAppeal, ReadCase, WithdrawContent
from domain.moderation.case_situations import Known
from domain.moderation.gates import case_id
from domain.moderation.policy import Policy
from domain.moderation.undoing import (
    UNDO,
    BeginUndo,
    CompleteReversal,
    CompleteUndo,
    ReverseUndo,
    UndoCompleted,
    UndoPeriodBackwards,
    UndoReversalStarted,
    UndoReversed,
    UndoStarted,
    UndoUnfinished,
    UndoUnknown,
    UndoWasReversed,
    batch_id,
    concerns,
    outcome_of,
    undo_of,
)
from domain.moderation.what_if import Comparison, stale
from tests import words
from tests.domain.case_words import ACCOUNT, BERT, LISTS, a_policy, a_rule, judge
from tests.domain.given import Story

CALM = a_policy(1)
EAGER = a_policy(2, a_rule("VIO-1", "violence", 200, 400), a_rule("HATE-1", "hate", None, 700))
STRANGE = a_policy(2, a_rule("VIO-1", "violence", 700, 900), a_rule("HATE-2", "hate", 100, 200))


def run(state: Any, *commands: Any) -> Any:
    for command in commands:
        for event in MODERATION.decide(command, state):
            state = MODERATION.evolve(state, event)
    return state


def days(policy: Policy, count: int) -> Iterator[Known]:
    """The same days under a policy: what is asked for, what people delete, appeal and decide."""
    for number in range(count):
        case = case_id(words.an_id("gen", number + 1), "admission")
        found = (("violence", number * 37 % 1001), ("hate", number * 91 % 1001))
        state = run(MODERATION.initial, judge(*found, policy=policy, case=case))
        yield lived(state, number)


def lived(state: Known, number: int) -> Known:
    """What people do of their own: some delete, and some object to a refusal."""
    at = words.moment(100.0 + number)
    if number % 7 == 0:
        gone = WithdrawContent(command_id="w", at=at, because="deleted")
        state = run(state, gone)
    if number % 5 == 0 and outcome_of(state).situation == "blocked":
        state = run(state, LodgeAppeal(command_id="a", at=at, account_id=ACCOUNT))
        if number % 2 == 0:
            claim = ClaimCase(command_id="c", at=at, reviewer=BERT)
            state = run(state, claim, reading(at, "allow" if number % 4 else "block"))
    return state


def reading(at: Any, word: Any) -> ReadCase:
    return ReadCase(command_id="r", at=at, reviewer=BERT, reading=word, because="looked")


def compared(cases: list[Known], policy: Policy) -> Any:
    comparison = Comparison(policy)
    for each in cases:
        comparison.add(each)
    return comparison.result()


def test_it_says_what_would_be_stopped_and_what_let_pass_and_by_which_rule() -> None:
    cases = list(days(CALM, 210))
    told = compared(cases, EAGER)
    assert told.newly_blocked > 25
    assert told.newly_held > 5
    assert told.newly_allowed == 0
    assert told.cases == 210 == told.unchanged + told.newly_blocked + told.newly_held
    by_rule = {each.clause: each for each in told.rules}
    assert by_rule["VIO-1"].newly_blocked == told.newly_blocked
    assert len(by_rule["VIO-1"].samples) == 5
    back = compared(list(days(EAGER, 210)), CALM)
    assert back.newly_allowed > 25
    assert back.appeals_spared > 0
    assert {each.clause for each in back.rules if each.newly_allowed} == {"VIO-1"}


def test_the_policy_that_decided_changes_nothing() -> None:
    told = compared(list(days(CALM, 200)), CALM)
    assert told.unchanged == 200
    assert not any(each.samples for each in told.rules)


def test_what_humans_let_pass_and_the_policy_would_stop_is_counted() -> None:
    told = compared(list(days(EAGER, 210)), EAGER)
    assert told.against_humans > 0


def test_two_runs_have_one_hash_and_another_case_another() -> None:
    cases = list(days(CALM, 100))
    assert compared(cases, EAGER) == compared(cases, EAGER)
    assert compared(cases[:-1], EAGER).sha256 != compared(cases, EAGER).sha256
    assert compared(cases, STRANGE).sha256 != compared(cases, EAGER).sha256


def test_a_sample_quotes_nothing_and_says_where() -> None:
    violence = compared(list(days(CALM, 60)), EAGER).rules[-1]
    assert violence.samples[0].place == "line-1.1, seconds 1.5 to 3"


def test_whoever_is_erased_drops_out_and_is_counted() -> None:
    comparison = Comparison(EAGER)
    comparison.erased()
    told = comparison.result()
    assert (told.cases, told.erased) == (0, 1)


def test_only_detectors_that_changed_are_stale() -> None:
    [case] = days(CALM, 1)
    assert stale(case, {LISTS.name: "2"}) == {LISTS.name}
    assert stale(case, {LISTS.name: LISTS.version, "other": "1"}) == frozenset()
    assert stale(case, {}) == frozenset()


UNTIL = words.NOON + timedelta(days=1)
STARTED = UndoStarted(
    at=words.NOON,
    batch_id=batch_id(2, words.NOON, UNTIL),
    revision=2,
    instead=1,
    since=words.NOON,
    until=UNTIL,
)


def undone(state: Known, number: int) -> Known:
    assert concerns(state, STARTED)
    at = words.moment(5000.0 + number)
    command = undo_of(state, STARTED, CALM, state.content.findings, at)
    now: Known = run(state, command)
    return now


@pytest.mark.parametrize("policy", [EAGER, STRANGE])
def test_after_an_undo_everything_stands_as_if_the_revision_had_never_been(
    policy: Policy,
) -> None:
    """People's own doings that need a refusal cannot have happened without one."""
    with_it = [undone(each, n) for n, each in enumerate(days(policy, 210))]
    without_it = list(days(CALM, 210))
    differing = [
        n
        for n, (one, other) in enumerate(zip(with_it, without_it, strict=True))
        if outcome_of(one) != outcome_of(other)
    ]
    appealed = {n for n in range(210) if n % 5 == 0 and n % 7}
    assert not set(differing) - appealed
    assert {outcome_of(each).situation for each in with_it} >= {"allowed", "blocked", "withdrawn"}


def test_a_case_of_another_revision_or_another_day_is_left_alone() -> None:
    [case] = days(CALM, 1)
    assert not concerns(case, STARTED)
    [eager] = days(EAGER, 1)
    later = STARTED.model_copy(update={"since": UNTIL, "until": UNTIL + timedelta(days=1)})
    assert concerns(eager, STARTED)
    assert not concerns(eager, later)
    assert not concerns(MODERATION.initial, STARTED)


none = Story(UNDO)
begun = none.given(STARTED)
COMMON = {"at": words.NOON, "batch_id": STARTED.batch_id}
completed = begun.given(UndoCompleted(**COMMON, cases=10, changed=4))
reversing = completed.given(UndoReversalStarted(**COMMON))


def test_a_batch_begins_once_is_completed_and_can_be_taken_back_once() -> None:
    begin = BeginUndo.model_validate({"command_id": "b", **STARTED.model_dump()})
    complete = CompleteUndo(command_id="c", at=words.NOON, cases=10, changed=4)
    back = ReverseUndo(command_id="r", at=words.NOON)
    ended = CompleteReversal(command_id="e", at=words.NOON, cases=10)
    none.when(begin).then(STARTED)
    begun.when(begin).then_nothing()
    turned = begin.model_copy(update={"since": begin.until, "until": begin.since})
    none.when(turned).then_refused(UndoPeriodBackwards)
    none.when(complete).then_refused(UndoUnknown)
    begun.when(complete).then(UndoCompleted(**COMMON, cases=10, changed=4))
    begun.when(back).then_refused(UndoUnfinished)
    completed.when(back).then(UndoReversalStarted(**COMMON))
    completed.when(complete).then_nothing()
    reversing.when(back).then_nothing()
    reversing.when(begin).then_refused(UndoWasReversed)
    reversing.when(ended).then(UndoReversed(**COMMON, cases=10))
