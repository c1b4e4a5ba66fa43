"""The decisions of a generation's story, each written into the event log once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from temporalio import activity

from activities.consent.office import CastingOffice
from activities.ledger import Context, Decision, Guard, Ledger
from activities.moderation.likenesses import what_became_of_uncast
from activities.orders import (
    CancellationOrder,
    Errand,
    FailureOrder,
    Noticed,
    NoticeOrder,
    Recorded,
    Released,
    ReleaseOrder,
    RequestOrder,
    Settled,
)
from domain.account.account import ACCOUNT, require_open
from domain.account.notice import NOTICE, PostNotice, notice_id
from domain.generation.commands import (
    CancelGeneration,
    CompleteGeneration,
    FailGeneration,
    GenerationCommand,
    RequestVideo,
)
from domain.generation.decider import GENERATION
from domain.generation.refusals import AlreadySettled, GenerationUnknown
from domain.moderation.case import MODERATION
from domain.moderation.gates import case_id
from domain.moderation.passing import cleared_at, cleared_film
from domain.video.video import VIDEO, ReleaseVideo


def context_of(errand: Errand) -> Context:
    """The envelope's part of an order: who acts, in which story, under which trace."""
    return Context(errand.actor, f"generation/{errand.generation_id}", errand.traceparent)


class GenerationActivities:
    """Reads and writes the log; every method is safe to repeat."""

    def __init__(self, ledger: Ledger, office: CastingOffice) -> None:
        self._ledger, self._office = ledger, office

    @property
    def bodies(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [
            self.record_request,
            self.release_video,
            self.record_failure,
            self.record_cancellation,
            self.post_notice,
        ]

    @activity.defn
    async def record_request(self, order: RequestOrder) -> Recorded:
        """Accept a request of an open account and write it into the log."""
        command = RequestVideo(
            command_id=order.command_id,
            at=order.at,
            generation_id=order.generation_id,
            account_id=order.account_id,
            brief=order.brief,
        )
        performed = await self._ledger.perform(
            [Decision(GENERATION, order.generation_id, command)],
            context_of(order),
            guards=[Guard(ACCOUNT, order.account_id, require_open)],
        )
        return Recorded(generation_id=order.generation_id, position=performed.position)

    @activity.defn
    async def release_video(self, order: ReleaseOrder) -> Released:
        """Complete the generation and release its video in one atomic append.

        With a cast, its consent is decided in the same append: permitted and signed, or nothing.
        Without both gates' verdicts that allow it, and this very film, nothing is released.
        """
        complete = CompleteGeneration(
            command_id=order.command_id, at=order.at, video_id=order.video_id
        )
        release = ReleaseVideo(
            command_id=order.command_id,
            at=order.at,
            video_id=order.video_id,
            generation_id=order.generation_id,
            account_id=order.account_id,
            rendition=order.rendition,
            proof=order.proof,
            surface=order.surface,
        )
        decisions = [
            Decision(GENERATION, order.generation_id, complete),
            Decision(VIDEO, order.video_id, release),
            *await what_became_of_uncast(self._ledger, order, "released", order.video_id),
        ]
        context, guards = context_of(order), _cleared(order)
        if order.cast is None:
            performed = await self._ledger.perform(decisions, context, guards)
        else:
            performed = await self._office.release(order, order.cast, decisions, context, guards)
        return Released(video_id=order.video_id, position=performed.position)

    @activity.defn
    async def record_failure(self, order: FailureOrder) -> Settled:
        """Write down why there is no video, unless another ending came first."""
        command = FailGeneration(
            command_id=order.command_id,
            at=order.at,
            code=order.code,
            stage=order.stage,
            explanation=order.explanation,
        )
        return await self._settle(order, command, "generation-failed")

    @activity.defn
    async def record_cancellation(self, order: CancellationOrder) -> Settled:
        """Write down that somebody asked to stop, unless another ending came first."""
        command = CancelGeneration(
            command_id=order.command_id, at=order.at, requested_by=order.requested_by
        )
        return await self._settle(order, command, "generation-cancelled")

    @activity.defn
    async def post_notice(self, order: NoticeOrder) -> Noticed:
        """Tell the account how its generation ended."""
        command = PostNotice(
            command_id=order.command_id,
            at=order.at,
            account_id=order.account_id,
            about=order.generation_id,
            kind=order.kind,
        )
        identifier = notice_id(order.generation_id, order.kind)
        performed = await self._ledger.perform(
            [Decision(NOTICE, identifier, command)], context_of(order)
        )
        return Noticed(position=performed.position)

    async def _settle(self, order: Errand, command: GenerationCommand, reason: str) -> Settled:
        """End it, and give back in the same append what was reserved of its cast."""
        ending = Decision(GENERATION, order.generation_id, command)
        try:
            await self._office.settle(order.generation_id, ending, reason, context_of(order))
            await self._office.ended(order, context_of(order))
            unseen = await what_became_of_uncast(self._ledger, order, "ended")
            await self._ledger.perform(unseen, context_of(order))
        except GenerationUnknown:
            return Settled(state="unrecorded")
        except AlreadySettled:
            pass  # the earlier ending stands
        standing = await self._ledger.state(GENERATION, order.generation_id)
        return Settled(state=type(standing.state).__name__.lower())


def _cleared(order: ReleaseOrder) -> list[Guard]:
    """Both gates let it pass at its surface, and neither verdict moves until it is released."""
    admission = case_id(order.generation_id, "admission")
    release = case_id(order.generation_id, "release")
    return [
        Guard(MODERATION, admission, cleared_at(order.surface)),
        Guard(MODERATION, release, cleared_film(order.rendition.film.sha256, order.surface)),
    ]
