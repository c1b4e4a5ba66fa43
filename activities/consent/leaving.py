"""Whether everybody in a released video consents to its being shown elsewhere.

It is the same question as at the release, asked anew for another surface: for ``export``, where a
copy of it leaves for outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from activities.consent.desk import Answer
from activities.consent.office import CastingOffice, require_permitted
from activities.ledger import Context, Decision, Guard, Ledger
from domain.consent.casting import CASTING
from domain.consent.plan import CastPlan
from domain.consent.roles import cast_plan
from domain.generation.decider import GENERATION
from domain.generation.situations import Requested
from domain.kernel.surface import EXPORT


class LeavingDesk:
    """Answers for generations; those without a cast may leave."""

    def __init__(self, ledger: Ledger, office: CastingOffice) -> None:
        self._ledger, self._office = ledger, office

    async def require(
        self, generation_id: str, account_id: str, at: datetime, command_id: str, context: Context
    ) -> None:
        """Raise CastNotPermitted where somebody refuses; the refusal is written down."""
        answer = await self.look(generation_id, account_id, at)
        if answer is not None and not answer.decision.permitted:
            await self._office.record(answer, command_id, context)

    async def look(self, generation_id: str, account_id: str, at: datetime) -> Answer | None:
        """What everybody's consent says now, without writing anything; None without a cast."""
        plan = await self._plan(generation_id, account_id, at, EXPORT)
        return None if plan is None else await self._office.desk.look(plan, "publish")

    async def allow(
        self,
        generation_id: str,
        account_id: str,
        at: datetime,
        decisions: Sequence[Decision],
        guards: Sequence[Guard],
        command_id: str,
        context: Context,
        surface: str = EXPORT,
    ) -> None:
        """Carry out what lets it be shown there, in one append with the consent that it rests on.

        Raises CastNotPermitted, and what the decisions and the guards refuse.
        """
        plan = await self._plan(generation_id, account_id, at, surface)
        if plan is None:
            await self._ledger.perform(decisions, context, guards)
            return
        answer = await self._office.desk.allow(
            plan, "publish", decisions, command_id, context, guards
        )
        require_permitted(answer)

    async def _plan(
        self, generation_id: str, account_id: str, at: datetime, surface: str
    ) -> CastPlan | None:
        admission = (await self._ledger.state(CASTING, generation_id)).state.admission
        generation = (await self._ledger.state(GENERATION, generation_id)).state
        if admission is None or not isinstance(generation, Requested):
            return None
        cast = await self._office.called(generation.brief, admission.caster_id, admission)
        world = await self._office.desk.world(cast.cameo_ids, account_id)
        plan = cast_plan(cast, generation.brief, generation_id, account_id, at, world)
        return plan.model_copy(update={"surface": surface})
