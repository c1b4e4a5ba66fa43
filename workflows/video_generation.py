"""A prompt becomes a video that others can see, or an explained refusal."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, NoReturn

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate
from temporalio.exceptions import ApplicationError, FailureError

from activities import fronts
from activities.consent.fronts import admit_cast
from activities.consent.orders import AdmissionOrder
from activities.orders import (
    AssemblyOrder,
    CancellationOrder,
    ClearanceOrder,
    Errand,
    FailureOrder,
    NoticeOrder,
    ReleaseOrder,
    RequestOrder,
    SamplingOrder,
    StorageOrder,
)
from domain.account.notice import Kind
from domain.consent.refusals import CastNotPermitted
from domain.consent.roles import AdmittedCast
from domain.generation.take import Take
from domain.kernel.ids import sibling
from domain.video.media import Rendition
from workflows.contracts import (
    VIDEO_GENERATION,
    CancelAnswer,
    CancelRequest,
    Failure,
    Outcome,
    PublishAnswer,
    Receipt,
    Stage,
    Status,
    VideoOrder,
    generation_workflow_id,
)
from workflows.drafting import Drafting
from workflows.screening import Screening
from workflows.sealing import Sealing
from workflows.toolkit.failures import explain, was_stopped
from workflows.toolkit.steps import step
from workflows.toolkit.together import together

_STAGE = SearchAttributeKey.for_keyword("Stage")
_ACCOUNT_ID = SearchAttributeKey.for_keyword("AccountId")
_GENERATION_ID = SearchAttributeKey.for_keyword("GenerationId")
_VIDEO_ID = SearchAttributeKey.for_keyword("VideoId")
_CAMEO_IDS = SearchAttributeKey.for_keyword_list("CameoIds")
_CONSENT_DECISION = SearchAttributeKey.for_keyword("ConsentDecision")
_REQUESTED_AT = SearchAttributeKey.for_datetime("RequestedAt")
_ENDINGS = ("completed", "failed", "cancelled")
_SHOTS_APART = "sample-shots-apart"
_CONSENT_ASKED = "ask-everybody-called"
_EARLY_STOP = "heed-a-stop-that-came-with-the-start"
SHOTS_AT_ONCE = 2
"""As many as a studio worker has slots: one shot prepares while another one samples."""


@workflow.defn(name=VIDEO_GENERATION)
class VideoGeneration:
    """One generation, from the request to its release or its explained end."""

    @workflow.init
    def __init__(self, order: VideoOrder) -> None:
        self._order = order
        self._stage: Stage = "requested"
        self._since = workflow.now()
        self._story: asyncio.Task[Outcome] | None = None
        self._receipt: Receipt | None = None
        self._failure: Failure | None = None
        self._video_id: str | None = None
        self._stopped_by: str | None = None
        self._takes: dict[int, Take] = {}
        self._cast: AdmittedCast | None = None
        self._sealing = Sealing(order.generation_id, self._errand)
        self._screening = Screening(order, self._errand, self._enter)
        self._drafting = Drafting(order, self._enter)

    @workflow.run
    async def run(self, order: VideoOrder) -> Outcome:
        self._story = asyncio.create_task(self._make())
        try:
            outcome = await self._story
        except BaseException as error:
            if was_stopped(error):
                outcome = await self._cancelled()
            elif isinstance(error, FailureError):
                outcome = await self._failed(explain(error, self._stage))
            else:
                raise
        await workflow.wait_condition(workflow.all_handlers_finished)
        return outcome

    async def _make(self) -> Outcome:
        recorded = await self._record()
        if self._stopped_by is not None and workflow.patched(_EARLY_STOP):
            raise asyncio.CancelledError  # it came with the start, when there was no story to stop
        await self._admit()
        self._receipt = recorded
        await self._screening.words(self._cast)
        takes = await self._sample()
        rendition = await self._store(takes)
        await self._screening.film(rendition, self._cast)
        await self._drafting.until_published()
        await self._release(rendition)
        await self._notify("video-released")
        return self._ended("completed", film_key=rendition.film.key)

    async def _record(self) -> Receipt:
        self._enter("requested", "Waiting for the request to be written into the event log.")
        self._require_own_id()
        order = RequestOrder(**self._errand("record"), brief=self._order.brief)
        recorded = await step(fronts.record_request, order, "Write the request into the log")
        return Receipt(generation_id=recorded.generation_id, position=recorded.position)

    async def _admit(self) -> None:
        """Everybody who is called gives their consent, or nothing is made."""
        brief = self._order.brief
        if not any(brief.called) or not workflow.patched(_CONSENT_ASKED):
            return
        order = AdmissionOrder(**self._errand("admit"), brief=brief)
        admitted = await step(admit_cast, order, "Ask the consent of everybody who is cast")
        self._cast = admitted.cast
        workflow.upsert_search_attributes(
            [
                _CAMEO_IDS.value_set(list(self._cast.cameo_ids)),
                _CONSENT_DECISION.value_set("permitted"),
            ]
        )

    async def _sample(self) -> tuple[Take, ...]:
        brief = self._order.brief
        self._enter("sampling", f"The studio samples {brief.seconds:g} s with {brief.sampler}.")
        if not workflow.patched(_SHOTS_APART):
            return (await self._sample_in_one(),)
        return await together(
            len(brief.shots), SHOTS_AT_ONCE, self._sample_shot, self._continued_by
        )

    async def _sample_shot(self, index: int) -> Take:
        brief, number = self._order.brief, index + 1
        shot = brief.shots[index]
        order = SamplingOrder(
            **self._errand(f"sample-{number}"),
            brief=brief,
            cast=self._cast,
            seed=brief.shot_seed(self._order.generation_id, number),
            shot=number,
            previous=self._takes[index - 1] if shot.continues else None,
        )
        summary = (
            f"Sample shot {number} of {len(brief.shots)}: {shot.seconds:g} s, "
            f"{brief.width}x{brief.height} at {brief.fps} fps, with {brief.sampler}"
        )
        take = await step(fronts.sample_take, order, summary, fairness_key=self._order.account_id)
        self._takes[index] = take
        return take

    def _continued_by(self, index: int) -> int | None:
        """The shot whose last picture opens this one."""
        return index - 1 if self._order.brief.shots[index].continues else None

    async def _sample_in_one(self) -> Take:
        """All shots in one take: how stories went on that began before shots were apart."""
        brief = self._order.brief
        order = SamplingOrder(
            **self._errand("sample"),
            brief=brief,
            seed=brief.seed_for(self._order.generation_id),
        )
        summary = (
            f"Sample {brief.seconds:g} s, {brief.width}x{brief.height} at {brief.fps} fps, "
            f"{len(brief.shots)} shot(s), with {brief.sampler}"
        )
        return await step(fronts.sample_take, order, summary, fairness_key=self._order.account_id)

    async def _store(self, takes: tuple[Take, ...]) -> Rendition:
        frames = sum(take.frames for take in takes)
        self._enter("assembling", f"{frames} frames become a film.")
        assembled = await step(
            fronts.assemble_rendition,
            AssemblyOrder(
                **self._errand("assemble"), takes=takes, artefact_id=self._sealing.begin()
            ),
            f"Encode {frames} frames and their sound as a film",
        )
        assembled = await self._sealing.sign(assembled, takes)
        self._enter("storing", f"{assembled.film.size} bytes are stored and read back.")
        stored = await step(
            fronts.store_rendition,
            StorageOrder(**self._errand("store"), assembled=assembled, takes=takes),
            "Store the film, read it back and compare its hash",
        )
        return stored.rendition

    async def _release(self, rendition: Rendition) -> None:
        """Nothing is released before every layer of it was read back from the store."""
        self._enter("releasing", "The video is being released.")
        proof = await self._sealing.prove(rendition)
        video_id = sibling(self._order.generation_id, "vid")
        order = ReleaseOrder(
            **self._errand("release"),
            video_id=video_id,
            rendition=rendition,
            proof=proof,
            brief=self._order.brief if self._cast else None,
            cast=self._cast,
            surface=self._order.brief.surface,
        )
        await step(fronts.release_video, order, f"Complete the generation as {video_id}")
        self._video_id = video_id

    async def _notify(self, kind: Kind) -> None:
        order = NoticeOrder(**self._errand(f"notify-{kind}"), kind=kind)
        await step(fronts.post_notice, order, f"Tell the account: {kind}")

    async def _failed(self, failure: Failure) -> Outcome:
        self._failure = failure
        order = FailureOrder(
            **self._errand("fail"),
            code=failure.code,
            stage=failure.stage,
            explanation=failure.explanation,
        )
        settled = await step(fronts.record_failure, order, f"Write down {failure.code}")
        return await self._as_settled(settled.state, "failed")

    async def _cancelled(self) -> Outcome:
        requested_by = self._stopped_by or "client/temporal"
        order = CancellationOrder(**self._errand("cancel"), requested_by=requested_by)
        settled = await step(fronts.record_cancellation, order, "Write down who stopped it")
        return await self._as_settled(settled.state, "cancelled")

    async def _as_settled(self, state: str, wanted: Stage) -> Outcome:
        """End as the log says: another ending may have been written before this one could be."""
        match state:
            case "completed":
                return await self._released_after_all()
            case "failed":
                await self._clear()
                await self._notify("generation-failed")
                return self._ended("failed")
            case "cancelled":
                self._failure = None
                await self._clear()
                await self._notify("generation-cancelled")
                return self._ended("cancelled")
            case _:
                return self._ended(wanted)  # the log holds nothing to end

    async def _released_after_all(self) -> Outcome:
        """The release was written before the wish to stop could be: the log decides."""
        self._failure, self._video_id = None, sibling(self._order.generation_id, "vid")
        await self._notify("video-released")
        return self._ended("completed")

    async def _clear(self) -> None:
        order = ClearanceOrder(**self._errand("clear"))
        await step(fronts.clear_staging, order, "Remove what was staged")

    @workflow.update
    async def recorded(self) -> Receipt:
        """Answer once the request stands in the log, or with the reason why it never will."""
        await workflow.wait_condition(lambda: self._receipt is not None or self._stage in _ENDINGS)
        if self._receipt is None:
            self._refuse()
        return self._receipt

    @workflow.update
    async def cancel_generation(self, request: CancelRequest) -> CancelAnswer:
        """Stop within the running step and answer when the log says how it ended."""
        if self._stage in _ENDINGS:
            raise ApplicationError(
                f"This generation has already ended: it is {self._stage}.",
                type="generation-already-settled",
                non_retryable=True,
            )
        self._stopped_by = self._stopped_by or request.requested_by
        if self._story is not None:
            self._story.cancel()
        await workflow.wait_condition(lambda: self._stage in _ENDINGS)
        return CancelAnswer(stage=self._stage)

    @workflow.update
    async def publish_draft(self) -> PublishAnswer:
        """Publish what is, or will be, a draft; the release asks everybody's consent once more."""
        if self._stage not in _ENDINGS:
            self._drafting.publish()
        return PublishAnswer(stage=self._stage)

    @workflow.query
    def status(self) -> Status:
        """How the generation stands now."""
        return Status(
            generation_id=self._order.generation_id,
            stage=self._stage,
            since=self._since,
            video_id=self._video_id,
            failure=self._failure,
        )

    def _require_own_id(self) -> None:
        """One generation, one workflow: another id would let the same work run twice at once."""
        expected = generation_workflow_id(self._order.generation_id)
        if workflow.info().workflow_id != expected:
            raise ApplicationError(
                f"This workflow must be started with the id {expected}.",
                "admission",
                f"Start it again with the workflow id {expected}.",
                type="workflow-id-mismatch",
                non_retryable=True,
            )

    def _errand(self, name: str) -> dict[str, object]:
        order = self._order
        return Errand(
            generation_id=order.generation_id,
            account_id=order.account_id,
            command_id=f"{workflow.info().workflow_id}/{name}",
            at=workflow.now(),
            actor=order.requested_by,
            traceparent=order.traceparent,
        ).model_dump()

    def _enter(self, stage: Stage, detail: str) -> None:
        self._stage, self._since = stage, workflow.now()
        workflow.upsert_search_attributes([_STAGE.value_set(stage), *self._now_known(stage)])
        workflow.set_current_details(f"**{stage}** since {_clock(self._since)}\n\n{detail}")

    def _now_known(self, stage: Stage) -> list[SearchAttributeUpdate[Any]]:
        """What auditors can search by from this stage on: ids and times, nothing else."""
        if stage == "requested":
            return [
                _ACCOUNT_ID.value_set(self._order.account_id),
                _GENERATION_ID.value_set(self._order.generation_id),
                _REQUESTED_AT.value_set(self._since),
            ]
        if self._failure and self._failure.code == CastNotPermitted.code:
            return [_CONSENT_DECISION.value_set("refused")]
        return [_VIDEO_ID.value_set(self._video_id)] if self._video_id else []

    def _ended(self, stage: Stage, film_key: str | None = None) -> Outcome:
        why = f"{self._failure.explanation} {self._failure.next_step}" if self._failure else ""
        self._enter(stage, why or f"Video: {self._video_id or 'none'}")
        assert stage in ("completed", "failed", "cancelled")
        return Outcome(
            generation_id=self._order.generation_id,
            stage=stage,
            video_id=self._video_id,
            film_key=film_key,
            failure=self._failure,
        )

    def _refuse(self) -> NoReturn:
        failure = self._failure
        if failure is None:
            raise ApplicationError(
                "The generation was cancelled before it was recorded.",
                type="generation-cancelled",
                non_retryable=True,
            )
        raise ApplicationError(
            failure.explanation,
            failure.stage,
            failure.next_step,
            type=failure.code,
            non_retryable=True,
        )


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
