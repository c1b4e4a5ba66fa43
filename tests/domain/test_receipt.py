"""Receipts: one for each person, in one spelling, naming nobody; and the record they stand on."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consent.casting import (
    CASTING,
    CastingDecided,
    ReceiptIssued,
    ReceiptWithoutDecision,
    RecordDecision,
    RecordPublication,
)
from domain.consent.check import ConsentDecision, check
from domain.consent.receipt import Receipt, SignedReceipt, receipts
from domain.kernel.canonical import WHOLE_MAX, canonical_json, instant
from tests import words
from tests.domain.consent_words import (
    CAMEO,
    CASTER,
    EXPIRY,
    GENERATION,
    of_two_adults,
    plan,
    tier_changed,
)
from tests.domain.given import Story

world = of_two_adults().consent(tier_changed("everyone")).world()
permitted = check(world, plan(), "admission")
[receipt] = receipts(world, plan(), permitted)


def signed(a_receipt: Receipt = receipt) -> SignedReceipt:
    return SignedReceipt(receipt=a_receipt, key_id="0" * 16, signature="A" * 86 + "==")


def test_a_receipt_says_what_was_decided_and_from_what() -> None:
    assert receipt == Receipt(
        cameo_id=CAMEO,
        version=1,
        caster_id=CASTER,
        generation_id=GENERATION,
        act="admission",
        plan_key="p" * 64,
        rule="everyone",
        revision=2,
        position=world.position,
        preferences_version=0,
        preferences_sha256=None,
        at=words.NOON,
        expires_at=EXPIRY,
    )


def test_its_bytes_are_the_same_for_ever() -> None:
    assert receipt.canonical.decode() == (
        '{"act":"admission","at":"2026-11-22T12:00:00.000000Z",'
        f'"cameo_id":"{CAMEO}","caster_id":"{CASTER}",'
        '"expires_at":"2027-11-22T12:00:00.000000Z","format":"callsheet-consent-receipt/1",'
        f'"generation_id":"{GENERATION}","plan_key":"{"p" * 64}","position":5,'
        '"preferences_sha256":null,"preferences_version":0,"revision":2,"rule":"everyone",'
        '"version":1}'
    )


def test_a_stored_receipt_reads_back_with_the_same_bytes() -> None:
    again = SignedReceipt.model_validate_json(signed().model_dump_json())
    assert again.receipt.canonical == receipt.canonical
    assert again.receipt.receipt_id == receipt.receipt_id
    assert SignedReceipt.model_validate(json.loads(signed().model_dump_json())) == signed()


def test_a_refusal_has_no_receipt() -> None:
    refused = of_two_adults().world()
    with pytest.raises(ValueError, match="refuses has no receipts"):
        receipts(refused, plan(), check(refused, plan(), "admission"))


def record(decision: ConsentDecision = permitted, plan_key: str = "p" * 64) -> RecordDecision:
    return RecordDecision(
        command_id="d",
        at=words.NOON,
        generation_id=GENERATION,
        caster_id=CASTER,
        plan_key=plan_key,
        decision=decision,
    )


def decided(decision: ConsentDecision = permitted) -> CastingDecided:
    fields = record(decision).model_dump(exclude={"command_id"})
    return CastingDecided.model_validate({**fields, "permitted": decision.permitted})


publish = RecordPublication(**dict(record()), receipts=(signed(),))
issued = ReceiptIssued(
    at=words.NOON,
    generation_id=GENERATION,
    receipt_id=receipt.receipt_id,
    signed=signed(),
)
a_casting = Story(CASTING)


def test_decisions_are_recorded_once_each_those_that_refuse_too() -> None:
    a_casting.when(record()).then(decided())
    a_casting.given(decided()).when(record()).then_nothing()
    closed = of_two_adults().world()
    refused = check(closed, plan(), "admission")
    a_casting.given(decided()).when(record(refused)).then(decided(refused))


def test_a_receipt_is_kept_with_the_decision_that_it_stands_on() -> None:
    a_casting.when(publish).then(decided(), issued)
    a_casting.given(decided()).when(publish).then(issued)
    a_casting.given(decided(), issued).when(publish).then_nothing()


@pytest.mark.parametrize(
    "change",
    [
        *({"version": 2}, {"rule": "self"}, {"revision": 3}, {"position": 9}),
        *({"act": "publish"}, {"plan_key": "q"}, {"caster_id": words.an_id("acc", 3)}),
    ],
)
def test_a_receipt_of_anything_else_is_not_kept(change: dict[str, Any]) -> None:
    other = publish.model_copy(update={"receipts": (signed(receipt.model_copy(update=change)),)})
    a_casting.given(decided()).when(other).then_refused(ReceiptWithoutDecision)


def test_canonical_json_sorts_keys_by_utf_16_and_escapes_only_what_it_must() -> None:
    value = {"é": 1, "b": [True, None], "\U0001f600": '\n"/\u2028', "\ufb33": -5, "a": {}}
    expected = '{"a":{},"b":[true,null],"é":1,"\U0001f600":"\\n\\"/\u2028","\ufb33":-5}'
    assert canonical_json(value) == expected.encode()


@pytest.mark.parametrize(
    "value", [1.5, {1: 2}, WHOLE_MAX + 1, b"bytes", {"at": words.NOON}, {1, 2}, "\ud800"]
)
def test_what_has_two_spellings_is_an_error(value: object) -> None:
    with pytest.raises(ValueError, match=r"canonical|surrogates"):
        canonical_json(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-WHOLE_MAX, WHOLE_MAX) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(JSON)
def test_canonical_json_is_json_and_a_fixed_point(value: object) -> None:
    spelt = canonical_json(value)
    assert json.loads(spelt) == value
    assert canonical_json(json.loads(spelt)) == spelt


def test_a_moment_is_spelt_in_utc_whatever_its_zone() -> None:
    berlin = words.NOON.astimezone(timezone(timedelta(hours=1)))
    assert instant(berlin) == instant(words.NOON) == "2026-11-22T12:00:00.000000Z"
    with pytest.raises(ValueError, match="time zone"):
        instant(datetime(2026, 1, 1))  # noqa: DTZ001 the point of the test
