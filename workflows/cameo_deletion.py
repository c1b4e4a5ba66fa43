"""A cameo is deleted in the log at once; then everything that was kept of it is destroyed."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import FailureError

from activities.cameo import fronts
from activities.cameo.orders import Deletion, DeletionOrder, DestructionOrder
from workflows.cameo_contracts import (
    CAMEO_DELETION,
    CameoDeletionOrder,
    DeletionOutcome,
    DeletionReceipt,
    retention_workflow_id,
)
from workflows.contracts import Failure
from workflows.toolkit.failures import explain
from workflows.toolkit.refusals import of_failure
from workflows.toolkit.steps import step

_ACCOUNT_ID = SearchAttributeKey.for_keyword("AccountId")
_CAMEO_IDS = SearchAttributeKey.for_keyword_list("CameoIds")


@workflow.defn(name=CAMEO_DELETION)
class CameoDeletion:
    """One deletion, from the log to the last sealed byte."""

    @workflow.init
    def __init__(self, order: CameoDeletionOrder) -> None:
        self._order = order
        self._deletion: Deletion | None = None
        self._failure: Failure | None = None

    @workflow.run
    async def run(self, order: CameoDeletionOrder) -> DeletionOutcome:
        workflow.upsert_search_attributes(
            [_ACCOUNT_ID.value_set(order.account_id), _CAMEO_IDS.value_set([order.cameo_id])]
        )
        try:
            deletion = await self._delete()
        except FailureError as error:
            self._failure = explain(error, "deletion")
            await workflow.wait_condition(workflow.all_handlers_finished)
            raise
        objects = 0
        for version, enrolment_id in sorted(deletion.versions.items()):
            objects += await self._destroy(version, enrolment_id)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return DeletionOutcome(
            cameo_id=order.cameo_id, versions=len(deletion.versions), objects=objects
        )

    async def _delete(self) -> Deletion:
        order = self._order
        delete = DeletionOrder(
            cameo_id=order.cameo_id,
            account_id=order.account_id,
            reason=order.reason,
            command_id=f"{workflow.info().workflow_id}/delete",
            at=workflow.now(),
            actor=order.requested_by,
            traceparent=order.traceparent,
        )
        self._deletion = await step(fronts.delete_cameo, delete, "Delete the cameo in the log")
        return self._deletion

    async def _destroy(self, version: int, enrolment_id: str) -> int:
        order = self._order
        destroy = DestructionOrder(
            enrolment_id=enrolment_id,
            cameo_id=order.cameo_id,
            account_id=order.account_id,
            version=version,
            command_id=f"{workflow.info().workflow_id}/destroy-{version}",
            at=workflow.now(),
            actor=order.requested_by,
        )
        gone = await step(fronts.destroy_likeness, destroy, f"Destroy version {version}")
        keeper = workflow.get_external_workflow_handle(
            retention_workflow_id(order.cameo_id, version)
        )
        try:
            await keeper.signal("cameo_deleted")
        except FailureError:
            workflow.logger.info("no story keeps this version any more")
        return gone.objects

    @workflow.update
    async def recorded(self) -> DeletionReceipt:
        """Answer once the deletion stands in the log, or with the reason why it never will."""
        await workflow.wait_condition(lambda: bool(self._deletion or self._failure))
        if self._deletion is None:
            assert self._failure is not None
            raise of_failure(self._failure)
        return DeletionReceipt(cameo_id=self._order.cameo_id, position=self._deletion.position)
