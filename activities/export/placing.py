"""Placing: a released video is shown at another surface than the one that it was made for.

What was found in it is judged by the thresholds of that surface, and everybody in it is asked for
that surface: it is placed there in one append with both, or not at all.
"""

from __future__ import annotations

from datetime import datetime

from activities.consent.leaving import LeavingDesk
from activities.export.desk import require_own
from activities.ledger import Context, Decision, Ledger
from activities.moderation.elsewhere import Elsewhere, passes_elsewhere
from activities.moderation.orders import CaseStanding
from domain.video.places import PlaceVideo
from domain.video.video import VIDEO


class Placing:
    """Reads and writes the log; every method is safe to repeat."""

    def __init__(self, ledger: Ledger, elsewhere: Elsewhere, leaving: LeavingDesk) -> None:
        self._ledger, self._elsewhere, self._leaving = ledger, elsewhere, leaving

    async def place(
        self,
        video_id: str,
        account_id: str,
        surface: str,
        at: datetime,
        command_id: str,
        context: Context,
    ) -> CaseStanding | None:
        """Show an account's video there if its case allows it; how that stands.

        None where it is shown there anyhow, because it was made for there. ``command_id`` is one
        for each attempt: consent is asked anew. Raises VideoUnknown, VideoIsHidden,
        VideoIsTakenDown, CastNotPermitted, VerdictMissing.
        """
        video = require_own((await self._ledger.state(VIDEO, video_id)).state, account_id)
        if surface == video.surface:
            return None
        judged = await self._elsewhere.judge(video, surface, at, context)
        if judged.situation == "allowed":
            command = PlaceVideo(
                command_id=command_id, at=at, surface=surface, case_id=judged.case_id
            )
            await self._leaving.allow(
                video.generation_id,
                account_id,
                at,
                [Decision(VIDEO, video_id, command)],
                [passes_elsewhere(video, surface, judged.case_id)],
                command_id,
                context,
                surface,
            )
        return judged
