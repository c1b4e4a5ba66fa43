"""Undo batches: which verdicts of a revision are replaced, by whose, and whether that is complete.

One stream for each batch, ``undo-HASH``. Its id follows from the revision and the period, so that
asking again goes on where an earlier attempt stopped. A batch that is taken back can be done again
under its next turn.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pydantic import AwareDatetime

from domain.kernel.canonical import canonical_json, instant
from domain.kernel.catalog import Catalog
from domain.kernel.decider import Decider
from domain.kernel.errors import Refusal
from domain.kernel.model import Command, Event
from domain.moderation.case_commands import UndoVerdict
from domain.moderation.case_situations import Allowed, Blocked, Case, Held, Known, Withdrawn
from domain.moderation.finding import Findings
from domain.moderation.gates import judged
from domain.moderation.policy import Policy


class BeginUndo(Command):
    """Say what is to be undone: verdicts of a revision, reached from a moment until another."""

    batch_id: str
    revision: int
    instead: int
    since: AwareDatetime
    until: AwareDatetime


class CompleteUndo(Command):
    """Say that every case of the batch has been seen to."""

    cases: int
    changed: int


class ReverseUndo(Command):
    """Begin to take the batch back."""


class CompleteReversal(Command):
    """Say that every case stands as it stood before the batch."""

    cases: int


UndoCommand = BeginUndo | CompleteUndo | ReverseUndo | CompleteReversal


class UndoStarted(Event):
    """A batch began."""

    batch_id: str
    revision: int
    instead: int
    since: AwareDatetime
    until: AwareDatetime


class UndoCompleted(Event):
    """Every case was seen to: so many were looked at, and so many changed."""

    batch_id: str
    cases: int
    changed: int


class UndoReversalStarted(Event):
    """The batch is being taken back."""

    batch_id: str


class UndoReversed(Event):
    """Every case stands as it stood before the batch."""

    batch_id: str
    cases: int


UndoEvent = UndoStarted | UndoCompleted | UndoReversalStarted | UndoReversed


@dataclass(frozen=True)
class NotBegun:
    """Nobody has asked for this batch."""


@dataclass(frozen=True)
class Begun:
    """The batch is at work, or its reversal is."""

    started: UndoStarted
    reversing: bool = False


@dataclass(frozen=True)
class Done:
    """Every case was seen to."""

    started: UndoStarted
    changed: int


@dataclass(frozen=True)
class Reversed:
    """The batch was taken back."""

    started: UndoStarted


Undo = NotBegun | Begun | Done | Reversed


class UndoUnknown(Refusal):
    """No batch has this id."""

    code = "undo-unknown"
    stage = "moderation"
    next_step = "Check the id that the undo printed."


class UndoPeriodBackwards(Refusal):
    """The period of this batch ends before it begins."""

    code = "undo-period-backwards"
    stage = "moderation"
    next_step = "Give a beginning that lies before the end, both in UTC."


class UndoWasReversed(Refusal):
    """This batch was taken back, and is not done twice."""

    code = "undo-was-reversed"
    stage = "moderation"
    next_step = "Undo another period, for example one second longer."


class UndoUnfinished(Refusal):
    """This batch is not complete."""

    code = "undo-unfinished"
    stage = "moderation"
    next_step = "Ask for the same undo again; it goes on where it stopped."


def batch_id(revision: int, since: datetime, until: datetime) -> str:
    """The id of a batch."""
    said = {"revision": revision, "since": instant(since), "until": instant(until)}
    return hashlib.sha256(canonical_json(said)).hexdigest()[:32]


def occasion_of(batch: str) -> str:
    """What notices call a batch, and all that follows from it."""
    return batch[:12]


def decide(command: UndoCommand, state: Undo) -> list[UndoEvent]:
    """The events that follow from a command, none when it was granted before, or a refusal."""
    match command, state:
        case BeginUndo(), NotBegun() if command.until <= command.since:
            raise UndoPeriodBackwards(f"From {command.since} to {command.until}.")
        case BeginUndo(), NotBegun():
            return [UndoStarted.model_validate(command.model_dump(exclude={"command_id"}))]
        case BeginUndo(), Reversed() | Begun(reversing=True):
            raise UndoWasReversed
        case BeginUndo(), _:
            return []
        case _, NotBegun():
            raise UndoUnknown
        case CompleteUndo(), Begun(reversing=False):
            return [
                UndoCompleted(
                    at=command.at,
                    batch_id=state.started.batch_id,
                    cases=command.cases,
                    changed=command.changed,
                )
            ]
        case ReverseUndo(), Done():
            return [UndoReversalStarted(at=command.at, batch_id=state.started.batch_id)]
        case ((ReverseUndo() | CompleteReversal()), Begun(reversing=False)):
            raise UndoUnfinished
        case CompleteReversal(), Begun(reversing=True):
            reversed_batch = state.started.batch_id
            return [UndoReversed(at=command.at, batch_id=reversed_batch, cases=command.cases)]
    return []


def evolve(state: Undo, event: UndoEvent) -> Undo:
    """The situation after one more event."""
    if isinstance(event, UndoStarted):
        return Begun(event)
    if isinstance(state, NotBegun):
        raise ValueError(f"{type(event).__name__} cannot be the first event of a batch")
    match event:
        case UndoCompleted():
            return Done(state.started, event.changed)
        case UndoReversalStarted():
            return Begun(state.started, reversing=True)
        case UndoReversed():
            return Reversed(state.started)


def concerns(case: Case, batch: UndoStarted) -> bool:
    """Whether a batch's revision decided about a case, in its period."""
    if not isinstance(case, Known) or case.verdict.policy_revision != batch.revision:
        return False
    return batch.since <= case.content.at < batch.until


def undo_of(
    case: Known,
    batch: UndoStarted,
    instead: Policy,
    findings: tuple[Findings, ...],
    at: datetime,
) -> UndoVerdict:
    """What a batch asks of a case that it concerns: the verdict of the other policy."""
    content = case.content
    return UndoVerdict(
        command_id=f"undo/{batch.batch_id}/{content.case_id}",
        at=at,
        batch_id=batch.batch_id,
        revision=batch.revision,
        instead=judged(findings, instead, content.context),
    )


@dataclass(frozen=True)
class Outcome:
    """How a case stands for its person: what two runs of the same days are compared by."""

    situation: str
    clause: str
    effects: frozenset[str]


def outcome_of(case: Case) -> Outcome:
    """A case without its past: nothing says how it came to stand so."""
    if isinstance(case, Withdrawn):
        before = outcome_of(case.before)
        return replace(before, situation="withdrawn", effects=frozenset(case.effects))
    if not isinstance(case, Known):
        return Outcome("unscreened", "none", frozenset())
    kind = {Allowed: "allowed", Held: "held", Blocked: "blocked"}.get(type(case), "on-appeal")
    return Outcome(kind, case.clause, frozenset(case.effects))


UNDO: Final = Decider[UndoCommand, Undo, UndoEvent]("undo", NotBegun(), decide, evolve)

CATALOG: Final = Catalog()
CATALOG.register(UndoStarted, "policy-undo-started.v1")
CATALOG.register(UndoCompleted, "policy-undo-completed.v1")
CATALOG.register(UndoReversalStarted, "policy-undo-reversal-started.v1")
CATALOG.register(UndoReversed, "policy-undo-reversed.v1")
