"""The decisions of a request for consent, each written into the event log once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from temporalio import activity

from activities.consent.desk import ConsentDesk
from activities.consent.orders import (
    AnswerOrder,
    Asked,
    AskErrand,
    AskOrder,
    AskStanding,
    LapseOrder,
    SidesOrder,
    WithdrawalOrder,
)
from activities.ledger import Context, Decision, Guard, Ledger
from domain.account.account import ACCOUNT, require_open
from domain.cameo.cameo import Castable
from domain.consent.asking import (
    ASK,
    ApproveAsk,
    AskCommand,
    AskConsent,
    DenyAsk,
    Ended,
    LapseAsk,
    Pending,
    WithdrawAsk,
    WithdrawnBecause,
)
from domain.consent.commands import ApproveCaster
from domain.consent.decider import CONSENT
from domain.consent.may_ask import require_may_ask
from domain.consent.situations import Held
from domain.consent.world import World


class AskingActivities:
    """Reads and writes the log; every method is safe to repeat."""

    def __init__(self, ledger: Ledger, desk: ConsentDesk) -> None:
        self._ledger, self._desk = ledger, desk

    @property
    def bodies(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [
            self.record_ask,
            self.answer_ask,
            self.check_sides,
            self.lapse_ask,
            self.withdraw_ask,
        ]

    @activity.defn
    async def record_ask(self, order: AskOrder) -> Asked:
        """Put the request before the owner, where this caster may ask at all."""
        world = await self._world(order)
        consent = require_may_ask(world, order.cameo_id, order.caster_id)
        command = AskConsent(
            command_id=order.command_id,
            at=order.at,
            ask_id=order.ask_id,
            cameo_id=order.cameo_id,
            owner_id=consent.owner_id,
            caster_id=order.caster_id,
            message=order.message,
        )
        performed = await self._ledger.perform(
            [Decision(ASK, order.ask_id, command)],
            _context(order),
            guards=[Guard(ACCOUNT, order.caster_id, require_open)],
        )
        [state] = performed.states
        assert isinstance(state, Pending | Ended), "it was asked"
        asked = state.asked
        return Asked(
            owner_id=asked.owner_id, answer_by=asked.answer_by, position=performed.position
        )

    @activity.defn
    async def answer_ask(self, order: AnswerOrder) -> AskStanding:
        """Write down what the owner said; a yes and the approval are one append."""
        common = {"command_id": order.command_id, "at": order.at, "account_id": order.account_id}
        if order.answer == "deny":
            return await self._end(order, [Decision(ASK, order.ask_id, DenyAsk(**common))])
        approval = ApproveCaster(**common, caster_id=order.caster_id)
        return await self._end(
            order,
            [
                Decision(ASK, order.ask_id, ApproveAsk(**common)),
                Decision(CONSENT, order.cameo_id, approval),
            ],
        )

    @activity.defn
    async def check_sides(self, order: SidesOrder) -> AskStanding:
        """End the request when the cameo is gone or the two do not want to meet any more."""
        because = _gone(await self._world(order), order)
        if because is None:
            standing = await self._ledger.state(ASK, order.ask_id)
            return _standing(standing.state, standing.position)
        return await self._withdraw(order, because)

    @activity.defn
    async def lapse_ask(self, order: LapseOrder) -> AskStanding:
        """Seven days of silence are a no."""
        command = LapseAsk(command_id=order.command_id, at=order.at)
        return await self._end(order, [Decision(ASK, order.ask_id, command)])

    @activity.defn
    async def withdraw_ask(self, order: WithdrawalOrder) -> AskStanding:
        """End the request without an answer, unless it has one."""
        return await self._withdraw(order, order.because)

    async def _withdraw(self, order: AskErrand, because: WithdrawnBecause) -> AskStanding:
        command: AskCommand = WithdrawAsk(command_id=order.command_id, at=order.at, because=because)
        return await self._end(order, [Decision(ASK, order.ask_id, command)])

    async def _end(self, order: AskErrand, decisions: Sequence[Decision]) -> AskStanding:
        performed = await self._ledger.perform(decisions, _context(order))
        return _standing(performed.states[0], performed.position)

    async def _world(self, order: AskErrand) -> World:
        return await self._desk.world([order.cameo_id], order.caster_id)


def _gone(world: World, order: AskErrand) -> WithdrawnBecause | None:
    """Why there is nobody left to ask, or to ask for."""
    consent = world.consent(order.cameo_id)
    if not isinstance(world.cameo(order.cameo_id), Castable) or not isinstance(consent, Held):
        return "cameo-gone"
    caster, owner = world.relations(order.caster_id), world.relations(consent.owner_id)
    if consent.owner_id in caster.blocks or order.caster_id in owner.blocks:
        return "blocked"
    return None


def _standing(state: object, position: int) -> AskStanding:
    ending = state.ending if isinstance(state, Ended) else None
    return AskStanding(ending=ending, position=position)


def _context(order: AskErrand) -> Context:
    return Context(order.actor, f"consent-request/{order.ask_id}", order.traceparent)
