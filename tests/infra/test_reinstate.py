"""A human ends a suspension: of what exists, and of what can still be cast."""

from __future__ import annotations

from typing import Any

import pytest

from activities.ledger import Context, Decision, Ledger
from domain.cameo.cameo import Castable
from domain.cameo.keeping import (
    CAMEO,
    ApproveVersion,
    CameoGone,
    CameoUnknown,
    DeleteCameo,
    DestroyTemplates,
    ReinstateCameo,
    SuspendCameo,
)
from domain.catalog import EVENTS
from infra.cli.reinstate import reinstated
from infra.errors import UserError
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from tests import words
from tests.domain.consent_words import CAMEO as CAMEO_ID
from tests.domain.consent_words import version_approved


def fields(name: str) -> dict[str, Any]:
    return {"command_id": name, "at": words.moment(), "reason": "impostor-alarm"}


async def told(ledger: Ledger, *commands: Any) -> None:
    for command in commands:
        await ledger.perform([Decision(CAMEO, CAMEO_ID, command)], Context("a", "b"))


@pytest.fixture
async def ledger() -> Ledger:
    ledger = Ledger(MemoryEventLog(), CatalogCodec(EVENTS))
    approved = {**version_approved().model_dump(), "command_id": "approve"}
    await told(ledger, ApproveVersion.model_validate(approved))
    return ledger


async def test_a_frozen_cameo_is_free_again_and_asking_again_changes_nothing(
    ledger: Ledger,
) -> None:
    await told(ledger, SuspendCameo(**fields("freeze"), alarm="rescore"))
    assert await reinstated(ledger, CAMEO_ID, ReinstateCameo(**fields("free")))
    cameo = (await ledger.state(CAMEO, CAMEO_ID)).state
    assert isinstance(cameo, Castable)
    assert not cameo.suspends(1)
    assert not await reinstated(ledger, CAMEO_ID, ReinstateCameo(**fields("again")))


async def test_what_was_destroyed_deleted_or_never_was_is_not_reinstated(ledger: Ledger) -> None:
    with pytest.raises(CameoUnknown):
        await reinstated(ledger, words.an_id("cam", 99), ReinstateCameo(**fields("free")))
    suspend = SuspendCameo(**fields("over"), version=1, alarm="retention-over")
    destroy = DestroyTemplates(command_id="destroy", at=words.moment(), version=1)
    await told(ledger, suspend, destroy)
    with pytest.raises(UserError, match="version 1 has been destroyed"):
        await reinstated(ledger, CAMEO_ID, ReinstateCameo(**fields("free"), version=1))
    await told(ledger, DeleteCameo(**fields("delete")))
    with pytest.raises(CameoGone):
        await reinstated(ledger, CAMEO_ID, ReinstateCameo(**fields("free")))


async def test_of_two_alarms_the_one_that_was_decided_is_ended_by_its_name(
    ledger: Ledger,
) -> None:
    for alarm in ("rescore", "owner"):
        await told(ledger, SuspendCameo(**fields(f"freeze for {alarm}"), alarm=alarm))
    with pytest.raises(UserError, match="2 alarms stop it: owner, rescore"):
        await reinstated(ledger, CAMEO_ID, ReinstateCameo(**fields("free")))
    with pytest.raises(UserError, match="No alarm other stops it"):
        await reinstated(ledger, CAMEO_ID, ReinstateCameo(**fields("free"), alarm="other"))
    assert await reinstated(ledger, CAMEO_ID, ReinstateCameo(**fields("free"), alarm="owner"))
    cameo = (await ledger.state(CAMEO, CAMEO_ID)).state
    assert isinstance(cameo, Castable)
    assert cameo.suspends(1), "the other alarm stands"
