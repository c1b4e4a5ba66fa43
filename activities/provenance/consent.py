"""Whether the consent behind one of our films is in force now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from activities.consent.office import CastingOffice
from activities.ledger import Ledger
from activities.orders import Errand
from domain.consent.casting import CASTING
from domain.generation.decider import GENERATION
from domain.generation.situations import Blank
from domain.video.video import VIDEO, Released

ConsentNow = Literal["in-force", "withdrawn", "nobody-cast", "unknown"]
"""``withdrawn``: somebody who was cast would not be today, for whatever reason."""


class ConsentBehind:
    """Asks the log. Nothing is recorded, and nobody is named in the answer."""

    def __init__(
        self, ledger: Ledger, office: CastingOffice, clock: Callable[[], datetime]
    ) -> None:
        self._ledger, self._office, self._clock = ledger, office, clock

    async def now(self, artefact_id: str) -> ConsentNow:
        """How the consent behind an artefact stands at this moment."""
        generation_id = await self._generation_of(artefact_id)
        if generation_id is None:
            return "unknown"
        generation = (await self._ledger.state(GENERATION, generation_id)).state
        if isinstance(generation, Blank):
            return "unknown"
        if not any(generation.brief.called):
            return "nobody-cast"
        admission = (await self._ledger.state(CASTING, generation_id)).state.admission
        if admission is None:
            return "unknown"
        at, account_id = self._clock(), generation.account_id
        errand = Errand(
            generation_id=generation_id,
            account_id=account_id,
            command_id=f"verify/{generation_id}",
            at=at,
            actor="verify",
        )
        cast = await self._office.called(generation.brief, account_id, admission)
        answer = await self._office.look(errand, generation.brief, cast, "publish", at)
        return "in-force" if answer.decision.permitted else "withdrawn"

    async def _generation_of(self, artefact_id: str) -> str | None:
        """The generation that an artefact came from: a rendition has its video's id."""
        if artefact_id.startswith("gen_"):
            return artefact_id
        if artefact_id.startswith("vid_"):
            video = (await self._ledger.state(VIDEO, artefact_id)).state
            return video.generation_id if isinstance(video, Released) else None
        return None
