"""The story of a request for consent on a real Temporal server, told by its endings."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from temporalio.client import (
    WithStartWorkflowOperation,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError

from activities.ledger import Context, Decision
from domain.account.relating import RELATIONS, BlockAccount
from domain.cameo.keeping import CAMEO, DeleteCameo
from domain.consent.asking import ask_id
from domain.consent.commands import ChangeTier
from domain.consent.decider import CONSENT
from domain.consent.situations import Held
from tests import words
from tests.workflows.enrolling import an_account, an_attempt, submitted
from tests.workflows.examiner import a_clip
from tests.workflows.lab import Lab, draw
from workflows.consent_contracts import (
    CONSENT_REQUEST,
    AskIdentity,
    AskReceipt,
    AskStatus,
    CastersWithdrawal,
    ConsentOrder,
    Disappearance,
    OwnersAnswer,
    ask_workflow_id,
)
from workflows.contracts import ORCHESTRATION_QUEUE

pytestmark = pytest.mark.servers
CONTEXT = Context("client/test", "test")


@dataclass
class Asking:
    """Two people and what one asks of the other."""

    lab: Lab
    order: ConsentOrder
    owner_id: str

    async def recorded(self, request_id: str | None = None) -> AskReceipt:
        """Ask, as the API does."""
        start: WithStartWorkflowOperation[Any, AskStatus] = WithStartWorkflowOperation(
            CONSENT_REQUEST,
            self.order,
            id=ask_workflow_id(self.order.ask_id),
            task_queue=ORCHESTRATION_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            result_type=AskStatus,
        )
        receipt: AskReceipt = await self.lab.client.execute_update_with_start_workflow(
            "recorded",
            AskIdentity(request_id=request_id or self.order.request_id),
            start_workflow_operation=start,
            result_type=AskReceipt,
        )
        return receipt

    @property
    def handle(self) -> WorkflowHandle[Any, AskStatus]:
        return self.lab.client.get_workflow_handle(
            ask_workflow_id(self.order.ask_id), result_type=AskStatus
        )

    async def answer(self, word: str, account_id: str | None = None) -> AskStatus:
        status: AskStatus = await self.handle.execute_update(
            word, OwnersAnswer(account_id=account_id or self.owner_id), result_type=AskStatus
        )
        return status

    async def may_cast(self) -> bool:
        """Whether the caster is approved by name."""
        consent = (await self.lab.ledger.state(CONSENT, self.order.cameo_id)).state
        assert isinstance(consent, Held)
        return self.order.caster_id in consent.approved

    async def told(self) -> list[str]:
        """The kinds of notices about this request."""
        events = await self.lab.log.read_all(limit=1_000_000)
        return [
            each.stream.rpartition(".")[2]
            for each in events
            if each.stream.startswith(f"notice-{self.order.ask_id}")
        ]


async def an_asking(lab: Lab, tier: Any = "approved") -> Asking:
    """An enrolled owner who lets people be approved, and a stranger who has not asked yet."""
    enrolled = await submitted(await an_attempt(lab), a_clip(draw("acc")))
    await enrolled.reaches("approved")
    if tier != "only-me":
        change = ChangeTier(
            command_id=f"tier/{enrolled.cameo_id}",
            at=words.moment(),
            account_id=enrolled.account_id,
            tier=tier,
            age_band="adult",
        )
        await lab.ledger.perform([Decision(CONSENT, enrolled.cameo_id, change)], CONTEXT)
    caster_id = await an_account(lab)
    order = ConsentOrder(
        ask_id=ask_id(enrolled.cameo_id, caster_id),
        cameo_id=enrolled.cameo_id,
        caster_id=caster_id,
        request_id=draw("req"),
        message="May I cast you as the captain?",
    )
    return Asking(lab, order, enrolled.account_id)


async def refusal(asking: Any) -> str | None:
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await asking
    assert isinstance(refused.value.cause, ApplicationError)
    return refused.value.cause.type


async def test_a_yes_approves_the_caster_in_the_same_append(lab: Lab) -> None:
    asking = await an_asking(lab)
    receipt = await asking.recorded()
    assert receipt.position > 0
    assert not await asking.may_cast()
    status = await asking.answer("approve_use")
    assert status.stage == "approved"
    assert await asking.may_cast()
    await asyncio.wait_for(asking.handle.result(), 20)
    assert await asking.told() == ["consent-asked", "consent-approved"]
    stream = await lab.log.read_stream(f"ask-{asking.order.ask_id}")
    approvals = await lab.log.read_stream(f"consent-{asking.order.cameo_id}")
    assert stream[-1].type == "consent-ask-approved.v1"
    assert approvals[-1].type == "consent-caster-approved.v1"
    assert approvals[-1].metadata.causation_id == stream[-1].metadata.causation_id


async def test_a_no_is_a_no_and_the_next_request_comes_too_soon(lab: Lab) -> None:
    asking = await an_asking(lab)
    await asking.recorded()
    assert (await asking.answer("deny_use")).stage == "denied"
    assert not await asking.may_cast()
    await asyncio.wait_for(asking.handle.result(), 20)
    again = Asking(
        lab, asking.order.model_copy(update={"request_id": draw("req")}), asking.owner_id
    )
    assert await refusal(again.recorded()) == "asked-too-soon"


async def test_only_the_owner_answers(lab: Lab) -> None:
    asking = await an_asking(lab)
    await asking.recorded()
    assert await refusal(asking.answer("approve_use", asking.order.caster_id)) == "ask-of-another"
    assert not await asking.may_cast()
    await asking.answer("deny_use")


async def test_one_request_at_a_time_and_the_same_one_twice_is_one(lab: Lab) -> None:
    asking = await an_asking(lab)
    first = await asking.recorded()
    assert await asking.recorded() == first
    assert await refusal(asking.recorded(draw("req"))) == "ask-pending"
    await asking.answer("deny_use")


async def test_who_may_be_cast_by_nobody_takes_no_requests(lab: Lab) -> None:
    asking = await an_asking(lab, tier="only-me")
    assert await refusal(asking.recorded()) == "asking-closed"
    assert await asking.told() == []


async def test_the_caster_can_take_it_back(lab: Lab) -> None:
    asking = await an_asking(lab)
    await asking.recorded()
    own = CastersWithdrawal(account_id=asking.order.caster_id)
    status = await asking.handle.execute_update("withdraw", own, result_type=AskStatus)
    assert status.stage == "withdrawn"
    await asyncio.wait_for(asking.handle.result(), 20)
    assert await asking.told() == ["consent-asked"]


async def test_it_ends_when_the_cameo_disappears_and_nobody_is_told_why(lab: Lab) -> None:
    asking = await an_asking(lab)
    await asking.recorded()
    gone = DeleteCameo(command_id="gone", at=words.moment(), reason="owner-deleted")
    await lab.ledger.perform([Decision(CAMEO, asking.order.cameo_id, gone)], CONTEXT)
    await asking.handle.signal("side_disappeared", Disappearance(because="cameo-gone"))
    status = await asyncio.wait_for(asking.handle.result(), 20)
    assert status.stage == "withdrawn"
    assert await asking.told() == ["consent-asked", "consent-lapsed"]


async def test_it_ends_when_the_two_block_each_other(lab: Lab) -> None:
    asking = await an_asking(lab)
    await asking.recorded()
    block = BlockAccount(
        command_id=f"block/{asking.order.ask_id}",
        at=words.moment(),
        account_id=asking.owner_id,
        other_id=asking.order.caster_id,
    )
    await lab.ledger.perform([Decision(RELATIONS, asking.owner_id, block)], CONTEXT)
    await asking.handle.signal("side_disappeared", Disappearance(because="blocked"))
    status = await asyncio.wait_for(asking.handle.result(), 20)
    assert status.stage == "withdrawn"


async def test_the_message_stands_in_no_id_and_no_search_attribute(lab: Lab) -> None:
    asking = await an_asking(lab)
    await asking.recorded()
    described = await asking.handle.describe()
    assert "captain" not in str(described.raw_description)
    await asking.answer("deny_use")
