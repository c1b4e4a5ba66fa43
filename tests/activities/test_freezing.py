"""Whom another attempt resembles is frozen, also while they are being enrolled themselves."""

from __future__ import annotations

from activities.cameo.freezing import FreezingActivities
from activities.cameo.orders import FreezeOrder
from activities.ledger import Context, Decision, Ledger
from domain.cameo.cameo import Castable
from domain.cameo.keeping import CAMEO, ApproveVersion
from domain.catalog import EVENTS
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from tests import words
from tests.domain.consent_words import CAMEO as CAMEO_ID
from tests.domain.consent_words import OWNER, version_approved


def an_order(*, frozen: bool) -> FreezeOrder:
    return FreezeOrder(
        enrolment_id=words.an_id("enr", 5),
        cameo_id=words.an_id("cam", 5),
        account_id=words.an_id("acc", 5),
        command_id=f"freeze/{frozen}",
        at=words.moment(),
        actor="client/app",
        cameos=(CAMEO_ID,),
        frozen=frozen,
        reason="resembles-another" if frozen else "reviewed",
    )


async def test_who_was_frozen_before_being_approved_is_suspended_until_a_human_has_decided() -> (
    None
):
    ledger = Ledger(MemoryEventLog(), CatalogCodec(EVENTS))
    freezing = FreezingActivities(ledger)
    assert (await freezing.freeze_cameos(an_order(frozen=True))).accounts == ()
    approved = version_approved().model_dump()
    command = ApproveVersion.model_validate({**approved, "command_id": "approve"})
    await ledger.perform([Decision(CAMEO, CAMEO_ID, command)], Context("a", "b"))
    cameo = (await ledger.state(CAMEO, CAMEO_ID)).state
    assert isinstance(cameo, Castable)
    assert cameo.suspends(1)
    assert (await freezing.freeze_cameos(an_order(frozen=False))).accounts == (OWNER,)
    cameo = (await ledger.state(CAMEO, CAMEO_ID)).state
    assert isinstance(cameo, Castable)
    assert not cameo.suspends(1)
