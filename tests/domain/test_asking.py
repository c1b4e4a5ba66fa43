"""Asking an owner: a request, an answer or silence, and who may ask at all."""

from __future__ import annotations

from typing import Any

import pytest

from domain.cameo.cameo import CameoDeleted
from domain.consent.asking import (
    ASK,
    ApproveAsk,
    AskAlreadyPending,
    AskApproved,
    AskConsent,
    AskDenied,
    AskedTooSoon,
    AskEnded,
    AskingOneself,
    AskLapsed,
    AskNotYours,
    AskRetracted,
    AskStillOpen,
    AskUnknown,
    ConsentAsked,
    DenyAsk,
    LapseAsk,
    WithdrawAsk,
    ask_id,
)
from domain.consent.events import CasterApproved, CasterDenied, ConsentRevoked
from domain.consent.may_ask import AskingClosed, AskNotNeeded, require_may_ask
from tests import words
from tests.domain.consent_words import (
    CAMEO,
    CASTER,
    OTHER,
    OWNER,
    Telling,
    blocks,
    consent_opened,
    follows,
    is_aged,
    of_two_adults,
    tier_changed,
    version_approved,
)
from tests.domain.given import Story

ID = ask_id(CAMEO, CASTER)
DAY = 86_400.0
never = Story(ASK)


def ask(day: float = 0, **more: Any) -> AskConsent:
    fields = {
        "command_id": "a",
        "at": words.moment(day * DAY),
        "ask_id": ID,
        "cameo_id": CAMEO,
        "owner_id": OWNER,
        "caster_id": CASTER,
        "message": "a film about boats",
    }
    return AskConsent.model_validate({**fields, **more})


def asked(day: float = 0) -> ConsentAsked:
    fields = ask(day).model_dump(exclude={"command_id"})
    return ConsentAsked.model_validate({**fields, "answer_by": words.moment((day + 7) * DAY)})


def approve(day: float = 1, account_id: str = OWNER) -> ApproveAsk:
    return ApproveAsk(command_id="y", at=words.moment(day * DAY), account_id=account_id)


def deny(day: float = 1, account_id: str = OWNER) -> DenyAsk:
    return DenyAsk(command_id="n", at=words.moment(day * DAY), account_id=account_id)


def lapse(day: float) -> LapseAsk:
    return LapseAsk(command_id="l", at=words.moment(day * DAY))


pending = never.given(asked())
approved = AskApproved(at=words.moment(DAY), ask_id=ID)
denied = AskDenied(at=words.moment(DAY), ask_id=ID)
lapsed = AskLapsed(at=words.moment(7 * DAY), ask_id=ID)


def test_one_request_at_a_time_between_two_people() -> None:
    never.when(ask()).then(asked())
    pending.when(ask()).then_refused(AskAlreadyPending)
    never.when(ask(caster_id=OWNER)).then_refused(AskingOneself)
    assert ask_id(CAMEO, CASTER) != ask_id(CAMEO, OTHER)


def test_the_owner_and_nobody_else_answers() -> None:
    pending.when(approve()).then(approved)
    pending.when(deny()).then(denied)
    pending.when(approve(account_id=CASTER)).then_refused(AskNotYours)
    never.when(approve()).then_refused(AskUnknown)


def test_seven_days_of_silence_are_a_no() -> None:
    pending.when(lapse(6.99)).then_refused(AskStillOpen)
    pending.when(lapse(7)).then(lapsed)
    pending.when(approve(7)).then_refused(AskEnded)
    pending.given(lapsed).when(approve(8)).then_refused(AskEnded)


def test_a_request_ends_when_either_side_disappears() -> None:
    because = WithdrawAsk(command_id="w", at=words.moment(DAY), because="owner-gone")
    ended = AskRetracted(at=words.moment(DAY), ask_id=ID, because="owner-gone")
    pending.when(because).then(ended)
    pending.given(ended).when(because).then_nothing()
    pending.given(ended).when(approve()).then_refused(AskEnded)


def test_an_answer_given_twice_changes_nothing_and_another_answer_is_refused() -> None:
    pending.given(approved).when(approve()).then_nothing()
    pending.given(approved).when(deny()).then_refused(AskEnded)
    pending.given(approved).when(lapse(8)).then_nothing()
    pending.given(denied).when(deny()).then_nothing()


def test_after_a_denial_one_waits_thirty_days_and_after_silence_not_at_all() -> None:
    pending.given(denied).when(ask(30.9)).then_refused(AskedTooSoon)
    pending.given(denied).when(ask(31)).then(asked(31))
    pending.given(lapsed).when(ask(7)).then(asked(7))


open_to_requests = of_two_adults().consent(tier_changed("approved"))


def may_ask(told: Telling) -> None:
    require_may_ask(told.world(), CAMEO, CASTER)


def test_adults_may_ask_where_the_tier_is_open_to_it() -> None:
    may_ask(open_to_requests)


_named = {"at": words.moment(), "cameo_id": CAMEO, "caster_id": CASTER, "revision": 3}


@pytest.mark.parametrize(
    "told",
    [
        of_two_adults(),  # only me: closed
        open_to_requests.relation(blocks(OWNER, CASTER)),
        open_to_requests.relation(blocks(CASTER, OWNER)),
        open_to_requests.consent(CasterDenied(**_named)),
        open_to_requests.consent(
            ConsentRevoked(at=words.moment(), cameo_id=CAMEO, reason="x", revision=3)
        ),
        open_to_requests.cameo(CameoDeleted(at=words.moment(), cameo_id=CAMEO, reason="x")),
        open_to_requests.relation(is_aged(CASTER, "under_18")),
        open_to_requests.relation(is_aged(OWNER, "under_18")),
        open_to_requests.relation(
            is_aged(CASTER, "under_13"), follows(CASTER, OWNER), follows(OWNER, CASTER)
        ),
        Telling(),
    ],
)
def test_who_may_not_ask_hears_no_reason(told: Telling) -> None:
    with pytest.raises(AskingClosed) as refused:
        may_ask(told)
    assert "block" not in str(refused.value)


def test_under_18_mutuals_may_ask_and_pets_have_no_age() -> None:
    young = is_aged(OWNER, "under_18")
    may_ask(open_to_requests.relation(young, follows(CASTER, OWNER), follows(OWNER, CASTER)))
    a_pet = Telling().cameo(version_approved(kind="pet"))
    may_ask(a_pet.consent(consent_opened(kind="pet"), tier_changed("approved")).relation(young))


def test_who_is_approved_need_not_ask() -> None:
    with pytest.raises(AskNotNeeded):
        may_ask(open_to_requests.consent(CasterApproved(**_named)))
