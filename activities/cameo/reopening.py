"""Somebody who is enrolled turns out to resemble others: both are frozen, and a human decides.

The attempt's id is the name of the alarm, as it is when an attempt resembles somebody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from activities.ledger import Context, Decision, Ledger
from domain.cameo.cameo import CameoVersion, Castable
from domain.cameo.enrolment import ENROLMENT, reviewed_with
from domain.cameo.enrolment_commands import ReopenReview, ReviewEnrolment
from domain.cameo.enrolment_situations import Reopened
from domain.cameo.keeping import CAMEO, ReinstateCameo, SuspendCameo

ALARM: Final = "impostor-alarm"


class ReopenedReviews:
    """Opens and decides them; every method is safe to repeat with the same command."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def undecided(
        self, cameo: Castable, version: CameoVersion, others: Sequence[str]
    ) -> tuple[str, ...]:
        """Those of the others about whom, beside this cameo, no human has decided yet."""
        decided = await self._decided_with(version.enrolment_id)
        left = [
            other
            for other in sorted({*others} - decided)
            if not await self._has_met(other, cameo.cameo_id)
        ]
        return tuple(left)

    async def open(
        self,
        cameo: Castable,
        version: CameoVersion,
        others: Sequence[str],
        command_id: str,
        at: datetime,
        context: Context,
    ) -> dict[str, str]:
        """Freeze all and ask a human, in one append; the others' cameos, and whose they are."""
        alarm = version.enrolment_id
        reopen = ReopenReview(
            command_id=command_id, at=at, checks=("not-enrolled",), others=tuple(others)
        )
        decisions, frozen = [Decision(ENROLMENT, alarm, reopen)], dict[str, str]()
        for cameo_id in (cameo.cameo_id, *others):
            state = (await self._ledger.state(CAMEO, cameo_id)).state
            if isinstance(state, Castable):
                suspend = SuspendCameo(command_id=command_id, at=at, reason=ALARM, alarm=alarm)
                decisions.append(Decision(CAMEO, cameo_id, suspend))
                frozen[cameo_id] = state.account_id
        await self._ledger.perform(decisions, context)
        return {each: owner for each, owner in frozen.items() if each != cameo.cameo_id}

    async def decide(
        self,
        state: Reopened,
        command: ReviewEnrolment,
        others: Literal["reinstate", "keep-frozen"],
        context: Context,
    ) -> None:
        """Write down what a human decided. Refused, the cameo itself stays suspended.

        Raises ReviewedByOwner; EnrolmentSettled where it was decided meanwhile.
        """
        alarm = state.began.enrolment_id
        let_go = [state.began.cameo_id] if command.decision == "approve" else []
        if others == "reinstate":
            let_go += state.in_question.others
        decisions = [Decision(ENROLMENT, alarm, command)]
        for cameo_id in let_go:
            if isinstance((await self._ledger.state(CAMEO, cameo_id)).state, Castable):
                reinstate = ReinstateCameo(
                    command_id=command.command_id, at=command.at, reason="reviewed", alarm=alarm
                )
                decisions.append(Decision(CAMEO, cameo_id, reinstate))
        await self._ledger.perform(decisions, context)

    async def _has_met(self, other_id: str, cameo_id: str) -> bool:
        other = (await self._ledger.state(CAMEO, other_id)).state
        if not isinstance(other, Castable):
            return False
        attempts = [each.enrolment_id for each in other.versions.values()]
        return any([cameo_id in await self._decided_with(each) for each in attempts])

    async def _decided_with(self, enrolment_id: str) -> frozenset[str]:
        return reviewed_with(await self._ledger.events(ENROLMENT, enrolment_id))
