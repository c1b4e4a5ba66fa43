"""A video is taken out of everybody's sight at once, and what it looked like stays down."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import FailureError

from activities.account import fronts as account
from activities.account.orders import TellOrder
from activities.export import fronts
from activities.export.orders import KeepDownOrder, TakedownOrder, VideoErrand
from workflows.contracts import Failure
from workflows.export_contracts import (
    VIDEO_TAKEDOWN,
    TakedownOutcome,
    TakedownReceipt,
    VideoTakedownOrder,
)
from workflows.toolkit.failures import explain
from workflows.toolkit.refusals import of_failure
from workflows.toolkit.steps import step

_VIDEO_ID = SearchAttributeKey.for_keyword("VideoId")


@workflow.defn(name=VIDEO_TAKEDOWN)
class VideoTakedown:
    """One takedown, from the log to the index of fingerprints."""

    @workflow.init
    def __init__(self, order: VideoTakedownOrder) -> None:
        self._order = order
        self._receipt: TakedownReceipt | None = None
        self._failure: Failure | None = None

    @workflow.run
    async def run(self, order: VideoTakedownOrder) -> TakedownOutcome:
        workflow.upsert_search_attributes([_VIDEO_ID.value_set(order.video_id)])
        try:
            account_id = await self._take_down()
        except FailureError as error:
            self._failure = explain(error, "takedown")
            await workflow.wait_condition(workflow.all_handlers_finished)
            raise
        await self._tell(account_id)
        keep = KeepDownOrder(**self._errand("keep-down"))
        kept = await step(fronts.keep_video_down, keep, "Remember what it looked and sounded like")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return TakedownOutcome(video_id=order.video_id, prints=kept.prints)

    async def _take_down(self) -> str:
        order = TakedownOrder(**self._errand("take-down"), reason=self._order.reason)
        down = await step(fronts.take_down_video, order, "Take the video out of sight")
        self._receipt = TakedownReceipt(video_id=self._order.video_id, position=down.position)
        return down.account_id

    async def _tell(self, account_id: str) -> None:
        order = TellOrder(
            account_id=account_id,
            about=self._order.video_id,
            kind="video-taken-down",
            command_id=f"{workflow.info().workflow_id}/tell",
            at=workflow.now(),
            actor=self._order.requested_by,
            traceparent=self._order.traceparent,
        )
        await step(account.tell_account, order, "Tell the account")

    @workflow.update
    async def recorded(self) -> TakedownReceipt:
        """Answer once nobody can see the video any more, or with the reason why not."""
        await workflow.wait_condition(lambda: bool(self._receipt or self._failure))
        if self._receipt is None:
            assert self._failure is not None
            raise of_failure(self._failure)
        return self._receipt

    def _errand(self, name: str) -> dict[str, object]:
        order = self._order
        return VideoErrand(
            video_id=order.video_id,
            command_id=f"{workflow.info().workflow_id}/{name}",
            at=workflow.now(),
            actor=order.requested_by,
            traceparent=order.traceparent,
        ).model_dump()
