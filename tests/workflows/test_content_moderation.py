"""The story of a case before humans, on a real Temporal server."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
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
from activities.moderation.undoing import Waiting
from domain.moderation.case import MODERATION
from domain.moderation.case_commands import UndoVerdict
from domain.moderation.case_situations import Allowed, Blocked, Held, Withdrawn
from domain.moderation.clearance import CLEARANCE, Cleared
from domain.moderation.gates import case_id, clearance_id
from domain.moderation.passing import require_cleared
from infra.cli.hearings import begin_hearings, end_hearings
from tests import words
from tests.domain.case_words import ACCOUNT, content, judge
from tests.workflows.lab import Lab, draw
from workflows.contracts import ORCHESTRATION_QUEUE
from workflows.moderation_contracts import (
    CONTENT_MODERATION,
    CaseStatus,
    ClaimRequest,
    Matter,
    ModerationOrder,
    ModerationOutcome,
    ReadingRequest,
    moderation_workflow_id,
)

pytestmark = pytest.mark.servers
ANNE, BERT, CARA = "staff-desk/anne", "staff-desk/bert", "staff-desk/cara"


@dataclass
class Hearing:
    """A case in the log, and the story in which humans look at it."""

    lab: Lab
    case: str
    matter: Matter = "hold"
    opened: list[str] = field(default_factory=list)

    @property
    def handle(self) -> WorkflowHandle[Any, ModerationOutcome]:
        return self.lab.client.get_workflow_handle(
            moderation_workflow_id(self.case, self.matter), result_type=ModerationOutcome
        )

    async def open(self, account_id: str | None = None, words: str = "") -> CaseStatus:
        order = ModerationOrder(
            case_id=self.case, matter=self.matter, account_id=account_id, words=words
        )
        start: WithStartWorkflowOperation[Any, ModerationOutcome] = WithStartWorkflowOperation(
            CONTENT_MODERATION,
            order,
            id=moderation_workflow_id(self.case, self.matter),
            task_queue=ORCHESTRATION_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        status: CaseStatus = await self.lab.client.execute_update_with_start_workflow(
            "opened", start_workflow_operation=start, result_type=CaseStatus
        )
        return status

    async def ask(self, question: str, argument: Any) -> CaseStatus:
        status: CaseStatus = await self.handle.execute_update(
            question, argument, result_type=CaseStatus
        )
        return status

    async def claim(self, reviewer: str) -> CaseStatus:
        return await self.ask("claim", ClaimRequest(reviewer=reviewer))

    async def read(self, reviewer: str, reading: Any) -> CaseStatus:
        await self.claim(reviewer)
        said = ReadingRequest(reviewer=reviewer, reading=reading, because="looked-at")
        return await self.ask("decide", said)

    async def result(self) -> ModerationOutcome:
        return await asyncio.wait_for(self.handle.result(), 20)

    async def state(self) -> Any:
        return (await self.lab.ledger.state(MODERATION, self.case)).state

    async def told(self) -> list[str]:
        """The kinds of notices about this case."""
        events = await self.lab.log.read_all(limit=1_000_000)
        streams = [each.stream for each in events]
        return [
            each.rpartition(".")[2] for each in streams if each.startswith(f"notice-{self.case}")
        ]

    def on_appeal(self) -> Hearing:
        return Hearing(self.lab, self.case, "appeal")


async def a_hearing(lab: Lab, *found: tuple[str, int]) -> Hearing:
    """A case with its verdict, of a generation of its own."""
    identifier = case_id(draw("gen"), "admission")
    command = judge(*found, case=identifier, text=identifier)
    decision = Decision(MODERATION, identifier, command)
    await lab.ledger.perform([decision], Context("client/test", "test"))
    return Hearing(lab, identifier)


async def refusal(asking: Any) -> str | None:
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await asking
    assert isinstance(refused.value.cause, ApplicationError)
    return refused.value.cause.type


async def test_a_human_lets_pass_what_was_held_and_it_passes_from_then_on(lab: Lab) -> None:
    hearing = await a_hearing(lab, ("violence", 600))
    waiting = await hearing.open()
    assert (waiting.stage, waiting.situation) == ("waiting", "held")
    assert (await hearing.claim(ANNE)).stage == "claimed"
    assert await refusal(hearing.claim(BERT)) == "moderation-claimed-by-another"
    decided = await hearing.read(ANNE, "allow")
    assert decided.situation == "allowed"
    assert (await hearing.result()).situation == "allowed"
    require_cleared(await hearing.state())
    assert await hearing.told() == ["content-allowed"]
    cleared = clearance_id(ACCOUNT, content(hearing.case))
    state = (await lab.ledger.state(CLEARANCE, cleared)).state
    assert state == Cleared(hearing.case)


async def test_the_gravest_waits_for_a_second_reader(lab: Lab) -> None:
    hearing = await a_hearing(lab, ("minors", 500))
    await hearing.open()
    first = await hearing.read(ANNE, "block")
    assert (first.situation, first.stage, first.readings) == ("held", "waiting", 1)
    assert await refusal(hearing.claim(ANNE)) == "moderation-read-already"
    assert (await hearing.read(BERT, "block")).situation == "blocked"
    assert (await hearing.result()).clause == "MIN-1"
    assert await hearing.told() == ["content-blocked"]


async def test_an_appeal_is_decided_by_another_human_than_the_first(lab: Lab) -> None:
    hearing = await a_hearing(lab, ("violence", 600))
    await hearing.open()
    await hearing.read(ANNE, "block")
    await hearing.result()
    appeal = hearing.on_appeal()
    assert (await appeal.open(ACCOUNT, "It is chess.")).situation == "on-appeal"
    assert await refusal(appeal.claim(ANNE)) == "moderation-read-already"
    assert (await appeal.read(BERT, "allow")).situation == "allowed"
    assert (await appeal.result()).situation == "allowed"
    assert isinstance(await hearing.state(), Allowed)
    assert await hearing.told() == ["content-blocked", "content-reinstated"]


async def test_a_machines_refusal_can_be_appealed_and_is_upheld_once(lab: Lab) -> None:
    appeal = (await a_hearing(lab, ("violence", 900))).on_appeal()
    await appeal.open(ACCOUNT)
    await appeal.read(CARA, "block")
    assert (await appeal.result()).situation == "blocked"
    state = await appeal.state()
    assert isinstance(state, Blocked)
    assert state.upheld
    assert await appeal.told() == ["appeal-rejected"]
    assert await refusal(appeal.open(ACCOUNT)) == "moderation-appeal-ended"


async def test_who_is_not_refused_cannot_appeal_and_hears_why(lab: Lab) -> None:
    appeal = (await a_hearing(lab, ("violence", 100))).on_appeal()
    assert await refusal(appeal.open(ACCOUNT)) == "moderation-nothing-to-appeal"


async def test_whatever_is_cancelled_leaves_the_queue(lab: Lab) -> None:
    hearing = await a_hearing(lab, ("violence", 600))
    await hearing.open()
    assert isinstance(await hearing.state(), Held)
    await hearing.handle.cancel()
    assert (await hearing.result()).situation == "withdrawn"
    assert isinstance(await hearing.state(), Withdrawn)


async def test_what_a_batch_holds_comes_before_humans_once_however_often_it_is_asked_for(
    lab: Lab,
) -> None:
    hearing = await a_hearing(lab, ("violence", 600))
    waiting = [Waiting(hearing.case, ACCOUNT, "hold")]
    for _ in range(2):
        assert await begin_hearings(lab.client, waiting) == 1
    run = (await hearing.handle.describe()).run_id
    assert (await hearing.claim(ANNE)).situation == "held"
    await begin_hearings(lab.client, waiting)
    assert (await hearing.handle.describe()).run_id == run
    assert (await hearing.read(ANNE, "allow")).situation == "allowed"
    assert (await hearing.result()).situation == "allowed"
    await end_hearings(lab.client, waiting)


async def test_a_story_ends_when_a_batch_has_decided_its_case(lab: Lab) -> None:
    hearing = await a_hearing(lab, ("violence", 600))
    waiting = [Waiting(hearing.case, ACCOUNT, "hold")]
    await begin_hearings(lab.client, waiting)
    await hearing.claim(ANNE)
    undo = UndoVerdict(
        command_id="undo",
        at=words.moment(900),
        batch_id="b" * 32,
        revision=1,
        instead=judge(text=hearing.case).verdict,
    )
    await lab.ledger.perform([Decision(MODERATION, hearing.case, undo)], Context("cli", "undo"))
    await end_hearings(lab.client, waiting)
    assert (await hearing.result()).situation == "allowed"


async def test_no_word_of_an_appeal_stands_in_ids_or_attributes(lab: Lab) -> None:
    appeal = (await a_hearing(lab, ("violence", 900))).on_appeal()
    await appeal.open(ACCOUNT, "a zebra on a bicycle")
    described = await appeal.handle.describe()
    assert "zebra" not in str(described.raw_description)
    await appeal.read(ANNE, "block")
