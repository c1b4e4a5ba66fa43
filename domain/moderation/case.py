"""A moderation case: from findings to a verdict, to humans, to an appeal, and back when we erred.

One stream for each gate of each generation, ``moderation-mod_...``. What is held is claimed, read
and decided by a human, the gravest by two who agree. Whoever is refused can appeal for 183 days,
and is heard by a human who has decided nothing in the case. A batch can put another policy's
verdict in the place of one, and be taken back.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Final

from domain.kernel.decider import Decider
from domain.moderation.case_commands import (
    CaseCommand,
    ClaimCase,
    JudgeContent,
    LapseHold,
    LodgeAppeal,
    ReadCase,
    RestoreVerdict,
    ReturnCase,
    ShowContent,
    UndoVerdict,
    WithdrawContent,
)
from domain.moderation.case_events import (
    AppealDecided,
    AppealLodged,
    CaseClaimed,
    CaseEvent,
    CaseReturned,
    ContentRetracted,
    ContentScreened,
    ContentShown,
    HoldDecided,
    ReadingRecorded,
    VerdictReached,
    VerdictReplaced,
    VerdictRestored,
)
from domain.moderation.case_refusals import (
    AlreadyJudged,
    AppealEnded,
    AppealTooLate,
    CaseUnknown,
    ClaimedByAnother,
    NotClaimed,
    NothingToAppeal,
    NotWaiting,
    NotYourContent,
    ReadAlready,
    StageMissing,
    StillTime,
    UndoneDifferently,
)
from domain.moderation.case_situations import (
    Blocked,
    Case,
    Held,
    Known,
    OnAppeal,
    Screened,
    Unscreened,
    Withdrawn,
    evolve,
    kept_by_two,
    still_cleared,
    without,
)
from domain.moderation.gates import GATES, priority_of

CLAIM_LASTS: Final = timedelta(minutes=30)
DECIDE_WITHIN: Final = timedelta(days=14)
"""How long a hold waits for humans before it is refused, so that nothing waits for ever."""
NOT_IN_TIME: Final = "not-decided-in-time"


def decide(command: CaseCommand, state: Case) -> list[CaseEvent]:
    """The events that follow from a command, none when it was granted before, or a refusal."""
    match command, state:
        case JudgeContent(), Unscreened():
            return _judge(command)
        case JudgeContent(), Known():
            return _judged_again(command, state)
        case _, Unscreened() | Screened():
            raise CaseUnknown
        case ClaimCase(), Known():
            return _claim(command, state)
        case ReturnCase(), Known():
            return _return(command, state)
        case ShowContent(), Known():
            return _show(command, state)
        case ReadCase(), Known():
            return _read(command, state)
        case LapseHold(), Known():
            return _lapse(command, state)
        case LodgeAppeal(), Known():
            return _appeal(command, state)
        case WithdrawContent(), Known():
            return _withdraw(command, state)
        case UndoVerdict(), Known():
            return _undo(command, state)
        case RestoreVerdict(), Known():
            return _restore(command, state)
    raise AssertionError(f"{type(command).__name__} met {type(state).__name__}")


def _judge(command: JudgeContent) -> list[CaseEvent]:
    looked_at = [each.stage for each in command.findings]
    missing = [each for each in GATES[command.gate] if each not in looked_at]
    if missing:
        raise StageMissing(f"Missing: {', '.join(missing)}.")
    screened = ContentScreened(
        at=command.at,
        case_id=command.case_id,
        generation_id=command.generation_id,
        account_id=command.account_id,
        gate=command.gate,
        context=command.context,
        findings=command.findings,
        sealed=command.sealed,
        source=command.source,
    )
    reached = VerdictReached(
        at=command.at,
        case_id=command.case_id,
        clause=command.verdict.clause or "none",
        verdict=command.verdict,
        priority=priority_of(command.verdict),
        watched=command.watched,
        cleared_by=command.cleared_by,
    )
    return [screened, reached]


def _judged_again(command: JudgeContent, state: Known) -> list[CaseEvent]:
    """The first verdict stands: a policy that moves meanwhile decides about what comes next."""
    judged = state.content.context
    if (command.context.content_sha256, command.context.surface) != (
        judged.content_sha256,
        judged.surface,
    ):
        raise AlreadyJudged
    return []


def _waiting(state: Known) -> Held | OnAppeal:
    if not isinstance(state, Held | OnAppeal):
        raise NotWaiting(f"It is {type(state).__name__.lower()}.")
    return state


def _require_unread(reviewer: str, state: Held | OnAppeal) -> None:
    """Who has settled something in a case, or read it this time, is not asked again."""
    if reviewer in state.readers or reviewer in {each.reviewer for each in state.matter.readings}:
        raise ReadAlready


def _claim(command: ClaimCase, state: Known) -> list[CaseEvent]:
    waiting = _waiting(state)
    _require_unread(command.reviewer, waiting)
    holder = waiting.matter.claimed_by(command.at)
    if holder == command.reviewer:
        return []
    if holder is not None:
        raise ClaimedByAnother
    return [
        CaseClaimed(
            at=command.at,
            case_id=state.content.case_id,
            clause=state.clause,
            reviewer=command.reviewer,
            until=command.at + CLAIM_LASTS,
        )
    ]


def _return(command: ReturnCase, state: Known) -> list[CaseEvent]:
    waiting = _waiting(state)
    if waiting.matter.claimed_by(command.at) != command.reviewer:
        return []
    return [
        CaseReturned(
            at=command.at,
            case_id=state.content.case_id,
            clause=state.clause,
            reviewer=command.reviewer,
        )
    ]


def _show(command: ShowContent, state: Known) -> list[CaseEvent]:
    waiting = _waiting(state)
    if command.reviewer in waiting.matter.shown:
        return []
    return [
        ContentShown(
            at=command.at,
            case_id=state.content.case_id,
            clause=state.clause,
            reviewer=command.reviewer,
        )
    ]


def _read(command: ReadCase, state: Known) -> list[CaseEvent]:
    waiting = _waiting(state)
    _require_unread(command.reviewer, waiting)
    if waiting.matter.claimed_by(command.at) != command.reviewer:
        raise NotClaimed
    reading = ReadingRecorded(
        at=command.at,
        case_id=state.content.case_id,
        clause=command.clause or state.clause,
        reviewer=command.reviewer,
        reading=command.reading,
        because=command.because,
        words=command.words,
    )
    readings = (*waiting.matter.readings, reading)
    needed = 2 if state.verdict.second_reader else 1
    if Counter(each.reading for each in readings)[command.reading] < needed:
        return [reading]
    return [reading, _settled(waiting, readings, reading)]


def _settled(
    state: Held | OnAppeal, readings: tuple[ReadingRecorded, ...], last: ReadingRecorded
) -> CaseEvent:
    """What the last reading decides; those who read otherwise were outvoted."""
    common = {
        "at": last.at,
        "case_id": last.case_id,
        "because": last.because,
        "words": last.words,
        "readers": tuple(each.reviewer for each in readings),
    }
    if isinstance(state, Held):
        return HoldDecided(**common, clause=last.clause, outcome=last.reading)
    outcome = "reinstated" if last.reading == "allow" else "upheld"
    return AppealDecided.model_validate({**common, "clause": state.clause, "outcome": outcome})


def _lapse(command: LapseHold, state: Known) -> list[CaseEvent]:
    if not isinstance(state, Held):
        return []
    if command.at < state.content.at + DECIDE_WITHIN:
        raise StillTime
    return [
        HoldDecided(
            at=command.at,
            case_id=state.content.case_id,
            clause=state.clause,
            outcome="block",
            because=NOT_IN_TIME,
            readers=(),
        )
    ]


def _appeal(command: LodgeAppeal, state: Known) -> list[CaseEvent]:
    if command.account_id != state.content.account_id:
        raise NotYourContent
    match state:
        case OnAppeal():
            return []
        case Blocked(upheld=True):
            raise AppealEnded
        case Blocked() if command.at > state.appeal_by:
            raise AppealTooLate
        case Blocked():
            return [
                AppealLodged(
                    at=command.at,
                    case_id=state.content.case_id,
                    clause=state.clause,
                    account_id=command.account_id,
                    words=command.words,
                    priority=priority_of(state.verdict),
                )
            ]
    raise NothingToAppeal


def _withdraw(command: WithdrawContent, state: Known) -> list[CaseEvent]:
    if isinstance(state, Withdrawn):
        return []
    return [
        ContentRetracted(
            at=command.at,
            case_id=state.content.case_id,
            clause=state.clause,
            because=command.because,
        )
    ]


def _undo(command: UndoVerdict, state: Known) -> list[CaseEvent]:
    """Nothing where another revision decided, or where two humans agreed on the refusal."""
    if any(batch == command.batch_id for batch, _ in state.undone):
        return []
    if state.verdict.policy_revision != command.revision or kept_by_two(state):
        return []
    cleared_by = still_cleared(state)
    now = without(state, command.instead, command.at, cleared_by)
    return [
        VerdictReplaced(
            at=command.at,
            case_id=state.content.case_id,
            clause=state.clause,
            batch_id=command.batch_id,
            revision=command.revision,
            instead=command.instead,
            priority=priority_of(command.instead),
            reverted=tuple(sorted(state.effects - now.effects)),
            imposed=tuple(sorted(now.effects - state.effects)),
            cleared_by=cleared_by,
        )
    ]


def _restore(command: RestoreVerdict, state: Known) -> list[CaseEvent]:
    """Nothing where the batch changed nothing, or where two humans have refused it since."""
    batches = [batch for batch, _ in state.undone]
    if command.batch_id not in batches or kept_by_two(state):
        return []
    if batches[-1] != command.batch_id:
        raise UndoneDifferently
    return [
        VerdictRestored(
            at=command.at,
            case_id=state.content.case_id,
            clause=state.clause,
            batch_id=command.batch_id,
        )
    ]


MODERATION: Final = Decider[CaseCommand, Case, CaseEvent](
    "moderation", Unscreened(), decide, evolve
)
