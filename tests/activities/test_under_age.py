"""An account that turns out to be a child's enrols nobody, however far its attempt has come."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.cameo.enrolment import EnrolmentActivities
from activities.cameo.orders import Concluded, ConclusionOrder, Examined, ReviewOrder
from activities.ledger import Context, Decision, Ledger
from domain.account.relating import RELATIONS, DeclareAgeBand
from domain.account.relations import AgeBand
from domain.cameo.cameo import NoCameo
from domain.cameo.checks import REQUIRED
from domain.cameo.enrolment import ENROLMENT
from domain.cameo.enrolment_commands import RecordCheck, StartEnrolment
from domain.cameo.enrolment_situations import Closed
from domain.cameo.keeping import CAMEO
from domain.catalog import EVENTS
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from tests import words
from tests.activities.test_retakes import errand
from tests.domain.consent_words import CAMEO as CAMEO_ID
from tests.domain.consent_words import OWNER, version_approved
from tests.domain.test_enrolment import ENROLMENT_ID, found, issue, receive, start

EXAMINED = Examined(verdicts=(), references=version_approved().version.references)


class Attempt:
    """An attempt whose clip has passed every check, or is for a human because of its age."""

    def __init__(self) -> None:
        self.ledger = Ledger(MemoryEventLog(), CatalogCodec(EVENTS))
        self.decisions = EnrolmentActivities(self.ledger, bytes)

    async def declares(self, band: AgeBand) -> None:
        declare = DeclareAgeBand(
            command_id=f"age {band}", at=words.moment(), account_id=OWNER, band=band
        )
        await self._told(Decision(RELATIONS, OWNER, declare))

    async def looked_at(self, age: Any = "passed") -> None:
        commands = [StartEnrolment.model_validate(start()), issue(), receive()]
        for number, check in enumerate(REQUIRED["person"]):
            verdict = found(check, age if check == "age" else "passed")
            commands.append(
                RecordCheck(command_id=f"check {number}", at=words.moment(30), verdict=verdict)
            )
        for command in commands:
            await self._told(Decision(ENROLMENT, ENROLMENT_ID, command))

    async def concluded(self) -> Concluded:
        order = ConclusionOrder(**errand("conclude", 40), examined=EXAMINED)
        told: Concluded = await ActivityEnvironment().run(self.decisions.conclude_checks, order)
        return told

    async def reviewed(self, decision: Any) -> Concluded:
        order = ReviewOrder(
            **errand("review", 50),
            examined=EXAMINED,
            reviewer="staff/7",
            decision=decision,
            reason="looked-at",
        )
        told: Concluded = await ActivityEnvironment().run(self.decisions.record_review, order)
        return told

    async def state(self) -> Any:
        return (await self.ledger.state(ENROLMENT, ENROLMENT_ID)).state

    async def _told(self, decision: Decision) -> None:
        await self.ledger.perform([decision], Context("client/test", "test"))


@pytest.fixture
async def attempt() -> Attempt:
    attempt = Attempt()
    await attempt.declares("adult")
    return attempt


async def closed_for_its_age(attempt: Attempt, told: Concluded) -> bool:
    assert (told.standing, told.closed_because) == ("closed", "enrolment-under-age")
    assert isinstance((await attempt.ledger.state(CAMEO, CAMEO_ID)).state, NoCameo)
    return isinstance(await attempt.state(), Closed)


async def test_who_stays_an_adult_is_approved(attempt: Attempt) -> None:
    await attempt.looked_at()
    assert (await attempt.concluded()).standing == "approved"


async def test_a_child_who_began_as_an_adult_is_not_approved_by_the_checks(
    attempt: Attempt,
) -> None:
    await attempt.looked_at()
    await attempt.declares("under_13")
    assert await closed_for_its_age(attempt, await attempt.concluded())
    again = await attempt.concluded()
    assert again.standing == "closed", "a repeated step finds the same ending"


async def test_nobody_is_asked_about_a_child(attempt: Attempt) -> None:
    await attempt.looked_at(age="unsure")
    await attempt.declares("under_13")
    assert await closed_for_its_age(attempt, await attempt.concluded())


async def test_a_child_is_not_approved_by_a_human_either(
    attempt: Attempt,
) -> None:
    await attempt.looked_at(age="unsure")
    assert (await attempt.concluded()).standing == "in-review"
    await attempt.declares("under_13")
    assert await closed_for_its_age(attempt, await attempt.reviewed("approve"))


async def test_what_is_refused_anyway_says_why_it_was_refused(attempt: Attempt) -> None:
    await attempt.looked_at(age="unsure")
    await attempt.concluded()
    await attempt.declares("under_13")
    assert (await attempt.reviewed("refuse")).standing == "refused"
