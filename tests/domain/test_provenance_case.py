"""A case about bytes that do not verify: opened once, closed once with a reason, opened again."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from domain.catalog import EVENTS
from domain.provenance.case import (
    CASE,
    CaseClosed,
    CaseOpened,
    CloseCase,
    Closed,
    Open,
    OpenCase,
    ProvenanceCaseNotOpen,
    ProvenanceCaseUnknown,
    case_id,
)
from tests import words
from tests.domain.given import Story

EXPORT_ID = words.an_id("exp")
SHA256 = "f" * 64
CASE_ID = case_id(EXPORT_ID, SHA256)


def opened(seconds: float = 0) -> CaseOpened:
    command = find("opened", seconds)
    return CaseOpened.model_validate(command.model_dump(exclude={"command_id"}))


def closed(seconds: float = 60) -> CaseClosed:
    return CaseClosed(
        at=words.moment(seconds),
        case_id=CASE_ID,
        closed_by="staff-desk/anne",
        because="bytes-restored",
    )


def find(command_id: str = "find", seconds: float = 0) -> OpenCase:
    return OpenCase(
        command_id=command_id,
        at=words.moment(seconds),
        case_id=CASE_ID,
        artefact_id=EXPORT_ID,
        film_sha256=SHA256,
        found_by="audit",
        code="provenance-broken",
        explanation="The picture mark is not found.",
    )


def close(**changes: Any) -> CloseCase:
    said = closed().model_dump() | {"command_id": "close"} | changes
    return CloseCase.model_validate(said)


nobody_looked = Story(CASE)
waiting = nobody_looked.given(opened())
looked_at = waiting.given(closed())


def test_a_case_is_opened_once_for_each_file_of_an_artefact() -> None:
    nobody_looked.when(find()).then(opened())
    waiting.when(find("another", 9)).then_nothing()
    assert case_id(EXPORT_ID, "0" * 64) != CASE_ID


def test_whoever_has_looked_closes_it_and_says_why() -> None:
    waiting.when(close()).then(closed())
    assert looked_at.state == Closed(opened(), closed())


def test_what_is_not_open_cannot_be_closed() -> None:
    nobody_looked.when(close()).then_refused(ProvenanceCaseUnknown)
    looked_at.when(close(command_id="again")).then_refused(ProvenanceCaseNotOpen)


def test_bytes_that_fail_again_open_it_again_and_it_can_be_closed_again() -> None:
    looked_at.when(find("tomorrow", 99)).then(opened(99))
    again = looked_at.given(opened(99))
    assert again.state == Open(opened(99), before=closed())
    again.when(close(at=words.moment(120))).then(closed(120))


@pytest.mark.parametrize(
    "changes",
    [{"because": "It was Anne's fault"}, {"because": ""}, {"closed_by": "Anne Miller"}],
)
def test_a_reason_is_one_word_and_nobody_has_a_name(changes: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        close(**changes)


def test_its_stored_names_are_those_of_its_streams() -> None:
    stored = {EVENTS.entry_of(each).stored_name for each in (opened(), closed())}
    assert stored == {"provenance-case-opened.v1", "provenance-case-closed.v1"}
