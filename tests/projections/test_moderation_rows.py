"""Rows of moderation say what the domain says, whatever happened to a case. No server needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.ledger import Context, envelopes
from domain.catalog import EVENTS
from domain.kernel.model import Event
from domain.moderation.case import MODERATION as CASES
from domain.moderation.case_commands import RestoreVerdict
from domain.moderation.case_situations import Blocked
from domain.moderation.undoing import UndoStarted, batch_id, outcome_of, undo_of
from infra.api.moderation_views import verdict_view
from infra.cli.moderation_crowd import BEGINNING, Crowd, policy
from infra.eventlog.codec import CatalogCodec
from infra.vault import FolderVault
from projections.moderation import MODERATION, CaseRow
from projections.projection import Fact, name_of
from projections.rules import RULES, RuleRow
from tests.domain import test_case as cases
from tests.domain.case_words import ANNE, BERT, CASE, judge, reached, screened

CALM, EAGER = policy(1, 600, 850), policy(2, 90, 150)
UNTIL = BEGINNING + timedelta(days=30)
STARTED = UndoStarted(
    at=BEGINNING,
    batch_id=batch_id(2, BEGINNING, UNTIL),
    revision=2,
    instead=1,
    since=BEGINNING,
    until=UNTIL,
)


def facts(events: Sequence[Event]) -> Iterator[Fact]:
    """Events as projections see them."""
    codec, command = CatalogCodec(EVENTS), judge()
    written = envelopes(codec, events, "any", command, Context("client/test", "test"))
    for position, each in enumerate(written, 1):
        yield Fact(position, name_of(each.type), EVENTS.fields(each.type, each.data)[1])


def row_of(events: Sequence[Event]) -> CaseRow:
    rows: dict[str, CaseRow] = {}
    for fact in facts(events):
        MODERATION.fold(rows, fact)
    [row] = rows.values()
    return row


def agrees(events: Sequence[Any]) -> None:
    """The row stands where the case stands."""
    state, row = CASES.fold(events), row_of(events)
    expected = outcome_of(state)
    assert (row.status, row.clause) == (expected.situation, expected.clause)
    strike = row.beneath in ("blocked", "on-appeal") and row.gravity != "ordinary"
    assert strike == ("strike" in expected.effects)
    assert (row.waiting_position > 0) == (row.status in ("held", "on-appeal"))
    if type(state) is Blocked and not state.upheld:
        assert verdict_view(row).appeal_by == state.appeal_by


def after(*found: tuple[str, int], **more: Any) -> tuple[Event, ...]:
    command = judge(*found, **more)
    return screened(command), reached(command)


HELD, BLOCKED, GRAVEST = (
    after(("violence", 600)),
    after(("violence", 900)),
    after(("minors", 500)),
)


CLEARED = after(("violence", 900), cleared_by=CASE)


@pytest.mark.parametrize(
    "events",
    [
        after(("violence", 10)),
        HELD,
        (*HELD, cases.claimed()),
        (*HELD, cases.claimed(), cases.said("allow"), cases.decided("allow", ANNE)),
        (*HELD, cases.decided("block", ANNE, clause="HATE-1")),
        (*GRAVEST, cases.said("block", clause="MIN-1")),
        (*BLOCKED, cases.lodged),
        (*BLOCKED, cases.lodged, cases.appeal_decided("reinstated", BERT, seconds=9)),
        (*BLOCKED, cases.lodged, cases.appeal_decided("upheld", BERT, seconds=9)),
        (*BLOCKED, cases.to_allow),
        (*BLOCKED, cases.to_hold),
        (*BLOCKED, cases.lodged, cases.to_allow),
        (*CLEARED, cases.undone_for_the_cleared()),
    ],
)
def test_a_row_stands_where_its_case_stands(events: tuple[Event, ...]) -> None:
    agrees(events)


async def test_the_same_for_a_crowd_before_an_undo_after_it_and_taken_back(tmp_path: Path) -> None:
    crowd = Crowd(FolderVault(tmp_path))
    before, now = set(), set()
    async for told in crowd.cases(0, 120, EAGER, sealed=False):
        events: list[Any] = [EVENTS.decode(each.type, each.data) for each in told.append.events]
        agrees(events)
        state: Any = told.state
        undo = undo_of(state, STARTED, CALM, state.content.findings, UNTIL)
        undone = CASES.decide(undo, state)
        agrees([*events, *undone])
        before.add(row_of(events).status)
        now.add(row_of([*events, *undone]).status)
        back = RestoreVerdict(command_id="r", at=UNTIL, batch_id=STARTED.batch_id)
        restored = CASES.decide(back, CASES.evolve(state, undone[0]))
        agrees([*events, *undone, *restored])
        assert row_of([*events, *undone, *restored]).status == row_of(events).status
    assert {"allowed", "held", "blocked", "on-appeal", "withdrawn"} <= before
    assert {"allowed", "withdrawn"} <= now


def test_a_rule_counts_what_it_stopped_and_what_humans_made_of_it() -> None:
    stories = (
        (*HELD, cases.decided("allow", ANNE)),
        (*HELD, cases.decided("block", ANNE)),
        (*BLOCKED, cases.lodged, cases.appeal_decided("reinstated", BERT, seconds=9)),
        (*BLOCKED, cases.to_allow),
    )
    rows: dict[str, RuleRow] = {}
    for number, events in enumerate(stories):
        for fact in facts(events):
            fact.position += number * 100
            if fact.name in RULES.folds:
                RULES.fold(rows, fact)
    rule = rows["VIO-1"]
    assert (rule.held, rule.blocked, rule.let_pass, rule.refused) == (2, 2, 1, 1)
    assert (rule.appeals, rule.reinstated, rule.undone) == (1, 1, 1)
    assert rule.overturned == pytest.approx(2 / 3)
