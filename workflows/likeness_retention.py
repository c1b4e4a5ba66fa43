"""A likeness is kept until its day, or until its cameo is deleted; then it is destroyed."""

from __future__ import annotations

from temporalio import workflow

from activities.account import fronts as account
from activities.account.orders import TellOrder
from activities.cameo import fronts
from activities.cameo.orders import DestructionOrder
from workflows.cameo_contracts import LIKENESS_RETENTION, RetentionOrder, RetentionOutcome
from workflows.toolkit.steps import step
from workflows.toolkit.waiting import came_true


@workflow.defn(name=LIKENESS_RETENTION)
class LikenessRetention:
    """One version's likeness, from its approval to its destruction."""

    @workflow.init
    def __init__(self, order: RetentionOrder) -> None:
        self._deleted = False

    @workflow.run
    async def run(self, order: RetentionOrder) -> RetentionOutcome:
        day = f"{order.destroy_by:%Y-%m-%d}"
        workflow.set_current_details(f"Version {order.version} is kept until **{day}**.")
        left = order.destroy_by - workflow.now()
        deleted = await came_true(lambda: self._deleted, left)
        name = workflow.info().workflow_id
        destroy = DestructionOrder(
            enrolment_id=order.enrolment_id,
            cameo_id=order.cameo_id,
            account_id=order.account_id,
            version=order.version,
            command_id=f"{name}/destroy",
            at=workflow.now(),
            actor=order.requested_by,
        )
        gone = await step(fronts.destroy_likeness, destroy, "Destroy key, templates, references")
        workflow.set_current_details(f"Version {order.version} is destroyed.")
        if not deleted:
            tell = TellOrder(
                account_id=order.account_id,
                about=f"{order.cameo_id}.{order.version}",
                kind="likeness-destroyed",
                command_id=f"{name}/tell",
                at=workflow.now(),
                actor=order.requested_by,
            )
            await step(account.tell_account, tell, "Tell the account: likeness-destroyed")
        return RetentionOutcome(version=order.version, objects=gone.objects)

    @workflow.signal
    def cameo_deleted(self) -> None:
        """The cameo is gone: its likeness is not kept any longer."""
        self._deleted = True
