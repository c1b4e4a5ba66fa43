"""What a machine cannot decide waits for humans, and who objects is heard by another one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate
from temporalio.exceptions import FailureError

from activities.moderation import fronts
from activities.moderation.orders import (
    AppealOrder,
    CaseErrand,
    CaseLookOrder,
    CaseStanding,
    ClaimOrder,
    ContentWithdrawalOrder,
    LapseHoldOrder,
    ReadingOrder,
    ReturnOrder,
)
from workflows.contracts import Failure
from workflows.moderation_contracts import (
    CONTENT_MODERATION,
    HOLD_LAPSES_AFTER,
    MODERATION_LOOKS_EVERY,
    CaseStatus,
    ClaimRequest,
    ModerationOrder,
    ModerationOutcome,
    ModerationStage,
    ReadingRequest,
    moderation_workflow_id,
)
from workflows.toolkit.failures import explain, was_stopped
from workflows.toolkit.refusals import as_refusal, of_failure, refused
from workflows.toolkit.steps import step
from workflows.toolkit.waiting import came_true

A = TypeVar("A")

_STAGE = SearchAttributeKey.for_keyword("Stage")
_REQUESTED_AT = SearchAttributeKey.for_datetime("RequestedAt")
_WAITING = ("held", "on-appeal")


@workflow.defn(name=CONTENT_MODERATION)
class ContentModeration:
    """One matter of one case, from its place in the queue to what humans decided."""

    @workflow.init
    def __init__(self, order: ModerationOrder) -> None:
        self._order = order
        self._stage: ModerationStage = "opening"
        self._since = self._began = workflow.now()
        self._standing: CaseStanding | None = None
        self._failure: Failure | None = None
        self._moved = False
        self._requests = 0

    @workflow.run
    async def run(self, order: ModerationOrder) -> ModerationOutcome:
        try:
            standing = await self._decided()
        except FailureError as error:
            if was_stopped(error):
                standing = await self._withdrawn()
            else:
                await self._refuse(error)
                raise
        except asyncio.CancelledError:
            standing = await self._withdrawn()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return ModerationOutcome(
            case_id=standing.case_id,
            situation=standing.situation,
            clause=standing.clause,
            words=standing.words,
            where=standing.where,
        )

    async def _decided(self) -> CaseStanding:
        """Open the matter, wait for humans, and say how it ended."""
        standing = await self._open()
        while standing.situation in _WAITING:
            if await came_true(self._has_news, MODERATION_LOOKS_EVERY):
                await workflow.wait_condition(workflow.all_handlers_finished)
            standing = await self._look()
        return self._ended(standing)

    async def _open(self) -> CaseStanding:
        self._enter("opening", "Waiting for the case to be read from the log.")
        self._require_own_id()
        order = self._order
        if order.matter == "appeal":
            assert order.account_id is not None, "an appeal names who objects"
            lodge = AppealOrder(
                **self._errand("appeal"), account_id=order.account_id, words=order.words
            )
            standing = await step(fronts.lodge_appeal, lodge, "Write down that the person objects")
        else:
            standing = await self._look()
        self._stand(standing)
        return standing

    def _has_news(self) -> bool:
        return self._moved or (
            self._standing is not None and self._standing.situation not in _WAITING
        )

    async def _look(self) -> CaseStanding:
        """How the case stands in the log; what nobody decides in time is refused."""
        self._moved = False
        if self._order.matter == "hold" and workflow.now() - self._began >= HOLD_LAPSES_AFTER:
            lapse = LapseHoldOrder(**self._errand(self._numbered("lapse")))
            standing = await step(fronts.lapse_hold, lapse, "Refuse what nobody decided in time")
        else:
            look = CaseLookOrder(**self._errand(self._numbered("look")))
            standing = await step(fronts.look_into_case, look, "See how the case stands")
        self._stand(standing)
        return standing

    async def _withdrawn(self) -> CaseStanding:
        """The content is gone: nobody needs to look at it any more."""
        order = ContentWithdrawalOrder(**self._errand("withdraw"), because="generation-cancelled")
        standing = await step(fronts.withdraw_content, order, "Take the case out of the queue")
        self._stand(standing)
        return self._ended(standing)

    async def _refuse(self, error: FailureError) -> None:
        """Whoever asks meanwhile hears why there is no such matter."""
        self._failure = explain(error, "moderation")
        self._enter("refused", f"{self._failure.explanation} {self._failure.next_step}")
        await workflow.wait_condition(workflow.all_handlers_finished)

    @workflow.update
    async def opened(self) -> CaseStatus:
        """Answer once the matter stands in the log, or with the reason why it never will."""
        await self._until_open()
        return self.status()

    @workflow.update
    async def claim(self, request: ClaimRequest) -> CaseStatus:
        """A reviewer takes the case out of the queue for half an hour."""
        await self._until_open()
        order = ClaimOrder(**self._errand(self._numbered("claim")), reviewer=request.reviewer)
        return await self._asked(fronts.claim_case, order, "A reviewer takes the case", "claimed")

    @workflow.update
    async def give_back(self, request: ClaimRequest) -> CaseStatus:
        """The reviewer puts the case back."""
        await self._until_open()
        order = ReturnOrder(**self._errand(self._numbered("return")), reviewer=request.reviewer)
        return await self._asked(fronts.return_case, order, "The case is given back", "waiting")

    @workflow.update
    async def decide(self, request: ReadingRequest) -> CaseStatus:
        """The reviewer says what the content is; the gravest waits for a second one to agree."""
        await self._until_open()
        order = ReadingOrder(**self._errand(self._numbered("read")), **dict(request))
        return await self._asked(fronts.read_case, order, f"Write down: {request.reading}")

    @workflow.signal
    def case_moved(self) -> None:
        """The case was changed from elsewhere, by a batch or by its person."""
        self._moved = True

    @workflow.query
    def status(self) -> CaseStatus:
        """How the case stands now."""
        standing = self._standing
        return CaseStatus(
            case_id=self._order.case_id,
            matter=self._order.matter,
            stage=self._stage,
            since=self._since,
            situation=standing.situation if standing else None,
            priority=standing.priority if standing else 0,
            readings=standing.readings if standing else 0,
            position=standing.position if standing else 0,
        )

    async def _asked(
        self,
        front: Callable[[A], Awaitable[CaseStanding]],
        order: A,
        summary: str,
        stage: ModerationStage = "waiting",
    ) -> CaseStatus:
        try:
            standing = await step(front, order, summary)
        except FailureError as error:
            raise as_refusal(error, "moderation") from error
        self._stand(standing, stage)
        return self.status()

    async def _until_open(self) -> None:
        await workflow.wait_condition(
            lambda: self._standing is not None or self._failure is not None
        )
        if self._failure is not None:
            raise of_failure(self._failure)

    def _stand(self, standing: CaseStanding, stage: ModerationStage = "waiting") -> None:
        """Newer news wins; what is settled is entered once the story has seen it."""
        if self._standing is not None and standing.position < self._standing.position:
            return
        self._standing = standing
        if standing.situation in _WAITING:
            self._enter(
                stage,
                f"Priority {standing.priority}, rule {standing.clause}, "
                f"{standing.readings} reading(s) so far.",
            )

    def _ended(self, standing: CaseStanding) -> CaseStanding:
        stage: ModerationStage = "blocked"
        if standing.situation in ("allowed", "withdrawn"):
            stage = "allowed" if standing.situation == "allowed" else "withdrawn"
        self._enter(stage, f"The content is {standing.situation}, by rule {standing.clause}.")
        return standing

    def _require_own_id(self) -> None:
        expected = moderation_workflow_id(self._order.case_id, self._order.matter)
        if workflow.info().workflow_id != expected:
            raise refused(
                "workflow-id-mismatch",
                f"This workflow must be started with the id {expected}.",
                "moderation",
                f"Start it again with the workflow id {expected}.",
            )

    def _numbered(self, name: str) -> str:
        self._requests += 1
        return f"{name}-{self._requests}"

    def _errand(self, name: str) -> dict[str, Any]:
        info = workflow.info()
        return CaseErrand(
            case_id=self._order.case_id,
            command_id=f"{info.workflow_id}/{info.first_execution_run_id}/{name}",
            at=workflow.now(),
            actor=self._order.requested_by,
            traceparent=self._order.traceparent,
        ).model_dump()

    def _enter(self, stage: ModerationStage, detail: str) -> None:
        self._stage, self._since = stage, workflow.now()
        attributes: list[SearchAttributeUpdate[Any]] = [_STAGE.value_set(stage)]
        if stage == "opening":
            attributes.append(_REQUESTED_AT.value_set(self._since))
        workflow.upsert_search_attributes(attributes)
        workflow.set_current_details(f"**{stage}** since {_clock(self._since)}\n\n{detail}")


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
