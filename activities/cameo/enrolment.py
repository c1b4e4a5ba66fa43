"""The decisions of an attempt to enrol, each written into the event log once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from temporalio import activity

from activities.cameo.orders import (
    Begun,
    CameoErrand,
    Challenged,
    ChallengeOrder,
    ClosingOrder,
    Concluded,
    ConclusionOrder,
    Examined,
    ReviewOrder,
    StartOrder,
)
from activities.cameo.ports import Entropy
from activities.ledger import Context, Decision, Guard, Ledger
from domain.account.account import ACCOUNT, require_open
from domain.account.relating import RELATIONS
from domain.account.relations import Relations
from domain.cameo import enrolment_situations as situations
from domain.cameo.attempts import ATTEMPTS, CountAttempt, NoteTurnedAway, TooManyAttempts
from domain.cameo.cameo import CameoVersion, Castable, Deleted
from domain.cameo.challenge import ENTROPY_BYTES, challenge_from
from domain.cameo.enrolment import ENROLMENT, require_of_age
from domain.cameo.enrolment_commands import (
    CloseEnrolment,
    ConcludeChecks,
    IssueChallenge,
    ReviewEnrolment,
    StartEnrolment,
)
from domain.cameo.enrolment_refusals import (
    ChallengeStillOpen,
    EnrolmentSettled,
    EnrolmentUnderAge,
)
from domain.cameo.keeping import (
    CAMEO,
    ApproveVersion,
    CameoGone,
    CameoOfAnother,
    VersionOutOfTurn,
    require_not_deleted,
)
from domain.consent.commands import OpenConsent
from domain.consent.decider import CONSENT

_OVERTAKEN: Final = (VersionOutOfTurn.code, CameoOfAnother.code, EnrolmentUnderAge.code)
"""Why an attempt is closed whose decision met something that had happened meanwhile."""


def context_of(errand: CameoErrand) -> Context:
    """The envelope's part of an order: who acts, in which story, under which trace."""
    return Context(errand.actor, f"enrolment/{errand.enrolment_id}", errand.traceparent)


class EnrolmentActivities:
    """Reads and writes the log; every method is safe to repeat."""

    def __init__(self, ledger: Ledger, entropy: Entropy) -> None:
        self._ledger, self._entropy = ledger, entropy

    @property
    def bodies(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [
            self.record_enrolment,
            self.draw_challenge,
            self.conclude_checks,
            self.record_review,
            self.close_enrolment,
        ]

    @activity.defn
    async def record_enrolment(self, order: StartOrder) -> Begun:
        """Begin an attempt for an open account of a known age; a retake is for the next version.

        One attempt too many within a day is refused, and that is on record.
        """
        relations = await self._ledger.state(RELATIONS, order.account_id)
        version = await self._next_version(order)
        command = StartEnrolment(
            command_id=order.command_id,
            at=order.at,
            enrolment_id=order.enrolment_id,
            cameo_id=order.cameo_id,
            account_id=order.account_id,
            kind=order.kind,
            version=version,
            release=order.release,
            age_band=relations.state.age_band,
        )

        def same_age(state: Relations) -> None:
            assert state.age_band == command.age_band, "an age band is read before it is used"

        one_more = CountAttempt(**_counting(order))
        try:
            performed = await self._ledger.perform(
                [
                    Decision(ENROLMENT, order.enrolment_id, command),
                    Decision(ATTEMPTS, order.account_id, one_more),
                ],
                context_of(order),
                guards=[
                    Guard(ACCOUNT, order.account_id, require_open),
                    Guard(RELATIONS, order.account_id, same_age),
                ],
            )
        except TooManyAttempts:
            note = Decision(ATTEMPTS, order.account_id, NoteTurnedAway(**_counting(order, "/note")))
            await self._ledger.perform([note], context_of(order))
            raise
        return Begun(enrolment_id=order.enrolment_id, version=version, position=performed.position)

    @activity.defn
    async def draw_challenge(self, order: ChallengeOrder) -> Challenged:
        """Draw a challenge here and nowhere else; a repeated step finds the one that it drew.

        For a cameo that was deleted meanwhile none is drawn.
        """
        command = IssueChallenge(
            command_id=order.command_id,
            at=order.at,
            account_id=order.asking_account_id,
            session_sha256=order.session_sha256,
            challenge=challenge_from(self._entropy(ENTROPY_BYTES)),
        )
        performed = await self._ledger.perform(
            [Decision(ENROLMENT, order.enrolment_id, command)],
            context_of(order),
            guards=[Guard(CAMEO, order.cameo_id, require_not_deleted)],
        )
        [state] = performed.states
        if not isinstance(state, situations.Challenged):
            raise ChallengeStillOpen
        issued = state.issued
        return Challenged(
            challenge=issued.challenge, number=state.challenges, expires_at=issued.expires_at
        )

    @activity.defn
    async def conclude_checks(self, order: ConclusionOrder) -> Concluded:
        """Draw the conclusion from the verdicts; with an approval the cameo has a new version."""
        command = ConcludeChecks(command_id=order.command_id, at=order.at)
        return await self._conclude(order, command, order.examined)

    @activity.defn
    async def record_review(self, order: ReviewOrder) -> Concluded:
        """Write down what a human decided; with an approval the cameo has a new version."""
        command = ReviewEnrolment(
            command_id=order.command_id,
            at=order.at,
            reviewer=order.reviewer,
            decision=order.decision,
            reason=order.reason,
        )
        return await self._conclude(order, command, order.examined)

    @activity.defn
    async def close_enrolment(self, order: ClosingOrder) -> Concluded:
        """End the attempt without a decision, unless it has an ending already."""
        return await self._close(order, order.reason)

    async def _next_version(self, order: StartOrder) -> int:
        standing = await self._ledger.state(ENROLMENT, order.enrolment_id)
        if isinstance(standing.state, situations.Started):
            return standing.state.began.version  # a repeated step asks for the same again
        cameo = (await self._ledger.state(CAMEO, order.cameo_id)).state
        match cameo:
            case Deleted():
                raise CameoGone
            case Castable():
                if (cameo.account_id, cameo.kind) != (order.account_id, order.kind):
                    raise CameoOfAnother
                return cameo.newest + 1
        return 1

    async def _conclude(
        self, order: CameoErrand, command: ConcludeChecks | ReviewEnrolment, examined: Examined
    ) -> Concluded:
        """The decision and, where it approves, the new version, in one atomic append.

        Nobody is asked about a retake of what was deleted meanwhile: it is closed. So is an attempt
        whose account turned out to be under age since it began, unless it is refused anyway.
        """
        standing = await self._ledger.state(ENROLMENT, order.enrolment_id)
        cameo = (await self._ledger.state(CAMEO, order.cameo_id)).state
        if isinstance(cameo, Deleted) and not isinstance(standing.state, situations.Settled):
            return await self._close(order, CameoGone.code)
        if isinstance(standing.state, situations.Closed) and standing.state.reason in _OVERTAKEN:
            return _concluded(standing.state)  # a repeated step
        decisions = [Decision(ENROLMENT, order.enrolment_id, command)]
        outcome = _foreseen(standing.state, command)
        if isinstance(outcome, situations.Approved):
            version = _version(outcome, examined, order.at)
            decisions.append(Decision(CAMEO, order.cameo_id, _approval(order, outcome, version)))
            decisions.append(Decision(CONSENT, order.cameo_id, _consent(order, outcome)))
        guards = [Guard(RELATIONS, order.account_id, require_of_age)]
        if isinstance(outcome, situations.Refused):
            guards = []
        try:
            performed = await self._ledger.perform(decisions, context_of(order), guards)
        except (VersionOutOfTurn, CameoGone, CameoOfAnother, EnrolmentUnderAge) as overtaken:
            return await self._close(order, overtaken.code)
        concluded = _concluded(performed.states[0])
        if concluded.standing != "approved":
            return concluded
        kept = performed.states[1]
        gone = isinstance(kept, Deleted)  # since this step was first done: nothing is kept longer
        destroy_by = order.at if gone else kept.versions[concluded.version].destroy_by
        return concluded.model_copy(update={"destroy_by": destroy_by})

    async def _close(self, order: CameoErrand, reason: str) -> Concluded:
        command = CloseEnrolment(command_id=f"{order.command_id}/close", at=order.at, reason=reason)
        with suppress(EnrolmentSettled):  # the earlier ending stands
            await self._ledger.perform(
                [Decision(ENROLMENT, order.enrolment_id, command)], context_of(order)
            )
        standing = await self._ledger.state(ENROLMENT, order.enrolment_id)
        return _concluded(standing.state)


def _counting(order: StartOrder, step: str = "") -> dict[str, Any]:
    return {
        "command_id": f"{order.command_id}{step}",
        "at": order.at,
        "account_id": order.account_id,
        "enrolment_id": order.enrolment_id,
    }


def _foreseen(
    state: situations.Enrolment, command: ConcludeChecks | ReviewEnrolment
) -> situations.Enrolment:
    """How the attempt will stand; only this story decides about it, so it is what is decided."""
    if isinstance(state, situations.Settled):
        return state  # a repeated step
    for event in ENROLMENT.decide(command, state):
        state = ENROLMENT.evolve(state, event)
    return state


def _version(state: situations.Approved, examined: Examined, at: datetime) -> CameoVersion:
    began = state.began
    assert examined.references is not None, "what is approved has references"
    return CameoVersion(
        number=began.version,
        enrolment_id=began.enrolment_id,
        references=examined.references,
        templates=examined.templates,
        destroy_by=at + timedelta(days=began.release.retention_days),
    )


def _approval(
    order: CameoErrand, state: situations.Approved, version: CameoVersion
) -> ApproveVersion:
    return ApproveVersion(
        command_id=order.command_id,
        at=order.at,
        cameo_id=order.cameo_id,
        account_id=order.account_id,
        kind=state.began.kind,
        version=version,
        by_human=isinstance(order, ReviewOrder),
    )


def _consent(order: CameoErrand, state: situations.Approved) -> OpenConsent:
    """A retake finds the consent open already and changes nothing."""
    return OpenConsent(
        command_id=order.command_id,
        at=order.at,
        cameo_id=order.cameo_id,
        owner_id=order.account_id,
        kind=state.began.kind,
    )


def _concluded(state: situations.Enrolment) -> Concluded:
    assert isinstance(state, situations.Started), "an attempt that is decided was started"
    version = state.began.version
    match state:
        case situations.Approved():
            return Concluded(standing="approved", version=version)
        case situations.Refused(shortcomings=shortcomings):
            return Concluded(standing="refused", version=version, shortcomings=shortcomings)
        case situations.InReview(in_question=question):
            return Concluded(
                standing="in-review",
                version=version,
                checks=question.checks,
                others=question.others,
            )
        case situations.Closed(reason=reason):
            return Concluded(standing="closed", version=version, closed_because=reason)
        case _:
            return Concluded(standing="started", version=version)
