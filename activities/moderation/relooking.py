"""Looking again: humans look at a film that was released, and nobody sees it until they decide.

What was found before its release is judged by the policy of today, with one thing more: that a
program cannot tell what somebody objects to, for which every policy holds. So the film waits like
anything that nobody could look at, or is refused at once where the policy of today does that.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from activities.ledger import Context, Decision, Ledger
from activities.moderation.judging import told_of_verdict
from activities.moderation.orders import CaseStanding
from activities.moderation.policies import PolicyDesk
from activities.moderation.sight import Sight
from activities.moderation.standing import standing_of
from domain.moderation.case import MODERATION
from domain.moderation.case_commands import JudgeContent
from domain.moderation.case_refusals import CaseUnknown
from domain.moderation.case_situations import Known
from domain.moderation.finding import Detector, Findings, Look
from domain.moderation.gates import case_id, judged
from domain.moderation.reasons import Source
from domain.video.video import VIDEO, Hidden, released_once, require_seen

_REPORT: Final = Look(
    detector=Detector(name="report", version="1"), state="failed", failure="a-human-has-to-look"
)


class Relook:
    """Opens the case of what is published; safe to repeat."""

    def __init__(self, ledger: Ledger, policies: PolicyDesk) -> None:
        self._ledger, self._policies, self._sight = ledger, policies, Sight(ledger)

    async def look_again(
        self, video_id: str, at: datetime, context: Context, source: Source = "own-initiative"
    ) -> CaseStanding:
        """Judge what was found by the policy of today, and hold it; a film has one such case.

        ``source`` is why it is looked at, for its statement of reasons: the first one stands. Asked
        again, it says how that case stands. Raises VideoUnknown, VideoIsTakenDown, and
        CaseUnknown for a film of before films were looked at.
        """
        video = (await self._ledger.state(VIDEO, video_id)).state
        released = released_once(video) if isinstance(video, Hidden) else require_seen(video)
        before = await self._ledger.state(MODERATION, case_id(released.generation_id, "release"))
        if not isinstance(before.state, Known):
            raise CaseUnknown
        command = await self._command(video_id, at, before.state, source)
        decisions = [Decision(MODERATION, command.case_id, command), *told_of_verdict(command)]
        performed = await self._ledger.perform(decisions, context)
        seen = await self._sight.follow([released.generation_id], at, context)
        standing = standing_of(performed.states[0], performed.position)
        return standing.model_copy(update={"position": max(performed.position, seen)})

    async def _command(
        self, video_id: str, at: datetime, before: Known, source: Source
    ) -> JudgeContent:
        content = before.content
        findings = _with_report(content.findings)
        policies = await self._policies.in_force(at)
        policy, _ = policies.deciding(content.context.content_sha256)
        return JudgeContent(
            command_id=f"look-again/{video_id}",
            at=at,
            case_id=case_id(content.generation_id, "published"),
            generation_id=content.generation_id,
            account_id=content.account_id,
            gate="published",
            context=content.context,
            findings=findings,
            verdict=judged(findings, policy, content.context),
            sealed=content.sealed,
            source=source,
        )


def _with_report(findings: tuple[Findings, ...]) -> tuple[Findings, ...]:
    first, *others = findings
    return (first.model_copy(update={"looks": (*first.looks, _REPORT)}), *others)
