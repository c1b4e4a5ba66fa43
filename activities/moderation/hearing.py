"""Hearing: what humans decide about a case, each written into the log once, and who is told.

What is decided about a film that was released already hides or shows it before the step is done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from temporalio import activity

from activities.ledger import Context, Decision, Ledger, Performed
from activities.moderation.orders import (
    AppealOrder,
    CaseErrand,
    CaseLookOrder,
    CaseStanding,
    ClaimOrder,
    ContentWithdrawalOrder,
    LapseHoldOrder,
    ReadingOrder,
    ReturnOrder,
)
from activities.moderation.sight import Sight
from activities.moderation.standing import standing_of
from domain.account.notice import NOTICE, Kind, PostNotice, notice_id
from domain.moderation.case import MODERATION
from domain.moderation.case_commands import (
    CaseCommand,
    ClaimCase,
    LapseHold,
    LodgeAppeal,
    ReadCase,
    ReturnCase,
    WithdrawContent,
)
from domain.moderation.case_situations import Allowed, Blocked, Case, Known, OnAppeal
from domain.moderation.clearance import CLEARANCE, ClearContent
from domain.moderation.gates import clearance_id
from domain.moderation.undoing import occasion_of

_LET_PASS: Final[dict[str, Kind]] = {"humans": "content-allowed", "appeal": "content-reinstated"}


class HearingActivities:
    """Reads and writes the log; every method is safe to repeat."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._sight = ledger, Sight(ledger)

    @property
    def bodies(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [
            self.look_into_case,
            self.claim_case,
            self.return_case,
            self.read_case,
            self.lapse_hold,
            self.lodge_appeal,
            self.withdraw_content,
        ]

    @activity.defn
    async def look_into_case(self, order: CaseLookOrder) -> CaseStanding:
        """See how a case stands."""
        standing = await self._ledger.state(MODERATION, order.case_id)
        return standing_of(standing.state, standing.position)

    @activity.defn
    async def claim_case(self, order: ClaimOrder) -> CaseStanding:
        """Take a case out of the queue for a while."""
        return await self._decide(order, ClaimCase(**_common(order), reviewer=order.reviewer))

    @activity.defn
    async def return_case(self, order: ReturnOrder) -> CaseStanding:
        """Put a claimed case back into the queue."""
        return await self._decide(order, ReturnCase(**_common(order), reviewer=order.reviewer))

    @activity.defn
    async def read_case(self, order: ReadingOrder) -> CaseStanding:
        """Write down what a reviewer says; what is let pass is cleared for the time to come."""
        command = ReadCase(
            **_common(order),
            reviewer=order.reviewer,
            reading=order.reading,
            because=order.because,
            clause=order.clause,
            words=order.words,
        )
        return await self._decide(order, command)

    @activity.defn
    async def lapse_hold(self, order: LapseHoldOrder) -> CaseStanding:
        """Refuse what nobody decided about in time."""
        return await self._decide(order, LapseHold(**_common(order)))

    @activity.defn
    async def lodge_appeal(self, order: AppealOrder) -> CaseStanding:
        """Write down that the person objects."""
        command = LodgeAppeal(**_common(order), account_id=order.account_id, words=order.words)
        return await self._decide(order, command)

    @activity.defn
    async def withdraw_content(self, order: ContentWithdrawalOrder) -> CaseStanding:
        """Write down that the content is gone."""
        return await self._decide(order, WithdrawContent(**_common(order), because=order.because))

    async def _decide(self, order: CaseErrand, command: CaseCommand) -> CaseStanding:
        decision = Decision(MODERATION, order.case_id, command)
        performed = await self._ledger.perform([decision], _context(order))
        [state] = performed.states
        settled = await self._conclude(order, state)
        standing = standing_of(state, max(performed.position, settled.position))
        seen = await self._sight.follow([state.content.generation_id], order.at, _context(order))
        return standing.model_copy(update={"position": max(standing.position, seen)})

    async def _conclude(self, order: CaseErrand, case: Case) -> Performed:
        """Tell the person what is decided, and keep that humans let their content pass.

        After a batch they are told anew: what they had heard before was taken back by it.
        Written after the decision and found again by their ids, so a repeated step completes them.
        """
        decisions: list[Decision] = []
        if isinstance(case, Known) and (kind := _news(case)) is not None:
            content = case.content
            occasion = occasion_of(case.undone[-1][0]) if case.undone else ""
            notice = PostNotice(
                command_id=f"conclude/{order.case_id}",
                at=order.at,
                account_id=content.account_id,
                about=order.case_id,
                kind=kind,
                occasion=occasion,
            )
            identifier = notice_id(order.case_id, kind, occasion)
            decisions.append(Decision(NOTICE, identifier, notice))
            if isinstance(case, Allowed):
                clear = ClearContent(
                    command_id=f"clear/{order.case_id}", at=order.at, case_id=order.case_id
                )
                identifier = clearance_id(content.account_id, content.context)
                decisions.append(Decision(CLEARANCE, identifier, clear))
        return await self._ledger.perform(decisions, _context(order))


def _news(case: Known) -> Kind | None:
    """What the person hears about how a case stands now, once."""
    match case:
        case Allowed(by="humans" | "appeal"):
            return _LET_PASS[case.by]
        case OnAppeal():
            return None
        case Blocked(upheld=True):
            return "appeal-rejected"
        case Blocked(decided=decided) if decided is not None:
            return "content-blocked"
    return None


def _common(order: CaseErrand) -> dict[str, Any]:
    return {"command_id": order.command_id, "at": order.at}


def _context(order: CaseErrand) -> Context:
    return Context(order.actor, f"moderation/{order.case_id}", order.traceparent)
