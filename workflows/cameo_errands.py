"""What the story of an enrolment sends its activities on: each order, named after its step."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from temporalio import workflow

from activities.account.orders import TellOrder
from activities.cameo.orders import (
    CameoErrand,
    ChallengeOrder,
    ClosingOrder,
    Concluded,
    ConclusionOrder,
    ExaminationOrder,
    Examined,
    FreezeOrder,
    ReceiptOrder,
    ReviewOrder,
    StartOrder,
    TidyOrder,
)
from domain.account.notice import Kind
from workflows.cameo_contracts import (
    ChallengeRequest,
    ClipSubmission,
    EnrolmentOrder,
    RetentionOrder,
    Review,
)

_ALARM = "impostor-alarm"


class EnrolmentErrands:
    """Makes the orders of one attempt; a request that may come again is counted."""

    def __init__(self, order: EnrolmentOrder) -> None:
        self._order = order
        self._requests = 0

    def start(self) -> StartOrder:
        """Write the release down."""
        order = self._order
        return StartOrder(**self._errand("begin"), kind=order.kind, release=order.release)

    def challenge(self, request: ChallengeRequest) -> ChallengeOrder:
        """Draw a challenge."""
        return ChallengeOrder(
            **self._errand(self._numbered("challenge")),
            asking_account_id=request.account_id,
            session_sha256=request.session_sha256,
        )

    def receipt(self, submission: ClipSubmission, arrived_at: datetime) -> ReceiptOrder:
        """Take the clip in, as of the moment when it was handed in."""
        return ReceiptOrder(
            **self._errand(self._numbered("receive"), arrived_at),
            sending_account_id=submission.account_id,
            session_sha256=submission.session_sha256,
        )

    def examination(self) -> ExaminationOrder:
        """Look at the clip."""
        return ExaminationOrder(**self._errand("examine"))

    def conclusion(self, examined: Examined) -> ConclusionOrder:
        """Conclude from the verdicts."""
        return ConclusionOrder(**self._errand("conclude"), examined=examined)

    def review(self, review: Review, examined: Examined) -> ReviewOrder:
        """Write a human's decision down."""
        return ReviewOrder(
            **self._errand(self._numbered("review")),
            examined=examined,
            reviewer=review.reviewer,
            decision=review.decision,
            reason=review.reason,
        )

    def closing(self, reason: str) -> ClosingOrder:
        """End without a decision."""
        return ClosingOrder(**self._errand("close"), reason=reason)

    def freeze(self, others: Iterable[str], frozen: bool) -> FreezeOrder:
        """Freeze both sides of an alarm, or let them go."""
        return FreezeOrder(
            **self._errand("freeze" if frozen else "unfreeze"),
            cameos=(self._order.cameo_id, *others),
            frozen=frozen,
            reason=_ALARM,
        )

    def tidying(self, name: str, keep_likeness: bool) -> TidyOrder:
        """Remove what is not to stay."""
        return TidyOrder(**self._errand(name), keep_likeness=keep_likeness)

    def telling(self, kind: Kind, account_id: str | None = None) -> TellOrder:
        """Tell the attempt's account, or another, something about the attempt."""
        errand = CameoErrand(**self._errand(f"tell-{kind}/{account_id or 'own'}"))
        return TellOrder(
            account_id=account_id or self._order.account_id,
            about=self._order.enrolment_id,
            kind=kind,
            command_id=errand.command_id,
            at=errand.at,
            actor=errand.actor,
            traceparent=errand.traceparent,
        )

    def retention(self, approved: Concluded) -> RetentionOrder:
        """Keep the likeness until its day."""
        assert approved.destroy_by is not None, "an approval says how long it is kept"
        return RetentionOrder(
            enrolment_id=self._order.enrolment_id,
            cameo_id=self._order.cameo_id,
            account_id=self._order.account_id,
            version=approved.version,
            destroy_by=approved.destroy_by,
            requested_by=self._order.requested_by,
        )

    def _numbered(self, name: str) -> str:
        self._requests += 1
        return f"{name}-{self._requests}"

    def _errand(self, name: str, at: datetime | None = None) -> dict[str, Any]:
        order = self._order
        return CameoErrand(
            enrolment_id=order.enrolment_id,
            cameo_id=order.cameo_id,
            account_id=order.account_id,
            command_id=f"{workflow.info().workflow_id}/{name}",
            at=at or workflow.now(),
            actor=order.requested_by,
            traceparent=order.traceparent,
        ).model_dump()
