"""Events of people, cameos and consent read back equal; what belongs to a person is marked."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from domain.account.handle import HandleClaimed, HandleReleased
from domain.account.relations import AccountUnblocked
from domain.cameo.cameo import (
    CameoFreed,
    CameoHeld,
    CameoReinstated,
    TemplatesDestroyed,
)
from domain.cameo.checks import shortcoming
from domain.cameo.enrolment_events import (
    ClipDeclined,
    EnrolmentClosed,
    EnrolmentRefused,
    EnrolmentReviewed,
    EnrolmentStarted,
    ReviewReopened,
    ReviewRequested,
)
from domain.catalog import EVENTS
from domain.consent.appearance import AppearanceNoted
from domain.consent.asking import AskRetracted, ConsentAsked
from domain.consent.events import ApprovalRemoved, DenialRemoved
from domain.consent.preferences import Preference
from domain.kernel.model import Event, Personal
from infra.cli.consent_crowd import crowd
from infra.cli.consent_worlds import WorldMaker
from tests.domain import (
    test_asking,
    test_attempts,
    test_cameo,
    test_consent,
    test_enrolment,
    test_protection,
    test_receipt,
    test_relations,
)
from tests.domain.consent_words import CAMEO, CASTER, OWNER, blocks, use_reserved
from tests.domain.test_enrolment import ENROLMENT_ID
from tests.words import GENERATION_ID, NOON

_TOLD: dict[type[Event], Event] = {
    type(each): each
    for each in (
        CameoReinstated(at=NOON, cameo_id=CAMEO, reason="reviewed", version=1),
        AccountUnblocked(at=NOON, account_id=OWNER, other_id=CASTER),
        ApprovalRemoved(at=NOON, cameo_id=CAMEO, caster_id=CASTER, revision=2),
        DenialRemoved(at=NOON, cameo_id=CAMEO, caster_id=CASTER, revision=2),
        test_consent.restored(),
        test_consent.revoked(),
        test_consent.declined(),
        *(event for seed in range(40) for _, event in WorldMaker(seed).world().told),
        *(fact.event for fact in crowd()[0][-1:]),
        test_relations.claimed(),
        blocks(OWNER, OWNER),
        use_reserved(),
        *(test_asking.asked(), test_asking.approved, test_asking.denied, test_asking.lapsed),
        AskRetracted(at=NOON, ask_id=test_asking.ID, because="cameo-gone"),
        HandleReleased(at=NOON, account_id=OWNER),
        test_enrolment.started(),
        test_enrolment.issued(),
        test_enrolment.received(),
        test_enrolment.recorded(test_enrolment.found("age", "failed", score=0.5)),
        test_enrolment.APPROVED,
        ClipDeclined(at=NOON, enrolment_id=ENROLMENT_ID, reason="late"),
        EnrolmentClosed(at=NOON, enrolment_id=ENROLMENT_ID, reason="cancelled"),
        EnrolmentRefused(
            at=NOON,
            enrolment_id=ENROLMENT_ID,
            shortcomings=(shortcoming(test_enrolment.found("clip", "failed", code="no-sound")),),
        ),
        ReviewRequested(at=NOON, enrolment_id=ENROLMENT_ID, checks=("age",)),
        ReviewReopened(
            at=NOON, enrolment_id=ENROLMENT_ID, checks=("not-enrolled",), others=(CAMEO,)
        ),
        EnrolmentReviewed(
            at=NOON,
            enrolment_id=ENROLMENT_ID,
            reviewer="staff/7",
            decision="refuse",
            reason="a-child",
        ),
        CameoHeld(at=NOON, cameo_id=CAMEO, reason="resembles-another"),
        CameoFreed(at=NOON, cameo_id=CAMEO, reason="reviewed"),
        test_attempts.begun(test_attempts.HOUR),
        test_attempts.turned_away(),
        test_protection.protected(),
        test_protection.ended(),
        TemplatesDestroyed(at=NOON, cameo_id=CAMEO, version=1),
        test_cameo.suspended(1),
        AppearanceNoted(
            at=NOON,
            appearance_id=CAMEO.replace("cam_", "apr_"),
            cameo_id=CAMEO,
            version=1,
            generation_id=GENERATION_ID,
            owner_id=OWNER,
            caster_id=CASTER,
            turn="blocked",
            act="admission",
            reasons=("not-approved",),
        ),
        test_receipt.decided(),
        test_receipt.issued,
    )
}


@pytest.mark.parametrize("event", _TOLD.values(), ids=lambda each: type(each).__name__)
def test_every_event_reads_back_equal_under_its_stored_name(event: Event) -> None:
    entry = EVENTS.entry_of(event)
    assert EVENTS.decode(entry.stored_name, event.model_dump_json().encode()) == event


def test_every_kind_is_tried() -> None:
    shelves = (
        "domain.account.relations",
        "domain.account.handle",
        "domain.cameo",
        "domain.consent",
    )
    kinds = {entry.model for entry in EVENTS.entries()}
    assert {each for each in kinds if each.__module__.startswith(shelves)} <= set(_TOLD)


def personal(model: type[BaseModel]) -> set[str]:
    def marks(annotation: Any) -> bool:
        return any(isinstance(each, Personal) for each in annotation.metadata)

    return {name for name, each in model.model_fields.items() if marks(each)}


def test_what_belongs_to_a_person_is_marked() -> None:
    assert personal(HandleClaimed) == {"handle"}
    assert personal(ConsentAsked) == {"message"}
    assert personal(Preference) == {"thing"}
    release = EnrolmentStarted.model_fields["release"].annotation
    assert isinstance(release, type)
    assert personal(release) == {"signature"}
