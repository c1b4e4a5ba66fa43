"""A released video becomes a copy for outside with every layer of provenance, or there is none."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import FailureError, WorkflowAlreadyStartedError

from activities.export import fronts
from activities.export.orders import (
    Branded,
    BrandingOrder,
    CaseOrder,
    ExportCompletion,
    ExportErrand,
    ExportOrder,
    ExportProvingOrder,
    ExportRefusal,
)
from activities.moderation.orders import CaseStanding
from domain.video.media import MediaFile
from workflows.contracts import ORCHESTRATION_QUEUE, Failure
from workflows.export_contracts import (
    VIDEO_EXPORT,
    ExportOutcome,
    ExportReceipt,
    ExportStage,
    VideoExportOrder,
)
from workflows.moderation_contracts import (
    CONTENT_MODERATION,
    ModerationOrder,
    moderation_workflow_id,
)
from workflows.screening import APPEAL, named
from workflows.toolkit.failures import explain
from workflows.toolkit.refusals import of_failure, refused
from workflows.toolkit.steps import step

_AGAIN: Final = "Wait; you are told what is decided. Where it is let pass, ask for a copy again."
_ANOTHER: Final = "Ask for a new generation."
_STAGE = SearchAttributeKey.for_keyword("Stage")
_ACCOUNT_ID = SearchAttributeKey.for_keyword("AccountId")
_VIDEO_ID = SearchAttributeKey.for_keyword("VideoId")
_BROKEN = (
    "provenance-broken",
    "manifest-differs",
    "not-a-film",
    "provenance-unproven",
    "hash-mismatch",
)
"""Failures that say that a layer is missing on bytes which were about to be served."""


@workflow.defn(name=VIDEO_EXPORT)
class VideoExport:
    """One export, from the request to a copy that may leave or to its explained refusal."""

    @workflow.init
    def __init__(self, order: VideoExportOrder) -> None:
        self._order = order
        self._stage: ExportStage = "requested"
        self._receipt: ExportReceipt | None = None
        self._failure: Failure | None = None
        self._branded: Branded | None = None
        self._case_id: str | None = None

    @workflow.run
    async def run(self, order: VideoExportOrder) -> ExportOutcome:
        ids = [_ACCOUNT_ID.value_set(order.account_id), _VIDEO_ID.value_set(order.video_id)]
        workflow.upsert_search_attributes(ids)
        film: MediaFile | None
        try:
            film = await self._leave()
        except FailureError as error:
            self._failure = explain(error, self._stage)
            film = await self._refused(self._failure)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return ExportOutcome(
            export_id=order.export_id,
            stage="completed" if film else "refused",
            film_key=film.key if film else None,
            failure=None if film else self._failure,
            case_id=self._case_id,
        )

    async def _leave(self) -> MediaFile:
        """Ask for consent and the verdict, make the copy, prove it, and then let it leave."""
        self._enter("requested")
        asked = ExportOrder(**self._errand("record"))
        begun = await step(fronts.record_export, asked, "Ask everybody in it, and write it down")
        self._receipt = ExportReceipt(export_id=self._order.export_id, position=begun.position)
        if begun.judged is not None:
            await self._require_passed(begun.judged)
        self._enter("branding")
        branding = BrandingOrder(**self._errand("brand"))
        summary = "Draw the visible mark, sign, and put the copy in its place"
        self._branded = await step(fronts.brand_video, branding, summary)
        film = self._branded.film
        self._enter("proving")
        proving = ExportProvingOrder(
            **self._errand("prove"), film=film, claims=self._branded.claims
        )
        proven = await step(
            fronts.prove_export, proving, "Read every layer back from the bytes to be served"
        )
        completion = ExportCompletion(
            **self._errand("complete"),
            film=film,
            proof=proven.proof,
            case_id=begun.judged.case_id if begun.judged else None,
        )
        await step(fronts.complete_export, completion, "Let the copy leave")
        self._enter("completed")
        return film

    async def _require_passed(self, judged: CaseStanding) -> None:
        """Raise what stands against the film outside. What is held goes before humans meanwhile.

        Their case outlives this story: once they let it pass, the next request leaves.
        """
        about = f"Rule {judged.clause}, {judged.where}{named(judged.surface)}."
        match judged.situation:
            case "allowed":
                return
            case "held":
                await self._before_humans(judged)
                why = f"A human has to look at this first. {about}"
                raise refused("content-held", why, "moderation", _AGAIN)
            case "blocked" | "on-appeal":
                raise refused("content-blocked", f"{judged.words} {about}", "moderation", APPEAL)
        raise refused("content-withdrawn", "This content was withdrawn.", "moderation", _ANOTHER)

    async def _before_humans(self, judged: CaseStanding) -> None:
        order = ModerationOrder(
            case_id=judged.case_id,
            matter="hold",
            requested_by=self._order.requested_by,
            traceparent=self._order.traceparent,
        )
        with suppress(WorkflowAlreadyStartedError):  # humans have it already
            await workflow.start_child_workflow(
                CONTENT_MODERATION,
                order,
                id=moderation_workflow_id(judged.case_id, "hold"),
                task_queue=ORCHESTRATION_QUEUE,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                static_summary=f"Rule {judged.clause}, priority {judged.priority}",
            )

    async def _refused(self, failure: Failure) -> MediaFile | None:
        """Say why there is no copy; a layer that does not verify is a case besides."""
        if self._receipt is None:
            self._enter("refused")
            return None
        if failure.code in _BROKEN and self._branded is not None:
            await self._open_case(failure, self._branded.film.sha256)
        refusal = ExportRefusal(
            **self._errand("refuse"),
            code=failure.code,
            stage=failure.stage,
            explanation=failure.explanation,
        )
        standing = await step(fronts.refuse_export, refusal, f"Write down {failure.code}")
        if standing.state == "completed" and self._branded is not None:
            self._enter("completed")
            return self._branded.film  # it had left before the failure was told
        self._enter("refused")
        return None

    async def _open_case(self, failure: Failure, film_sha256: str) -> None:
        order = CaseOrder(
            artefact_id=self._order.export_id,
            film_sha256=film_sha256,
            found_by="export",
            code=failure.code,
            explanation=failure.explanation,
            command_id=f"{workflow.info().workflow_id}/case",
            at=workflow.now(),
            actor=self._order.requested_by,
        )
        opened = await step(fronts.open_case, order, "Open a case about a missing layer")
        self._case_id = opened.case_id

    @workflow.update
    async def recorded(self) -> ExportReceipt:
        """Answer once the request stands in the log, or with the reason why it never will."""
        await workflow.wait_condition(lambda: bool(self._receipt or self._failure))
        if self._receipt is None:
            assert self._failure is not None
            raise of_failure(self._failure)
        return self._receipt

    def _enter(self, stage: ExportStage) -> None:
        self._stage = stage
        workflow.upsert_search_attributes([_STAGE.value_set(stage)])

    def _errand(self, name: str) -> dict[str, object]:
        order = self._order
        return ExportErrand(
            export_id=order.export_id,
            video_id=order.video_id,
            account_id=order.account_id,
            command_id=f"{workflow.info().workflow_id}/{name}",
            at=workflow.now(),
            actor=order.requested_by,
            traceparent=order.traceparent,
        ).model_dump()
