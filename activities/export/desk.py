"""The decisions of exports, cases and takedowns, each written into the log once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from temporalio import activity

from activities.consent.leaving import LeavingDesk
from activities.export.orders import (
    CaseOrder,
    CaseStanding,
    ExportBegun,
    ExportCompletion,
    ExportErrand,
    ExportOrder,
    ExportRefusal,
    ExportStanding,
    TakedownOrder,
    TakenDownNow,
)
from activities.ledger import Context, Decision, Guard, Ledger, Performed
from activities.moderation.elsewhere import Elsewhere, passes_elsewhere
from domain.kernel.surface import EXPORT as OUTSIDE
from domain.provenance.case import CASE, OpenCase, case_id
from domain.video.export import (
    EXPORT,
    CompleteExport,
    ExportCommand,
    ExportSettled,
    RefuseExport,
    RequestExport,
)
from domain.video.video import VIDEO, Released, TakeDownVideo, Video, VideoUnknown, require_seen


class ExportDesk:
    """Reads and writes the log; every method is safe to repeat."""

    def __init__(self, ledger: Ledger, leaving: LeavingDesk, elsewhere: Elsewhere) -> None:
        self._ledger, self._leaving, self._elsewhere = ledger, leaving, elsewhere

    @property
    def bodies(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [
            self.record_export,
            self.complete_export,
            self.refuse_export,
            self.open_case,
            self.take_down_video,
        ]

    @activity.defn
    async def record_export(self, order: ExportOrder) -> ExportBegun:
        """Accept the request of a video's own account, if everybody in it consents.

        What was found in the film is judged for outside; whoever asks waits for humans where it is
        held. Raises VideoUnknown, VideoIsTakenDown, CastNotPermitted, VerdictMissing.
        """
        video = await self._own(order)
        context = _context(order)
        name = f"{order.command_id}/{order.export_id}"
        await self._leaving.require(video.generation_id, order.account_id, order.at, name, context)
        judged = await self._elsewhere.judge(video, OUTSIDE, order.at, context)
        command = RequestExport(
            command_id=order.command_id,
            at=order.at,
            export_id=order.export_id,
            video_id=order.video_id,
            account_id=order.account_id,
        )
        performed = await self._ledger.perform(
            [Decision(EXPORT, order.export_id, command)],
            context,
            [_still_own(order)],
        )
        return ExportBegun(position=performed.position, judged=judged)

    @activity.defn
    async def complete_export(self, order: ExportCompletion) -> ExportStanding:
        """Let the copy leave, in one append with the consent and the verdict that it rests on.

        Raises CastNotPermitted, VideoIsTakenDown, Unproven, and what stands against the film.
        """
        video = await self._own(order)
        identifier = order.case_id
        if identifier is None:  # a story of before films were judged for outside
            judged = await self._elsewhere.judge(video, OUTSIDE, order.at, _context(order))
            identifier = judged.case_id
        command = CompleteExport(
            command_id=order.command_id,
            at=order.at,
            film=order.film,
            proof=order.proof,
            case_id=identifier,
        )
        await self._leaving.allow(
            video.generation_id,
            order.account_id,
            order.at,
            [Decision(EXPORT, order.export_id, command)],
            [_still_own(order), passes_elsewhere(video, OUTSIDE, identifier)],
            order.command_id,
            _context(order),
        )
        return await self._standing(order.export_id)

    @activity.defn
    async def refuse_export(self, order: ExportRefusal) -> ExportStanding:
        """Write down why there is no copy, unless it ended otherwise before."""
        command = RefuseExport(
            command_id=order.command_id,
            at=order.at,
            code=order.code,
            stage=order.stage,
            explanation=order.explanation,
        )
        with suppress(ExportSettled):  # the earlier ending stands
            await self._perform(order, command)
        return await self._standing(order.export_id)

    @activity.defn
    async def open_case(self, order: CaseOrder) -> CaseStanding:
        """Open a case about these bytes, once."""
        identifier = case_id(order.artefact_id, order.film_sha256)
        command = OpenCase(
            command_id=order.command_id,
            at=order.at,
            case_id=identifier,
            artefact_id=order.artefact_id,
            film_sha256=order.film_sha256,
            found_by=order.found_by,
            code=order.code,
            explanation=order.explanation,
        )
        context = Context(order.actor, f"case/{identifier}")
        await self._ledger.perform([Decision(CASE, identifier, command)], context)
        return CaseStanding(case_id=identifier)

    @activity.defn
    async def take_down_video(self, order: TakedownOrder) -> TakenDownNow:
        """Take the video out of everybody's sight. Raises VideoUnknown."""
        command = TakeDownVideo(
            command_id=order.command_id,
            at=order.at,
            video_id=order.video_id,
            reason=order.reason,
        )
        context = Context(order.actor, f"takedown/{order.video_id}", order.traceparent)
        performed = await self._ledger.perform([Decision(VIDEO, order.video_id, command)], context)
        [state] = performed.states
        return TakenDownNow(account_id=state.released.account_id, position=performed.position)

    async def _own(self, order: ExportErrand) -> Released:
        state = (await self._ledger.state(VIDEO, order.video_id)).state
        return require_own(state, order.account_id)

    async def _perform(self, order: ExportErrand, command: ExportCommand) -> Performed:
        decision = Decision(EXPORT, order.export_id, command)
        return await self._ledger.perform([decision], _context(order))

    async def _standing(self, export_id: str) -> ExportStanding:
        standing = await self._ledger.state(EXPORT, export_id)
        name = type(standing.state).__name__.lower()
        return ExportStanding(state=name, position=standing.position)


def require_own(state: Video, account_id: str) -> Released:
    """The video while it can be seen, for its own account alone.

    Another's is as unknown as one that never was. Raises VideoUnknown, VideoIsTakenDown.
    """
    video = require_seen(state)
    if video.account_id != account_id:
        raise VideoUnknown
    return video


def _still_own(order: ExportErrand) -> Guard:
    def require(state: Video) -> None:
        require_own(state, order.account_id)

    return Guard(VIDEO, order.video_id, require)


def _context(order: ExportErrand) -> Context:
    return Context(order.actor, f"export/{order.export_id}", order.traceparent)
