"""Events of moderation read back equal under the names that the log keeps."""

from __future__ import annotations

import hashlib

import pytest

from domain.catalog import EVENTS
from domain.kernel.model import Event
from domain.moderation.case_events import (
    CaseReturned,
    ContentRetracted,
    ContentShown,
    VerdictRestored,
)
from domain.moderation.clearance import CLEARANCE, ClearContent, Cleared, ContentCleared
from domain.moderation.gates import case_id, clearance_id
from domain.moderation.publishing import PolicyShared
from domain.moderation.undoing import UndoCompleted, UndoReversalStarted, UndoReversed
from domain.moderation.verdict import Context
from tests import words
from tests.domain import test_case as cases
from tests.domain import test_publishing as policies
from tests.domain import test_what_if as undos
from tests.domain.case_words import ACCOUNT, ANNE, BERT, CASE, judge, reached, screened
from tests.domain.given import Story
from tests.domain.test_stored_words import personal

CLEARED = ContentCleared(at=words.NOON, case_id=CASE)
THIS = Context(content_sha256="a" * 64)
_COMMON = {"at": words.NOON, "case_id": CASE, "clause": "VIO-1"}
_TOLD: tuple[Event, ...] = (
    screened(judge(("violence", 900))),
    reached(judge(("violence", 900))),
    cases.claimed(),
    CaseReturned(**_COMMON, reviewer=ANNE),
    ContentShown(**_COMMON, reviewer=ANNE),
    cases.said("block"),
    cases.decided("block", ANNE),
    cases.lodged,
    cases.appeal_decided("upheld", BERT, seconds=5),
    ContentRetracted(**_COMMON, because="deleted"),
    cases.to_allow,
    VerdictRestored(**_COMMON, batch_id="b"),
    policies.published(),
    policies.enforced(1, 0),
    policies.reverted(2, to=1),
    PolicyShared(at=words.NOON, revision=2, share=5),
    undos.STARTED,
    UndoCompleted(**undos.COMMON, cases=3, changed=1),
    UndoReversalStarted(**undos.COMMON),
    UndoReversed(**undos.COMMON, cases=3),
    CLEARED,
)


@pytest.mark.parametrize("event", _TOLD, ids=lambda each: type(each).__name__)
def test_every_event_reads_back_equal_under_its_stored_name(event: Event) -> None:
    entry = EVENTS.entry_of(event)
    assert EVENTS.decode(entry.stored_name, event.model_dump_json().encode()) == event


def test_every_kind_is_tried() -> None:
    ours = {entry.model for entry in EVENTS.entries() if "moderation" in entry.model.__module__}
    assert ours == {type(each) for each in _TOLD}


def test_what_people_write_is_marked_as_theirs() -> None:
    for each in (cases.said("block"), cases.decided("block"), cases.lodged):
        assert personal(type(each)) == {"words"}
        assert "words" not in repr(each)


def test_content_is_cleared_once_and_for_one_account() -> None:
    story = Story(CLEARANCE)
    clear = ClearContent(command_id="c", at=words.NOON, case_id=CASE)
    story.when(clear).then(CLEARED)
    story.given(CLEARED).when(clear).then_nothing()
    assert story.given(CLEARED).state == Cleared(CASE)
    assert clearance_id(ACCOUNT, THIS) != clearance_id(words.an_id("acc", 9), THIS)


def test_what_is_cleared_for_one_surface_is_not_for_another() -> None:
    kids = THIS.model_copy(update={"surface": "kids"})
    assert clearance_id(ACCOUNT, kids) != clearance_id(ACCOUNT, THIS)


def test_what_was_cleared_before_surfaces_were_told_apart_is_cleared_for_the_feed() -> None:
    before = hashlib.sha256(f"{ACCOUNT} {THIS.content_sha256}".encode()).hexdigest()[:40]
    assert clearance_id(ACCOUNT, THIS) == before


def test_nobody_reads_the_generation_out_of_a_case() -> None:
    admission, release = (case_id(words.GENERATION_ID, gate) for gate in ("admission", "release"))
    assert admission != release
    assert words.GENERATION_ID.rpartition("_")[2][10:] not in admission
