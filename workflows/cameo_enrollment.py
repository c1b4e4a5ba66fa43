"""A signed release, a challenge and a clip become a cameo's next version, or a reason why not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate
from temporalio.exceptions import FailureError
from temporalio.workflow import ParentClosePolicy

from activities.account import fronts as account
from activities.cameo import fronts
from activities.cameo.orders import Challenged, Concluded, Examined, Received
from domain.account.notice import Kind
from domain.cameo.enrolment_refusals import NotYourEnrolment
from domain.cameo.keeping import CameoGone
from workflows.cameo_contracts import (
    CAMEO_ENROLLMENT,
    CLIP_WITHIN,
    LIKENESS_RETENTION,
    REVIEW_WITHIN,
    UPLOAD_WITHIN,
    ChallengeRequest,
    ClipSubmission,
    EnrolmentOrder,
    EnrolmentReceipt,
    EnrolmentStage,
    EnrolmentStatus,
    Review,
    Withdrawal,
    enrolment_workflow_id,
    retention_workflow_id,
)
from workflows.cameo_errands import EnrolmentErrands
from workflows.contracts import Failure
from workflows.toolkit.failures import explain, was_stopped
from workflows.toolkit.refusals import (
    as_refusal,
    of_failure,
    of_refusal,
    refused,
    require_workflow_id,
)
from workflows.toolkit.steps import step
from workflows.toolkit.waiting import came_true, until

A = TypeVar("A")
R = TypeVar("R")

_STAGE = SearchAttributeKey.for_keyword("Stage")
_ACCOUNT_ID = SearchAttributeKey.for_keyword("AccountId")
_CAMEO_IDS = SearchAttributeKey.for_keyword_list("CameoIds")
_REQUESTED_AT = SearchAttributeKey.for_datetime("RequestedAt")
_ENDINGS = ("approved", "refused", "closed")
_TOLD: dict[str, Kind] = {"approved": "cameo-approved", "refused": "cameo-refused"}


@workflow.defn(name=CAMEO_ENROLLMENT)
class CameoEnrollment:
    """One attempt, from the signed release to a version of the cameo or an explained end."""

    @workflow.init
    def __init__(self, order: EnrolmentOrder) -> None:
        self._order = order
        self._errands = EnrolmentErrands(order)
        self._stage: EnrolmentStage = "beginning"
        self._since = workflow.now()
        self._began_at = workflow.now()
        self._story: asyncio.Task[Concluded] | None = None
        self._receipt: EnrolmentReceipt | None = None
        self._challenge: Challenged | None = None
        self._examined = Examined(verdicts=())
        self._concluded: Concluded | None = None
        self._failure: Failure | None = None
        self._desk = asyncio.Lock()
        self._clip_taken = False
        self._stopped_because = "cancelled"
        self._timer: asyncio.Task[None] | None = None

    @workflow.run
    async def run(self, order: EnrolmentOrder) -> EnrolmentStatus:
        self._story = asyncio.create_task(self._enrol())
        try:
            concluded = await self._story
        except BaseException as error:
            if was_stopped(error):
                concluded = await self._close(self._stopped_because)
            elif isinstance(error, FailureError):
                self._failure = explain(error, self._stage)
                if self._receipt is None:
                    return await self._never_began()
                concluded = await self._close(self._failure.code)
            else:
                raise
        await self._settle(concluded)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.status()

    async def _enrol(self) -> Concluded:
        await self._begin()
        if not await self._clip_comes():
            return await self._close("abandoned")
        await self._examine()
        concluded = await self._conclude()
        if concluded.standing == "in-review":
            concluded = await self._decided_by_a_human(concluded)
        return concluded

    async def _begin(self) -> None:
        self._enter("beginning", "Waiting for the signed release to be written into the log.")
        require_workflow_id(enrolment_workflow_id(self._order.enrolment_id))
        summary = "Write the signed release into the log"
        begun = await step(fronts.record_enrolment, self._errands.start(), summary)
        self._receipt = EnrolmentReceipt(
            enrolment_id=begun.enrolment_id,
            cameo_id=self._order.cameo_id,
            version=begun.version,
            position=begun.position,
        )

    async def _clip_comes(self) -> bool:
        """Wait for the clip. Refusing late and foreign ones is the desk's business."""
        if self._order.kind == "person":
            self._enter("waiting-for-challenge", "A challenge can be asked for.")
        else:
            self._enter("waiting-for-clip", "A pet or an object answers no challenge.")
        return await came_true(lambda: self._clip_taken, CLIP_WITHIN)

    async def _examine(self) -> None:
        self._enter("examining", "Each check writes its own verdict into the log.")
        self._examined = await step(
            fronts.examine_clip,
            self._errands.examination(),
            "Decode the clip apart, run every check, seal the likeness",
            fairness_key=self._order.account_id,
        )

    async def _conclude(self) -> Concluded:
        order = self._errands.conclusion(self._examined)
        count = len(self._examined.verdicts)
        return await step(fronts.conclude_checks, order, f"Conclude from {count} verdict(s)")

    async def _decided_by_a_human(self, asked: Concluded) -> Concluded:
        """Freeze whom it concerns, tell the account, and wait for the review."""
        self._concluded = asked
        self._enter("in-review", f"A human decides about: {', '.join(asked.checks)}.")
        if asked.others:
            await self._freeze(True)
        await self._tell("cameo-under-review")
        await came_true(lambda: self._concluded is not asked, REVIEW_WITHIN)
        assert self._concluded is not None
        return self._concluded if self._concluded is not asked else await self._close("unreviewed")

    async def _expire(self, drawn: Challenged) -> None:
        """When a challenge's minute is over unanswered, what was uploaded for it goes at once."""
        await until(drawn.expires_at, f"Challenge {drawn.number} expires")
        async with self._desk:
            if self._clip_taken or self._stage != "waiting-for-clip" or self._challenge != drawn:
                return
            self._enter("waiting-for-challenge", f"Challenge {drawn.number} expired unanswered.")
            await self._tidy(f"tidy-challenge-{drawn.number}", keep_likeness=True)

    async def _freeze(self, frozen: bool) -> None:
        """Both sides of an alarm: the cameo that is being enrolled anew, and those it resembles."""
        assert self._concluded is not None
        order = self._errands.freeze(self._concluded.others, frozen)
        summary = f"{'Freeze' if frozen else 'Let go'} {len(order.cameos)} cameo(s)"
        changed = await step(fronts.freeze_cameos, order, summary)
        if frozen:
            for owner in sorted({*changed.accounts} - {self._order.account_id}):
                await self._tell("cameo-frozen", owner)

    async def _close(self, reason: str) -> Concluded:
        order = self._errands.closing(reason)
        return await step(fronts.close_enrolment, order, f"Close the attempt: {reason}")

    async def _settle(self, concluded: Concluded) -> None:
        """Nothing of the clip stays; of the likeness only what was approved."""
        approved = concluded.standing == "approved"
        await self._tidy("tidy", approved)
        self._concluded = concluded
        if approved:
            await self._hand_over(concluded)
        if kind := _TOLD.get(concluded.standing):
            await self._tell(kind)
        why = "; ".join(f"{each.check}: {each.advice}" for each in concluded.shortcomings)
        assert concluded.standing in ("approved", "refused", "closed"), "it has ended"
        self._enter(
            concluded.standing, why or concluded.closed_because or f"Version {concluded.version}."
        )
        await self._outlast_the_upload(approved)

    async def _hand_over(self, concluded: Concluded) -> None:
        """From here on another story keeps the likeness and ends it in its time."""
        order = self._errands.retention(concluded)
        await workflow.start_child_workflow(
            LIKENESS_RETENTION,
            order,
            id=retention_workflow_id(self._order.cameo_id, concluded.version),
            parent_close_policy=ParentClosePolicy.ABANDON,
            static_summary=f"Keep the likeness until {order.destroy_by:%Y-%m-%d}",
        )

    async def _outlast_the_upload(self, approved: bool) -> None:
        """Leave to upload outlives the attempt by up to its minute: what came so late goes too."""
        open_until = self._upload_until()
        if open_until is not None and workflow.now() < open_until:
            await until(open_until, "Leave to upload ends")
            await self._tidy("tidy-late", approved)

    def _upload_until(self) -> datetime | None:
        if self._order.kind != "person":
            return self._began_at + UPLOAD_WITHIN
        return self._challenge.expires_at if self._challenge else None

    async def _tidy(self, name: str, keep_likeness: bool) -> None:
        order = self._errands.tidying(name, keep_likeness)
        await step(fronts.tidy_enrolment, order, "Remove the clip and whatever was uploaded")

    async def _tell(self, kind: Kind, account_id: str | None = None) -> None:
        order = self._errands.telling(kind, account_id)
        await step(account.tell_account, order, f"Tell the account: {kind}")

    @workflow.update
    async def begun(self) -> EnrolmentReceipt:
        """Answer once the release stands in the log, or with the reason why it never will."""
        await self._until_begun()
        assert self._receipt is not None
        return self._receipt

    @workflow.update
    async def issue_challenge(self, request: ChallengeRequest) -> Challenged:
        """Draw a challenge for one account in one session, valid for a minute."""
        await self._until_begun()
        async with self._desk:
            order = self._errands.challenge(request)
            drawn = await self._asked(fronts.draw_challenge, order, "Draw a challenge")
            self._challenge = drawn
            if self._stage == "waiting-for-challenge":
                note = f"Challenge {drawn.number} may be answered until {_clock(drawn.expires_at)}."
                self._enter("waiting-for-clip", note)
            self._timer = asyncio.create_task(self._expire(drawn))
        return drawn

    @workflow.update
    async def submit_clip(self, submission: ClipSubmission) -> Received:
        """Take the uploaded clip in, or refuse it and keep the refusal on record."""
        await self._until_begun()
        arrived_at = workflow.now()
        async with self._desk:
            order = self._errands.receipt(submission, arrived_at)
            received = await self._asked(fronts.receive_clip, order, "Take the clip in")
        if not received.taken:
            if received.code == CameoGone.code:
                self._stop(CameoGone.code)
            raise refused(
                received.code or "clip-declined",
                received.explanation or "The clip was turned away.",
                received.stage or "enrolment",
                received.next_step or "Read how the attempt stands.",
            )
        self._clip_taken = True
        return received

    @workflow.update
    async def review_completed(self, review: Review) -> EnrolmentStatus:
        """Write down what a human decided. Refused when no human is asked."""
        await self._until_begun()
        async with self._desk:
            order = self._errands.review(review, self._examined)
            decided = await self._asked(fronts.record_review, order, "Write the review down")
            if self._concluded and self._concluded.others and review.others == "reinstate":
                await self._freeze(False)
            self._concluded = decided
        return self.status().model_copy(update={"stage": decided.standing})

    @workflow.update
    async def withdraw(self, withdrawal: Withdrawal) -> EnrolmentStatus:
        """Take the attempt back, and answer when nothing of it is left."""
        await self._until_begun()
        if withdrawal.account_id != self._order.account_id:
            raise of_refusal(NotYourEnrolment())
        self._stop("withdrawn")
        await workflow.wait_condition(lambda: self._stage in _ENDINGS)
        return self.status()

    @workflow.signal
    def cameo_deleted(self) -> None:
        """The cameo is gone: a retake of it ends, and nothing of it is kept."""
        self._stop(CameoGone.code)

    @workflow.query
    def status(self) -> EnrolmentStatus:
        """How the attempt stands now."""
        concluded = self._concluded
        return EnrolmentStatus(
            enrolment_id=self._order.enrolment_id,
            cameo_id=self._order.cameo_id,
            stage=self._stage,
            since=self._since,
            version=self._receipt.version if self._receipt else None,
            verdicts=self._examined.verdicts,
            checks_in_question=concluded.checks if concluded else (),
            shortcomings=concluded.shortcomings if concluded else (),
            closed_because=concluded.closed_because if concluded else None,
            failure=self._failure,
        )

    def _stop(self, because: str) -> None:
        """End the story, unless it has come to an ending of its own."""
        if self._stage not in _ENDINGS and self._story is not None:
            self._stopped_because = because
            self._story.cancel()

    async def _until_begun(self) -> None:
        """A request that comes before the release is written waits for it."""
        await workflow.wait_condition(lambda: bool(self._receipt or self._failure))
        if self._receipt is None:
            assert self._failure is not None
            raise of_failure(self._failure)

    async def _asked(self, front: Callable[[A], Awaitable[R]], order: A, summary: str) -> R:
        """A step on behalf of a request: its refusal is the request's, and not the story's."""
        try:
            return await step(front, order, summary)
        except FailureError as error:
            raise as_refusal(error, self._stage) from None

    async def _never_began(self) -> EnrolmentStatus:
        assert self._failure is not None
        self._enter("closed", f"{self._failure.explanation} {self._failure.next_step}")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.status()

    def _enter(self, stage: EnrolmentStage, detail: str) -> None:
        self._stage, self._since = stage, workflow.now()
        attributes: list[SearchAttributeUpdate[Any]] = [_STAGE.value_set(stage)]
        if stage == "beginning":
            attributes += [
                _ACCOUNT_ID.value_set(self._order.account_id),
                _CAMEO_IDS.value_set([self._order.cameo_id]),
                _REQUESTED_AT.value_set(self._since),
            ]
        workflow.upsert_search_attributes(attributes)
        workflow.set_current_details(f"**{stage}** since {_clock(self._since)}\n\n{detail}")


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
