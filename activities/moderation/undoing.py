"""Undoing a revision: every verdict of it in a period replaced by the other policy's, as one batch.

Cases are changed some at a time, each portion in one atomic append, under ids that follow from the
batch: an undo that was interrupted goes on when it is asked for again, and says that it is complete
only when it is. Films that were released are hidden and shown as their cases stand after it. The
batch can be taken back.

Without the revision, the same detectors would have looked at the same things on the same day: what
they noted stands. Only who looks otherwise under the other policy, since it protects other people
or is read by a model, looks again; whatever else has changed since then would not have looked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args

from activities.ledger import Context, Decision, Ledger
from activities.moderation.anew import FindingsAnew, SecondLook
from activities.moderation.policies import PolicyDesk
from activities.moderation.recorded import cases_between
from activities.moderation.sight import Sight
from domain.account.notice import NOTICE, Kind, PostNotice, notice_id
from domain.kernel.model import Command
from domain.kernel.ports import START, EventCodec, EventLog
from domain.kernel.vault import Vault
from domain.moderation.case import MODERATION
from domain.moderation.case_commands import RestoreVerdict, UndoVerdict
from domain.moderation.case_situations import (
    Held,
    Known,
    OnAppeal,
    kept_by_two,
    still_cleared,
    without,
)
from domain.moderation.policy import Policy
from domain.moderation.undoing import (
    UNDO,
    BeginUndo,
    CompleteReversal,
    CompleteUndo,
    NotBegun,
    Reversed,
    ReverseUndo,
    UndoStarted,
    UndoUnknown,
    UndoWasReversed,
    batch_id,
    concerns,
    occasion_of,
    undo_of,
)
from domain.moderation.what_if import Unseen

PORTION: Final = 100
_ACTOR: Final = "operator/cli"
_REFUSED: Final = frozenset({"block", "hide"})


@dataclass(frozen=True)
class Waiting:
    """A case before humans: because it is held, or because its person objects."""

    case_id: str
    account_id: str
    matter: Literal["hold", "appeal"]


@dataclass
class Undone:
    """What came of a batch. ``kept`` are refusals on which two humans agreed.

    ``waiting`` are cases that wait for humans since this batch, ``settled`` those that no longer
    do: whoever runs stories begins and ends theirs. ``unseen`` are films in which the other policy
    looks for somebody else, and which nobody could look at: they are judged by what was noted.
    """

    batch_id: str
    instead: int
    cases: int = 0
    changed: int = 0
    kept: int = 0
    waiting: list[Waiting] = field(default_factory=list)
    settled: list[Waiting] = field(default_factory=list)
    unseen: int = 0
    position: int = START

    def note(self, before: Known | None, now: Known) -> None:
        """Take down a case that has begun or ceased to wait, where it did not before."""
        was, waits = before and _waiting(before), _waiting(now)
        if waits and waits != was:
            self.waiting.append(waits)
        if was and waits != was:
            self.settled.append(was)


class PolicyUndo:
    """Carries out batches, whose every step is safe to repeat.

    The other policy judges what its own detectors find; without a second look, what was recorded.
    """

    def __init__(
        self,
        log: EventLog,
        codec: EventCodec,
        policies: PolicyDesk,
        vault: Vault,
        second: SecondLook | None = None,
    ) -> None:
        self._log, self._codec, self._policies = log, codec, policies
        self._vault, self._second = vault, second
        self._ledger = Ledger(log, codec)
        self._sight = Sight(self._ledger)

    async def undo(self, revision: int, since: datetime, until: datetime, at: datetime) -> Undone:
        """Replace a revision's verdicts. Raises the refusals of policies and of batches."""
        policies = await self._policies.policies()
        instead = policies.before(revision)
        identifier = batch_id(revision, since, until)
        begin = BeginUndo(
            command_id=f"undo/{identifier}/begin",
            at=at,
            batch_id=identifier,
            revision=revision,
            instead=instead.revision,
            since=since,
            until=until,
        )
        done = Undone(identifier, instead.revision)
        started, context = await self._standing(identifier, begin), self._context(identifier)
        anew = self._anew(policies.named(revision), instead)
        portion: list[tuple[Known, UndoVerdict]] = []
        async for case in cases_between(self._log, self._codec, since, until):
            if (before := dict(case.undone).get(identifier)) is not None:
                done.cases += 1  # by an earlier attempt of this batch
                done.changed += before.effects != case.effects
                done.note(before, case)
                await self._sight.follow([case.content.generation_id], at, context)
                continue
            if not concerns(case, started):
                continue
            done.cases += 1
            if kept_by_two(case):
                done.kept += 1
                continue
            found = await anew.of(case)
            done.unseen += found.how in get_args(Unseen)
            portion.append((case, undo_of(case, started, instead, found.findings, at)))
            if len(portion) == PORTION:
                await self._change(portion, done)
                portion = []
        await self._change(portion, done)
        complete = CompleteUndo(
            command_id=f"undo/{identifier}/complete", at=at, cases=done.cases, changed=done.changed
        )
        done.position = await self._about(identifier, complete)
        return done

    async def reverse(self, identifier: str, at: datetime) -> Undone:
        """Take a complete batch back. Raises UndoUnknown and UndoUnfinished."""
        reverse = ReverseUndo(command_id=f"undo/{identifier}/reverse", at=at)
        started = await self._standing(identifier, reverse)
        done = Undone(identifier, started.instead)
        cases = [
            case
            async for case in cases_between(self._log, self._codec, started.since, started.until)
            if identifier in dict(case.undone) or concerns(case, started)
        ]
        for begin in range(0, len(cases), PORTION):
            await self._restore(identifier, cases[begin : begin + PORTION], at, done)
        done.cases = done.changed
        complete = CompleteReversal(
            command_id=f"undo/{identifier}/reversed", at=at, cases=done.cases
        )
        done.position = await self._about(identifier, complete)
        return done

    async def _restore(
        self, identifier: str, portion: Sequence[Known], at: datetime, done: Undone
    ) -> None:
        """Restore a portion in one append; films follow, also those of an attempt that died."""
        context = self._context(identifier)
        touched = [each for each in portion if identifier in dict(each.undone)]
        changed = [each for each in touched if not kept_by_two(each)]
        done.kept += len(touched) - len(changed)
        decisions = [
            Decision(
                MODERATION,
                each.content.case_id,
                RestoreVerdict(
                    command_id=f"undo/{identifier}/{each.content.case_id}/restore",
                    at=at,
                    batch_id=identifier,
                ),
            )
            for each in changed
        ]
        performed = await self._ledger.perform(decisions, context)
        for before, now in zip(changed, performed.states, strict=True):
            done.note(before, now)
        for each in portion:
            if identifier not in dict(each.undone):
                done.note(None, each)  # an earlier attempt may have died before its story began
        await self._sight.follow([each.content.generation_id for each in portion], at, context)
        done.changed += len(decisions)

    async def _change(self, portion: Sequence[tuple[Known, UndoVerdict]], done: Undone) -> None:
        """Change a portion and tell the people of it, in one append; their films follow."""
        if not portion:
            return
        decisions: list[Decision] = []
        for case, command in portion:
            content, cleared_by = case.content, still_cleared(case)
            now = without(case, command.instead, command.at, cleared_by)
            decisions.append(Decision(MODERATION, content.case_id, command))
            for kind in _news(case, now):
                notice = PostNotice(
                    command_id=f"{command.command_id}/tell",
                    at=command.at,
                    account_id=content.account_id,
                    about=content.case_id,
                    kind=kind,
                    occasion=occasion_of(done.batch_id),
                )
                identifier = notice_id(content.case_id, kind, notice.occasion)
                decisions.append(Decision(NOTICE, identifier, notice))
            done.note(case, now)
            done.changed += case.effects != now.effects
        context = self._context(done.batch_id)
        await self._ledger.perform(decisions, context)
        generation_ids = [case.content.generation_id for case, _ in portion]
        await self._sight.follow(generation_ids, portion[-1][1].at, context)

    def _anew(self, revision: Policy, instead: Policy) -> FindingsAnew:
        swayed = self._second.swayed(revision, instead) if self._second else None
        return FindingsAnew(self._vault, self._second, instead, only=swayed)

    async def _standing(self, identifier: str, command: Command) -> UndoStarted:
        await self._about(identifier, command)
        state = (await self._ledger.state(UNDO, identifier)).state
        if isinstance(state, NotBegun):
            raise UndoUnknown
        if isinstance(state, Reversed) and isinstance(command, BeginUndo):
            raise UndoWasReversed  # the command was carried out once, before the reversal
        return state.started

    async def _about(self, identifier: str, command: Command) -> int:
        decision = Decision(UNDO, identifier, command)
        performed = await self._ledger.perform([decision], self._context(identifier))
        return performed.position

    def _context(self, identifier: str) -> Context:
        return Context(_ACTOR, f"undo/{identifier}")


def _waiting(case: Known) -> Waiting | None:
    match case:
        case Held():
            return Waiting(case.content.case_id, case.content.account_id, "hold")
        case OnAppeal():
            return Waiting(case.content.case_id, case.content.account_id, "appeal")
    return None


def _news(before: Known, now: Known) -> tuple[Kind, ...]:
    """What the person hears: which restriction is gone, and which has come in its place."""
    if now.effects & _REFUSED:
        return () if before.effects & _REFUSED else ("content-blocked",)
    gone: tuple[Kind, ...] = ("restriction-undone",) if before.effects - now.effects else ()
    held: tuple[Kind, ...] = ("content-held",) if "hold" in now.effects - before.effects else ()
    return (*gone, *held)
