"""What comes too late, or for a cameo that is gone, is turned away, on record, and not kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.cameo.enrolment import EnrolmentActivities
from activities.cameo.orders import (
    ChallengeOrder,
    Concluded,
    ConclusionOrder,
    Examined,
    ReceiptOrder,
    Received,
)
from activities.cameo.places import upload_key
from activities.cameo.receipt import ReceiptActivities
from activities.ledger import Context, Decision, Ledger
from domain.cameo.enrolment import ENROLMENT
from domain.cameo.enrolment_commands import RecordCheck, StartEnrolment
from domain.cameo.enrolment_events import ClipDeclined, EnrolmentClosed
from domain.cameo.enrolment_situations import Closed, Examining
from domain.cameo.keeping import CAMEO, ApproveVersion, CameoGone, DeleteCameo
from domain.catalog import EVENTS
from domain.kernel.model import Event
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from infra.likeness.memory import MemoryGallery
from infra.media.memory import Entry, MemoryObjectStore
from infra.vault import FolderVault
from tests import words
from tests.domain.consent_words import CAMEO as CAMEO_ID
from tests.domain.consent_words import OWNER, version_approved
from tests.domain.test_enrolment import ENROLMENT_ID, SESSION, found, start

TEST = Context("client/test", "test")


def errand(name: str, seconds: float) -> dict[str, Any]:
    return {
        "enrolment_id": ENROLMENT_ID,
        "cameo_id": CAMEO_ID,
        "account_id": OWNER,
        "command_id": name,
        "at": words.moment(seconds),
        "actor": "client/test",
    }


@dataclass
class Retake:
    """A second enrolment of a cameo, on its way, with its activities called by hand."""

    folder: Path
    store: MemoryObjectStore = field(default_factory=MemoryObjectStore)

    def __post_init__(self) -> None:
        self.ledger = Ledger(MemoryEventLog(), CatalogCodec(EVENTS))
        vault, gallery = FolderVault(self.folder / "keys"), MemoryGallery()
        self.receipts = ReceiptActivities(self.store, self.ledger, vault, gallery, self.folder)
        self.decisions = EnrolmentActivities(self.ledger, bytes)

    async def tell(self, *decisions: Decision) -> None:
        await self.ledger.perform(decisions, TEST)

    async def begun(self) -> Retake:
        """Version one is approved, version two has a challenge that is open for a minute."""
        approve = {**version_approved().model_dump(), "command_id": "approve"}
        await self.tell(
            Decision(CAMEO, CAMEO_ID, ApproveVersion.model_validate(approve)),
            Decision(ENROLMENT, ENROLMENT_ID, StartEnrolment.model_validate(start(version=2))),
        )
        await self.challenged("challenge", 1)
        return self

    async def challenged(self, name: str, seconds: float) -> None:
        order = ChallengeOrder(
            **errand(name, seconds), asking_account_id=OWNER, session_sha256=SESSION
        )
        await ActivityEnvironment().run(self.decisions.draw_challenge, order)

    async def deleted(self) -> None:
        delete = DeleteCameo(command_id="delete", at=words.moment(10), reason="owner-deleted")
        await self.tell(Decision(CAMEO, CAMEO_ID, delete))

    async def answered(self, seconds: float) -> Received:
        key = upload_key(ENROLMENT_ID, 1)
        self.store.entries[key] = Entry(b"a clip", "video/mp4", words.moment())
        order = ReceiptOrder(
            **errand(f"receive at {seconds}", seconds),
            sending_account_id=OWNER,
            session_sha256=SESSION,
        )
        received: Received = await ActivityEnvironment().run(self.receipts.receive_clip, order)
        return received

    async def concluded(self) -> Concluded:
        order = ConclusionOrder(**errand("conclude", 40), examined=Examined(verdicts=()))
        told: Concluded = await ActivityEnvironment().run(self.decisions.conclude_checks, order)
        return told

    async def record(self) -> Sequence[Event]:
        return await self.ledger.events(ENROLMENT, ENROLMENT_ID)


@pytest.fixture
async def retake(tmp_path: Path) -> Retake:
    return await Retake(tmp_path).begun()


async def test_an_answer_in_time_is_taken_in(retake: Retake) -> None:
    assert (await retake.answered(61)).taken
    assert list(retake.store.entries) == [f"enrolments/{ENROLMENT_ID}/clip"]


async def test_an_answer_that_is_late_is_declined_by_its_reason_and_not_kept(
    retake: Retake,
) -> None:
    told = await retake.answered(61.001)
    assert (told.taken, told.code) == (False, "challenge-expired")
    last = (await retake.record())[-1]
    assert isinstance(last, ClipDeclined)
    assert last.reason == "challenge-expired"
    assert not retake.store.entries


async def test_an_answer_for_a_cameo_that_is_gone_is_declined_by_its_reason_and_not_kept(
    retake: Retake,
) -> None:
    await retake.deleted()
    told = await retake.answered(20)
    assert (told.taken, told.code) == (False, "cameo-deleted")
    last = (await retake.record())[-1]
    assert isinstance(last, ClipDeclined)
    assert last.reason == "cameo-deleted"
    assert not retake.store.entries


async def test_no_challenge_is_drawn_for_a_cameo_that_is_gone(retake: Retake) -> None:
    await retake.deleted()
    before = await retake.record()
    with pytest.raises(CameoGone):
        await retake.challenged("another", 70)
    assert await retake.record() == before


async def test_nobody_is_asked_about_a_retake_of_a_cameo_that_is_gone(retake: Retake) -> None:
    await retake.answered(20)
    unsure = RecordCheck(command_id="age", at=words.moment(30), verdict=found("age", "unsure"))
    await retake.tell(Decision(ENROLMENT, ENROLMENT_ID, unsure))
    assert isinstance((await retake.ledger.state(ENROLMENT, ENROLMENT_ID)).state, Examining)
    await retake.deleted()
    told = await retake.concluded()
    assert (told.standing, told.closed_because) == ("closed", "cameo-deleted")
    assert isinstance((await retake.record())[-1], EnrolmentClosed)
    again = await retake.answered(50)
    assert (again.taken, again.code) == (False, "cameo-deleted")
    assert isinstance((await retake.ledger.state(ENROLMENT, ENROLMENT_ID)).state, Closed)
