"""Once a day, staged objects that nobody came back for and takes kept long enough are removed."""

from __future__ import annotations

from temporalio import workflow

from activities import fronts
from activities.orders import SweepOrder, Swept
from workflows.toolkit.steps import step


@workflow.defn
class StagingSweep:
    """What a crash left in staging does not stay for ever."""

    @workflow.run
    async def run(self) -> Swept:
        order = SweepOrder(now=workflow.now())
        summary = f"Remove staged objects older than {order.older_than_hours:g} hours"
        return await step(fronts.sweep_staging, order, summary)
