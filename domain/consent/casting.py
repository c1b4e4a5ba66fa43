"""The record of what was decided about one generation's cast, and its receipts.

Its stream is ``casting-gen_...``. Every decision at a door is written here, those that refuse too:
what owners are told about attempts comes from these events.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from domain.consent.check import ConsentDecision
from domain.consent.receipt import SignedReceipt
from domain.kernel.catalog import Catalog
from domain.kernel.decider import Decider
from domain.kernel.errors import Refusal
from domain.kernel.ids import AccountId, GenerationId
from domain.kernel.model import Command, Event


class RecordDecision(Command):
    """Write down what a consent check decided."""

    generation_id: GenerationId
    caster_id: AccountId
    plan_key: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    decision: ConsentDecision


class RecordPublication(RecordDecision):
    """Write down that a release was permitted, with its receipts: one event after the other."""

    receipts: Annotated[tuple[SignedReceipt, ...], Field(min_length=1)]


class CastingDecided(Event):
    """A consent check decided about a cast, for all of it or none."""

    generation_id: GenerationId
    caster_id: AccountId
    plan_key: str
    decision: ConsentDecision
    permitted: bool


class ReceiptIssued(Event):
    """One person's receipt was signed."""

    generation_id: GenerationId
    receipt_id: str
    signed: SignedReceipt


CastingCommand = RecordDecision | RecordPublication
CastingEvent = CastingDecided | ReceiptIssued


@dataclass(frozen=True)
class Casting:
    """The decisions so far, oldest first, and the receipts by their id."""

    decisions: tuple[CastingDecided, ...] = ()
    receipts: tuple[SignedReceipt, ...] = ()

    def issued(self, receipt_id: str) -> bool:
        """Whether this receipt is kept already, under whichever key."""
        return any(each.receipt.receipt_id == receipt_id for each in self.receipts)

    @property
    def admission(self) -> CastingDecided | None:
        """What was decided at admission, first of all."""
        return next((each for each in self.decisions if each.decision.act == "admission"), None)


class ReceiptWithoutDecision(Refusal):
    """No decision that permitted stands behind this receipt."""

    code = "receipt-without-decision"
    stage = "consent"
    next_step = "Record the decision first, then sign what it allowed."


def decide(command: CastingCommand, state: Casting) -> list[CastingEvent]:
    """The same decision or receipt twice is kept once."""
    match command:
        case RecordPublication():
            decided = _decided(command, state)
            known = reduce(evolve, decided, state)
            return [*decided, *_issued(command.at, command.receipts, known)]
        case RecordDecision():
            return [*_decided(command, state)]


def _decided(command: RecordDecision, state: Casting) -> list[CastingDecided]:
    known = [(each.plan_key, each.decision) for each in state.decisions]
    if (command.plan_key, command.decision) in known:
        return []
    return [
        CastingDecided(
            at=command.at,
            generation_id=command.generation_id,
            caster_id=command.caster_id,
            plan_key=command.plan_key,
            decision=command.decision,
            permitted=command.decision.permitted,
        )
    ]


def _issued(
    at: datetime, receipts: tuple[SignedReceipt, ...], state: Casting
) -> list[ReceiptIssued]:
    new = [each for each in receipts if not state.issued(each.receipt.receipt_id)]
    if not all(_stands(each, state) for each in new):
        raise ReceiptWithoutDecision
    return [
        ReceiptIssued(
            at=at,
            generation_id=each.receipt.generation_id,
            receipt_id=each.receipt.receipt_id,
            signed=each,
        )
        for each in new
    ]


def _stands(signed: SignedReceipt, state: Casting) -> bool:
    receipt = signed.receipt
    return any(
        decided.permitted
        and (decided.generation_id, decided.caster_id, decided.plan_key)
        == (receipt.generation_id, receipt.caster_id, receipt.plan_key)
        and (decided.decision.act, decided.decision.position) == (receipt.act, receipt.position)
        and any(
            (each.cameo_id, each.version, each.rule, each.revision)
            == (receipt.cameo_id, receipt.version, receipt.rule, receipt.revision)
            for each in decided.decision.verdicts
        )
        for decided in state.decisions
    )


def evolve(state: Casting, event: CastingEvent) -> Casting:
    """What is known after one more event."""
    match event:
        case CastingDecided():
            return replace(state, decisions=(*state.decisions, event))
        case ReceiptIssued():
            return replace(state, receipts=(*state.receipts, event.signed))


CASTING: Final = Decider[CastingCommand, Casting, CastingEvent](
    "casting", Casting(), decide, evolve
)

CATALOG: Final = Catalog()
CATALOG.register(CastingDecided, "casting-decided.v1")
CATALOG.register(ReceiptIssued, "consent-receipt-issued.v1")
