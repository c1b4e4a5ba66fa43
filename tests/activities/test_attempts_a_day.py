"""The eleventh attempt of a day is refused before anything of it exists, and on record."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.cameo.enrolment import EnrolmentActivities
from activities.cameo.orders import Begun, StartOrder
from activities.ledger import Context, Decision, Ledger
from domain.account.account import ACCOUNT, OpenAccount
from domain.account.relating import RELATIONS, DeclareAgeBand
from domain.cameo.attempts import ATTEMPTS, ATTEMPTS_MAX, AttemptRefused, TooManyAttempts
from domain.cameo.enrolment import ENROLMENT
from domain.cameo.enrolment_situations import NotStarted
from domain.catalog import EVENTS
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from tests import words
from tests.domain.consent_words import OWNER
from tests.domain.test_enrolment import RELEASE


async def begun(enrolments: EnrolmentActivities, number: int) -> Begun:
    order = StartOrder(
        enrolment_id=words.an_id("enr", number),
        cameo_id=words.an_id("cam", number),
        account_id=OWNER,
        command_id=f"enrolment/{number}/begin",
        at=words.moment(number),
        actor="client/app",
        kind="person",
        release=RELEASE,
    )
    told: Begun = await ActivityEnvironment().run(enrolments.record_enrolment, order)
    return told


async def test_ten_attempts_a_day_begin_and_the_next_is_refused_and_on_record() -> None:
    ledger = Ledger(MemoryEventLog(), CatalogCodec(EVENTS))
    enrolments = EnrolmentActivities(ledger, bytes)
    fields: dict[str, Any] = {"at": words.moment(), "account_id": OWNER}
    decisions = [
        Decision(ACCOUNT, OWNER, OpenAccount(command_id="open", **fields)),
        Decision(RELATIONS, OWNER, DeclareAgeBand(command_id="age", band="adult", **fields)),
    ]
    await ledger.perform(decisions, Context("client/app", "test"))
    for number in range(1, ATTEMPTS_MAX + 1):
        await begun(enrolments, number)
    await begun(enrolments, 1)  # a repeated step is no new attempt
    one_too_many = ATTEMPTS_MAX + 1
    for _ in range(2):
        with pytest.raises(TooManyAttempts, match="10 are allowed"):
            await begun(enrolments, one_too_many)
    state = (await ledger.state(ENROLMENT, words.an_id("enr", one_too_many))).state
    assert isinstance(state, NotStarted)
    kept = await ledger.events(ATTEMPTS, OWNER)
    assert [isinstance(each, AttemptRefused) for each in kept] == [False] * 10 + [True]
