"""The rehearsal: what a door would say to a generation now, asked as that door asks it.

The plan comes from the brief by the way that it takes at admission, so both say the same at the
same position of the log. Nothing is written.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from activities.consent.office import CastingOffice
from activities.ledger import Ledger
from activities.orders import Errand
from domain.consent.casting import CASTING
from domain.consent.check import ConsentDecision
from domain.consent.roles import AdmittedCast
from domain.consent.terms import Act
from domain.generation.brief import Brief
from domain.generation.decider import GENERATION
from domain.generation.refusals import GenerationUnknown
from domain.generation.situations import Requested

_ACTOR: Final = "rehearsal"
"""Stands where an errand names who acts; nothing of it is recorded."""


class Rehearsal:
    """Asks for a brief, or for a generation that is on its way."""

    def __init__(self, ledger: Ledger, office: CastingOffice) -> None:
        self._ledger, self._office = ledger, office

    async def admission(
        self, brief: Brief, caster_id: str, generation_id: str, at: datetime
    ) -> ConsentDecision:
        """What admission would decide about everybody whom a brief calls.

        Raises CalledUnknown and CastTooLarge, as admission does.
        """
        if not any(brief.called):
            return await self._nobody(caster_id, "admission")
        cast = await self._office.called(brief, caster_id)
        errand = _errand(generation_id, caster_id, at)
        return await self._decided(errand, brief, cast, "admission")

    async def publication(
        self, generation_id: str, caster_id: str, at: datetime
    ) -> ConsentDecision:
        """What the release of one's own generation would decide, for the cast it was admitted with.

        Raises GenerationUnknown, also for a generation of another.
        """
        generation = (await self._ledger.state(GENERATION, generation_id)).state
        if not isinstance(generation, Requested) or generation.account_id != caster_id:
            raise GenerationUnknown
        brief = generation.brief
        if not any(brief.called):
            return await self._nobody(caster_id, "publish")
        admission = (await self._ledger.state(CASTING, generation_id)).state.admission
        cast = await self._office.called(brief, caster_id, admission)
        errand = _errand(generation_id, caster_id, at)
        return await self._decided(errand, brief, cast, "publish")

    async def _decided(
        self, errand: Errand, brief: Brief, cast: AdmittedCast, act: Act
    ) -> ConsentDecision:
        return (await self._office.look(errand, brief, cast, act, errand.at)).decision

    async def _nobody(self, caster_id: str, act: Act) -> ConsentDecision:
        """A brief that casts nobody asks nobody."""
        world = await self._office.desk.world((), caster_id)
        return ConsentDecision(act=act, position=world.position, verdicts=())


def _errand(generation_id: str, caster_id: str, at: datetime) -> Errand:
    return Errand(
        generation_id=generation_id,
        account_id=caster_id,
        command_id=f"{_ACTOR}/{generation_id}",
        at=at,
        actor=_ACTOR,
    )
