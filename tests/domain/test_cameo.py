"""What may happen to a cameo after enrolment."""

from __future__ import annotations

from typing import Any

import pytest

from domain.cameo.cameo import (
    CameoDeleted,
    CameoFreed,
    CameoHeld,
    CameoReinstated,
    CameoSuspended,
    Castable,
    TemplatesDestroyed,
)
from domain.cameo.keeping import (
    CAMEO as CAMEO_DECIDER,
)
from domain.cameo.keeping import (
    ApproveVersion,
    CameoGone,
    CameoOfAnother,
    CameoUnknown,
    DeleteCameo,
    DestroyTemplates,
    ReinstateCameo,
    SuspendCameo,
    VersionOutOfTurn,
    VersionUnknown,
)
from tests import words
from tests.domain.consent_words import CAMEO, CASTER, a_version, version_approved
from tests.domain.given import Story

none_yet = Story(CAMEO_DECIDER)
enrolled = none_yet.given(version_approved())
at = words.moment()


def approve(number: int, **more: Any) -> ApproveVersion:
    fields = version_approved(number).model_dump()
    return ApproveVersion.model_validate({**fields, "command_id": "v", **more})


ONE_ALARM, OTHER_ALARM = words.an_id("enr", 71), words.an_id("enr", 72)


def suspend(version: int | None = None, alarm: str = "rescore") -> SuspendCameo:
    return SuspendCameo(command_id="s", at=at, reason="rescored", version=version, alarm=alarm)


def suspended(version: int | None = None, alarm: str | None = "rescore") -> CameoSuspended:
    return CameoSuspended(at=at, cameo_id=CAMEO, reason="rescored", version=version, alarm=alarm)


def reinstate(alarm: str | None = None) -> ReinstateCameo:
    return ReinstateCameo(command_id="r", at=at, cameo_id=CAMEO, reason="reviewed", alarm=alarm)


def reinstated(alarm: str | None = None) -> CameoReinstated:
    return CameoReinstated(at=at, cameo_id=CAMEO, reason="reviewed", alarm=alarm)


def held(alarm: str | None = "rescore") -> CameoHeld:
    return CameoHeld(at=at, cameo_id=CAMEO, reason="rescored", alarm=alarm)


def test_a_retake_makes_the_next_version() -> None:
    none_yet.when(approve(1)).then(version_approved(1))
    enrolled.when(approve(1)).then_nothing()
    enrolled.when(approve(2)).then(version_approved(2))
    enrolled.when(approve(3)).then_refused(VersionOutOfTurn)
    none_yet.when(approve(2)).then_refused(VersionOutOfTurn)


def test_two_retakes_at_once_make_one_version() -> None:
    twice = enrolled.given(version_approved(2))
    other = a_version(2).model_copy(update={"enrolment_id": words.an_id("enr", 77)})
    twice.when(approve(2, version=other.model_dump())).then_refused(VersionOutOfTurn)


def test_a_cameo_stays_with_its_account_and_kind() -> None:
    enrolled.when(approve(2, account_id=CASTER)).then_refused(CameoOfAnother)
    enrolled.when(approve(2, kind="pet")).then_refused(CameoOfAnother)


def test_a_suspension_of_one_version_leaves_the_others() -> None:
    both = enrolled.given(version_approved(2))
    both.when(suspend(1)).then(suspended(1))
    state = both.given(suspended(1)).state
    assert isinstance(state, Castable)
    assert state.suspends(1)
    assert not state.suspends(2)
    whole = both.given(suspended(None)).state
    assert isinstance(whole, Castable)
    assert whole.suspends(1)
    assert whole.suspends(2)
    both.when(suspend(3)).then_refused(VersionUnknown)


def test_a_suspension_ends_when_somebody_ends_it() -> None:
    enrolled.given(suspended()).when(suspend()).then_nothing()
    enrolled.given(suspended()).when(reinstate()).then(reinstated())
    enrolled.given(suspended(), reinstated()).when(reinstate()).then_nothing()
    enrolled.given(suspended()).when(approve(2)).then(version_approved(2))


def test_one_decided_alarm_leaves_the_suspension_that_another_needs() -> None:
    frozen = enrolled.given(suspended(alarm=ONE_ALARM))
    frozen.when(suspend(alarm=OTHER_ALARM)).then(suspended(alarm=OTHER_ALARM))
    twice = frozen.given(suspended(alarm=OTHER_ALARM))
    twice.when(reinstate(OTHER_ALARM)).then(reinstated(OTHER_ALARM))
    once = twice.given(reinstated(OTHER_ALARM))
    assert isinstance(once.state, Castable)
    assert once.state.suspends(1)
    once.when(reinstate(OTHER_ALARM)).then_nothing()
    free = once.given(reinstated(ONE_ALARM)).state
    assert isinstance(free, Castable)
    assert not free.suspends(1)


def test_suspensions_of_a_time_without_alarms_are_read_as_they_were_meant() -> None:
    old = enrolled.given(suspended(alarm=None))
    assert isinstance(old.state, Castable)
    assert old.state.suspends(1)
    old.when(reinstate(ONE_ALARM)).then_nothing()
    free = old.given(suspended(alarm=ONE_ALARM), reinstated(None)).state
    assert isinstance(free, Castable)
    assert not free.suspends(1)


def test_who_is_frozen_while_being_enrolled_is_suspended_as_soon_as_that_is_approved() -> None:
    freeze = suspend().model_copy(update={"cameo_id": CAMEO})
    none_yet.when(freeze).then(held())
    waiting = none_yet.given(held())
    waiting.when(freeze).then_nothing()
    waiting.when(approve(1)).then(version_approved(1), suspended())
    state = waiting.given(version_approved(1), suspended()).state
    assert isinstance(state, Castable)
    assert state.suspends(1)


def test_whom_a_human_approves_is_not_held_back_by_their_own_alarm_any_longer() -> None:
    own = a_version(1).enrolment_id
    by_human = approve(1).model_copy(update={"by_human": True})
    none_yet.given(held(own)).when(by_human).then(version_approved(1))
    none_yet.given(held(None)).when(by_human).then(version_approved(1))
    both = none_yet.given(held(own), held(OTHER_ALARM))
    both.when(by_human).then(version_approved(1), suspended(alarm=OTHER_ALARM))
    state = none_yet.given(held(own), version_approved(1)).state
    assert isinstance(state, Castable)
    assert not state.suspends(1)


def test_of_two_alarms_before_the_approval_the_one_that_stands_suspends() -> None:
    both = none_yet.given(held(ONE_ALARM), held(OTHER_ALARM))
    let_through = CameoFreed(at=at, cameo_id=CAMEO, reason="reviewed", alarm=ONE_ALARM)
    both.when(reinstate(ONE_ALARM)).then(let_through)
    both.given(let_through).when(approve(1)).then(version_approved(1), suspended(alarm=OTHER_ALARM))


def test_who_is_let_through_before_the_approval_is_not_suspended_by_it() -> None:
    waiting = none_yet.given(held())
    let_through = CameoFreed(at=at, cameo_id=CAMEO, reason="reviewed")
    waiting.when(reinstate()).then(let_through)
    waiting.given(let_through).when(reinstate()).then_nothing()
    waiting.given(let_through).when(approve(1)).then(version_approved(1))


def test_templates_are_destroyed_once() -> None:
    destroy = DestroyTemplates(command_id="t", at=at, version=1)
    destroyed = TemplatesDestroyed(at=at, cameo_id=CAMEO, version=1)
    enrolled.when(destroy).then(destroyed)
    enrolled.given(destroyed).when(destroy).then_nothing()


@pytest.mark.parametrize("command", [suspend(), DeleteCameo(command_id="d", at=at, reason="x")])
def test_nothing_happens_to_a_cameo_that_does_not_exist(command: Any) -> None:
    none_yet.when(command).then_refused(CameoUnknown)


def test_a_deleted_cameo_does_not_come_back() -> None:
    delete = DeleteCameo(command_id="d", at=at, reason="owner-asked")
    deleted = CameoDeleted(at=at, cameo_id=CAMEO, reason="owner-asked")
    enrolled.when(delete).then(deleted)
    gone = enrolled.given(deleted)
    gone.when(delete).then_nothing()
    gone.when(approve(2)).then_refused(CameoGone)
    gone.when(suspend()).then_refused(CameoGone)
    gone.when(DestroyTemplates(command_id="t", at=at, version=1)).then_nothing()
