"""What a generation has to pass: its words before anything is made, its film before it is shown.

What is held waits here until humans have decided, in a story of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from temporalio import workflow
from temporalio.exceptions import CancelledError

from activities.moderation import fronts
from activities.moderation.orders import CaseStanding, FilmScreeningOrder, WordsScreeningOrder
from domain.consent.roles import AdmittedCast
from domain.kernel.surface import FEED
from domain.video.media import Rendition
from workflows.contracts import ORCHESTRATION_QUEUE, Stage, VideoOrder
from workflows.moderation_contracts import (
    CONTENT_MODERATION,
    ModerationOrder,
    ModerationOutcome,
    moderation_workflow_id,
)
from workflows.toolkit.refusals import refused
from workflows.toolkit.steps import step

SCREEN_WORDS: Final = "screen-words"
SCREEN_FILM: Final = "screen-film"
APPEAL: Final = "Read the statement of reasons; you can appeal within 183 days."

Errands = Callable[[str], dict[str, object]]
Enter = Callable[[Stage, str], None]


class Screening:
    """The two gates of one generation."""

    def __init__(self, order: VideoOrder, errand: Errands, enter: Enter) -> None:
        self._order, self._errand, self._enter = order, errand, enter
        self._words_passed = False

    async def words(self, cast: AdmittedCast | None) -> None:
        """Let the words pass, or raise why not. Stories of before pass at their release."""
        if workflow.patched(SCREEN_WORDS):
            await self._words(cast)

    async def film(self, rendition: Rendition, cast: AdmittedCast | None) -> None:
        """Let the film pass, or raise why not; nothing is released without both verdicts."""
        if not workflow.patched(SCREEN_FILM):
            return
        if not self._words_passed:
            await self._words(cast)
        self._enter("screening", "The pictures, the sound and the people are looked at.")
        order = FilmScreeningOrder(
            **self._errand("screen-film"),
            brief=self._order.brief,
            rendition=rendition,
            cast=cast,
        )
        await self._passed(await step(fronts.screen_film, order, "Look at the film, and judge it"))

    async def _words(self, cast: AdmittedCast | None) -> None:
        self._enter("screening", "The words are looked at before anything is made.")
        order = WordsScreeningOrder(
            **self._errand("screen-words"), brief=self._order.brief, cast=cast
        )
        await self._passed(await step(fronts.screen_words, order, "Look at the words, judge them"))
        self._words_passed = True

    async def _passed(self, standing: CaseStanding) -> None:
        """Wait for humans where it is held. Raises the refusal, or the end of who was stopped."""
        situation, clause = standing.situation, standing.clause
        told, where = standing.words, standing.where
        if situation == "held":
            outcome = await self._heard(standing)
            situation, clause = outcome.situation, outcome.clause
            told, where = outcome.words, outcome.where
        if situation == "withdrawn":
            raise CancelledError("The content was withdrawn while it waited.")
        if situation != "allowed":
            why = f"{told} Rule {clause}, {where}{named(standing.surface)}."
            raise refused("content-blocked", why, "moderation", APPEAL)

    async def _heard(self, standing: CaseStanding) -> ModerationOutcome:
        self._enter("in-review", f"A human looks at it: rule {standing.clause}.")
        order = ModerationOrder(
            case_id=standing.case_id,
            matter="hold",
            requested_by=self._order.requested_by,
            traceparent=self._order.traceparent,
        )
        outcome: ModerationOutcome = await workflow.execute_child_workflow(
            CONTENT_MODERATION,
            order,
            id=moderation_workflow_id(standing.case_id, "hold"),
            task_queue=ORCHESTRATION_QUEUE,
            result_type=ModerationOutcome,
            parent_close_policy=workflow.ParentClosePolicy.REQUEST_CANCEL,
            static_summary=f"Rule {standing.clause}, priority {standing.priority}",
        )
        return outcome


def named(surface: str) -> str:
    """A surface as a part of a sentence; the feed goes without saying."""
    return "" if surface == FEED else f", for the surface {surface}"
