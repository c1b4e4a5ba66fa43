"""When a detector improves, every stored enrolment is looked at again, as one resumable job."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import FailureError

from activities.account import fronts as account
from activities.account.orders import TellOrder
from activities.cameo import fronts
from activities.cameo.orders import PageOrder, Rescored, RescoreOrder
from domain.account.notice import Kind
from workflows.cameo_contracts import CAMEO_RESCORE, RescoreJob, RescoreProgress
from workflows.toolkit.failures import was_stopped
from workflows.toolkit.steps import step

PAGE: int = 50


@workflow.defn(name=CAMEO_RESCORE)
class CameoRescore:
    """One pass over every cameo, in the order of their ids; its position outlives each run."""

    @workflow.init
    def __init__(self, job: RescoreJob) -> None:
        self._done = job.done

    @workflow.run
    async def run(self, job: RescoreJob) -> RescoreProgress:
        while True:
            page = await step(
                fronts.list_cameos,
                PageOrder(after=self._done.position, limit=PAGE),
                f"Name {PAGE} cameos after position {self._done.cameos}",
            )
            if not page.cameos:
                self._note("finished")
                return self._done
            for cameo_id in page.cameos:
                await self._rescore(job, cameo_id)
            self._note("going on")
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(job.model_copy(update={"done": self._done}))

    async def _rescore(self, job: RescoreJob, cameo_id: str) -> None:
        """One cameo. One that cannot be looked at is counted and does not hold up the others."""
        name = f"{workflow.info().workflow_id}/{job.job_id}/{cameo_id}"
        order = RescoreOrder(
            cameo_id=cameo_id, command_id=name, at=workflow.now(), actor=job.requested_by
        )
        try:
            rescored = await step(fronts.rescore_cameo, order, f"Look at {cameo_id} again")
        except FailureError as error:
            if was_stopped(error):
                raise
            self._count(cameo_id, Rescored(looked_at=0), failed=1)
            return
        told: list[tuple[str, Kind, str]] = []
        if rescored.account_id is not None:
            told.append((rescored.account_id, "cameo-suspended", cameo_id))
        for other_id, account_id in sorted(rescored.frozen.items()):
            told.append((account_id, "cameo-frozen", other_id))
        for account_id, kind, about in told:
            tell = TellOrder(
                account_id=account_id,
                about=f"{about}.{job.job_id}",
                kind=kind,
                command_id=f"{name}/tell" if about == cameo_id else f"{name}/tell/{about}",
                at=workflow.now(),
                actor=job.requested_by,
            )
            await step(account.tell_account, tell, f"Tell the account: {kind}")
        self._count(cameo_id, rescored)

    def _count(self, cameo_id: str, rescored: Rescored, failed: int = 0) -> None:
        done = self._done
        self._done = RescoreProgress(
            position=cameo_id,
            cameos=done.cameos + 1,
            versions=done.versions + rescored.looked_at,
            suspended=done.suspended + len(rescored.suspended),
            failed=done.failed + failed,
        )

    def _note(self, what: str) -> None:
        done = self._done
        workflow.set_current_details(
            f"**{what}**: {done.cameos} cameo(s), {done.suspended} version(s) suspended, "
            f"{done.failed} could not be looked at"
        )

    @workflow.query
    def progress(self) -> RescoreProgress:
        """How far the job has come."""
        return self._done
