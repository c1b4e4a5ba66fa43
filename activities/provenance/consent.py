"""Whether the consent behind one of our films is in force now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from activities.consent.desk import Answer
from activities.consent.leaving import LeavingDesk
from activities.consent.office import CastingOffice
from activities.ledger import Ledger
from activities.orders import Errand
from domain.consent.casting import CASTING
from domain.generation.decider import GENERATION
from domain.generation.situations import Blank, Requested
from domain.video.export import EXPORT, Asked
from domain.video.video import VIDEO, TakenDown, Unreleased, released_once

ConsentNow = Literal["in-force", "withdrawn", "taken-down", "nobody-cast", "unknown"]
"""``withdrawn``: somebody who was cast would not be today, for whatever reason."""


class ConsentBehind:
    """Asks the log. Nothing is recorded, and nobody is named in the answer."""

    def __init__(
        self, ledger: Ledger, office: CastingOffice, clock: Callable[[], datetime]
    ) -> None:
        self._ledger, self._office, self._clock = ledger, office, clock
        self._leaving = LeavingDesk(ledger, office)

    async def now(self, artefact_id: str) -> ConsentNow:
        """How the consent behind a video, an export or a generation stands at this moment.

        An export is asked about as one, since a consent may end at our own feed.
        """
        outside = artefact_id.startswith("exp_")
        if outside:
            export = (await self._ledger.state(EXPORT, artefact_id)).state
            artefact_id = export.video_id if isinstance(export, Asked) else ""
        if artefact_id.startswith("vid_"):
            video = (await self._ledger.state(VIDEO, artefact_id)).state
            if isinstance(video, TakenDown):
                return "taken-down"
            if isinstance(video, Unreleased):
                return "unknown"
            artefact_id = released_once(video).generation_id
        if not artefact_id.startswith("gen_"):
            return "unknown"
        return await self._of_generation(artefact_id, outside)

    async def _of_generation(self, generation_id: str, outside: bool) -> ConsentNow:
        generation = (await self._ledger.state(GENERATION, generation_id)).state
        if isinstance(generation, Blank):
            return "unknown"
        if not any(generation.brief.called):
            return "nobody-cast"
        at = self._clock()
        if outside:
            answer = await self._leaving.look(generation_id, generation.account_id, at)
        else:
            answer = await self._here(generation, at)
        if answer is None:
            return "unknown"
        return "in-force" if answer.decision.permitted else "withdrawn"

    async def _here(self, generation: Requested, at: datetime) -> Answer | None:
        """What a release would be answered today."""
        generation_id, account_id = generation.generation_id, generation.account_id
        admission = (await self._ledger.state(CASTING, generation_id)).state.admission
        if admission is None:
            return None
        errand = Errand(
            generation_id=generation_id,
            account_id=account_id,
            command_id=f"verify/{generation_id}",
            at=at,
            actor="verify",
        )
        cast = await self._office.called(generation.brief, account_id, admission)
        return await self._office.look(errand, generation.brief, cast, "publish", at)
