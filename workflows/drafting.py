"""A draft: a film that was made and judged, and that waits until its account publishes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from temporalio import workflow

from workflows.contracts import Stage, VideoOrder
from workflows.toolkit.refusals import refused

KEPT: Final = timedelta(days=30)
"""How long a draft waits."""


class Drafting:
    """The wait of one generation; one that is meant to be posted does not wait."""

    def __init__(self, order: VideoOrder, enter: Callable[[Stage, str], None]) -> None:
        self._order, self._enter = order, enter
        self._published = False

    def publish(self) -> None:
        """Say that it is to be published as soon as it can be. Refuses what is no draft."""
        if self._order.brief.destination != "draft":
            raise refused(
                "generation-no-draft",
                "This generation is published as soon as it can be.",
                "release",
                "Wait for it; ask with the destination draft to decide later.",
            )
        self._published = True

    async def until_published(self) -> None:
        """Return when it is to be published; raise when nobody says so for long."""
        if self._order.brief.destination != "draft" or self._published:
            return
        self._enter("releasing", "It is a draft until its account publishes it.")
        try:
            await workflow.wait_condition(lambda: self._published, timeout=KEPT)
        except TimeoutError:
            raise refused(
                "draft-lapsed",
                f"Nobody published it within {KEPT.days} days.",
                "release",
                "Ask for it again; the same seed gives the same video.",
            ) from None
