"""Judging elsewhere: a released film is to be shown at another surface, or to leave as a copy.

What was found before its release is judged by the policy of today with that surface's thresholds;
nobody looks again. There is one case for each surface and policy, so that asking twice changes
nothing. Humans hear what is held, and a refusal can be appealed, as at every other gate.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from activities.ledger import Context as Acting
from activities.ledger import Decision, Guard, Ledger
from activities.moderation.judging import cleared_by, told_of_verdict, watched_by
from activities.moderation.orders import CaseStanding
from activities.moderation.policies import PolicyDesk
from activities.moderation.standing import standing_of
from domain.moderation.case import MODERATION
from domain.moderation.case_commands import JudgeContent
from domain.moderation.case_refusals import VerdictMissing
from domain.moderation.case_situations import Known
from domain.moderation.elsewhere import Passed, at_surface, cleared_elsewhere, found_in
from domain.moderation.gates import Gate, case_id, elsewhere_id, judged
from domain.moderation.passing import cleared_film
from domain.video.video import Released

_BEFORE: Final[tuple[Gate, ...]] = ("admission", "release")


class Elsewhere:
    """Judges what is recorded; safe to repeat."""

    def __init__(self, ledger: Ledger, policies: PolicyDesk) -> None:
        self._ledger, self._policies = ledger, policies

    async def judge(
        self, video: Released, surface: str, at: datetime, acting: Acting
    ) -> CaseStanding:
        """How the film's case for a surface stands, which is opened where there is none.

        Raises VerdictMissing for a film of before films were looked at.
        """
        passed = [await self._passed(video, gate) for gate in _BEFORE]
        context = at_surface(passed[-1].case.content.context, surface)
        policies = await self._policies.in_force(at)
        policy, watching = policies.deciding(context.content_sha256)
        findings = found_in(passed)
        identifier = elsewhere_id(video.generation_id, surface, policy)
        command = JudgeContent(
            command_id=f"elsewhere/{identifier}",
            at=at,
            case_id=identifier,
            generation_id=video.generation_id,
            account_id=video.account_id,
            gate="elsewhere",
            context=context,
            findings=findings,
            verdict=judged(findings, policy, context),
            watched=watched_by(watching, findings, context),
            sealed=passed[-1].case.content.sealed,
            cleared_by=await cleared_by(self._ledger, video.account_id, context)
            or cleared_elsewhere(passed, policy, surface),
        )
        decisions = [Decision(MODERATION, identifier, command), *told_of_verdict(command)]
        performed = await self._ledger.perform(decisions, acting)
        return standing_of(performed.states[0], performed.position)

    async def _passed(self, video: Released, gate: Gate) -> Passed:
        identifier = case_id(video.generation_id, gate)
        state = (await self._ledger.state(MODERATION, identifier)).state
        if not isinstance(state, Known):
            raise VerdictMissing("It was released before films were looked at.")
        context = state.content.context
        by = await cleared_by(self._ledger, video.account_id, context)
        return Passed(state, by)


def passes_elsewhere(video: Released, surface: str, identifier: str) -> Guard:
    """Something may happen only while the film's case for a surface lets it pass."""
    film = video.rendition.film
    return Guard(MODERATION, identifier, cleared_film(film.sha256, surface))
