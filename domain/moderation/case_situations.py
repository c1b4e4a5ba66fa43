"""The situations that a moderation case can be in, and how each event moves it on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from domain.moderation.case_events import (
    NO_RULE,
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
from domain.moderation.gates import Effect, effects_of
from domain.moderation.reasons import APPEAL_DAYS
from domain.moderation.verdict import Verdict

APPEAL_WITHIN: Final = timedelta(days=APPEAL_DAYS)


@dataclass(frozen=True)
class Unscreened:
    """Nobody has looked yet."""


@dataclass(frozen=True)
class Screened:
    """Looked at; the verdict is written in the same append."""

    content: ContentScreened


@dataclass(frozen=True)
class Matter:
    """What waits for humans: who has it now, what has been said about it, and who has seen it."""

    claim: CaseClaimed | None = None
    readings: tuple[ReadingRecorded, ...] = ()
    shown: tuple[str, ...] = ()
    """To whom it was opened, in the order of the first time."""

    def claimed_by(self, at: datetime) -> str | None:
        """Who has it at a moment."""
        if self.claim is None or at >= self.claim.until:
            return None
        return self.claim.reviewer


@dataclass(frozen=True)
class Known:
    """A case with its verdict. ``readers`` are all humans who have settled anything in it."""

    content: ContentScreened
    verdict: Verdict
    readers: tuple[str, ...] = field(default=(), kw_only=True)
    undone: tuple[tuple[str, Known], ...] = field(default=(), kw_only=True)
    """Batches that put another verdict here, with the situation before each."""

    @property
    def clause(self) -> str:
        """The rule that decides, as events name it."""
        return self.verdict.clause or NO_RULE

    @property
    def effects(self) -> frozenset[Effect]:
        """What follows for the person."""
        return frozenset()


@dataclass(frozen=True)
class Allowed(Known):
    """Nothing stands against it."""

    by: Literal["verdict", "clearance", "humans", "appeal"]
    cleared_by: str | None = field(default=None, kw_only=True)
    """The case in which humans had let this content pass before its verdict, whatever that was."""
    said: str = field(default="", kw_only=True, repr=False)
    """What the humans who let it pass wrote to the person."""


@dataclass(frozen=True)
class Held(Known):
    """It waits for humans, since that moment."""

    matter: Matter = Matter()
    since: datetime = field(kw_only=True)

    @property
    def effects(self) -> frozenset[Effect]:
        return effects_of(self.verdict, self.content.gate, "hold")


@dataclass(frozen=True)
class Blocked(Known):
    """It is refused. ``decided`` is the humans' decision about a hold, where there was one, and
    ``heard`` the one about an appeal."""

    since: datetime
    decided: HoldDecided | None = None
    heard: AppealDecided | None = None

    @property
    def upheld(self) -> bool:
        """Whether an appeal was decided; there is one."""
        return self.heard is not None

    @property
    def appeal_by(self) -> datetime:
        """Until when the person can object."""
        return self.since + APPEAL_WITHIN

    @property
    def clause(self) -> str:
        return self.decided.clause if self.decided else super().clause

    @property
    def effects(self) -> frozenset[Effect]:
        return effects_of(self.verdict, self.content.gate, "block")


@dataclass(frozen=True)
class OnAppeal(Blocked):
    """It is refused, and another human looks at it again."""

    appeal: AppealLodged = field(kw_only=True)
    matter: Matter = Matter()


@dataclass(frozen=True)
class Withdrawn(Known):
    """It is gone. ``before`` is how the case stood, and would stand."""

    before: Known = field(kw_only=True)

    @property
    def effects(self) -> frozenset[Effect]:
        """What is gone neither waits nor is hidden; what counted goes on counting."""
        return self.before.effects & {"strike", "notice", "refund"}


Case = Unscreened | Screened | Known


def said_to_the_person(state: Known) -> str:
    """What the humans who decided last wrote to the person; nothing where none has."""
    match state:
        case Allowed():
            return state.said
        case Blocked(heard=AppealDecided() as heard):
            return heard.words
        case Blocked(decided=HoldDecided() as decided):
            return decided.words
        case Withdrawn():
            return said_to_the_person(state.before)
    return ""


def reached(
    content: ContentScreened, verdict: Verdict, at: datetime, cleared_by: str | None = None
) -> Known:
    """Where a verdict leads."""
    if verdict.outcome == "allow":
        return Allowed(content, verdict, by="verdict", cleared_by=cleared_by)
    if cleared_by is not None:
        return Allowed(content, verdict, by="clearance", cleared_by=cleared_by)
    if verdict.outcome == "hold":
        return Held(content, verdict, since=at)
    return Blocked(content, verdict, since=at)


def without(state: Known, instead: Verdict, at: datetime, cleared_by: str | None = None) -> Known:
    """How a case stands with another verdict in the place of its own.

    The same outcome changes its reasons and nothing that followed. What was deleted stays so, what
    humans had let pass before passes (``still_cleared``), and nobody reads it a second time.
    """
    if isinstance(state, Withdrawn):
        before = without(state.before, instead, at, cleared_by)
        return replace(state, verdict=instead, before=before)
    if instead.outcome == state.verdict.outcome:
        return replace(state, verdict=instead)
    return replace(reached(state.content, instead, at, cleared_by), readers=state.readers)


def still_cleared(state: Known) -> str | None:
    """The case in which humans had let the content pass, whichever policy then judged it.

    None at another surface than the content's own: what passes there is for each policy to say.
    """
    before = state.before if isinstance(state, Withdrawn) else state
    if not isinstance(before, Allowed) or state.content.gate == "elsewhere":
        return None
    return before.cleared_by


def kept_by_two(state: Known) -> bool:
    """Whether two humans agreed on a refusal, be it of a hold or on appeal: no batch reverts it."""
    before = state.before if isinstance(state, Withdrawn) else state
    if not isinstance(before, Blocked):
        return False
    decisions = (each for each in (before.decided, before.heard) if each is not None)
    return len({reader for each in decisions for reader in each.readers}) > 1


def evolve(state: Case, event: CaseEvent) -> Case:
    """The situation after one more event. It never refuses: what happened, happened."""
    match state, event:
        case _, ContentScreened():
            return Screened(event)
        case Screened(), VerdictReached():
            return reached(state.content, event.verdict, event.at, event.cleared_by)
        case Known(), _:
            return _moved(state, event)
    raise ValueError(f"{type(event).__name__} cannot follow {type(state).__name__}")


def _moved(state: Known, event: CaseEvent) -> Known:
    match event:
        case CaseClaimed() | CaseReturned() | ContentShown() | ReadingRecorded():
            return _read(state, event)
        case HoldDecided() | AppealDecided():
            return _decided(state, event)
        case AppealLodged() if isinstance(state, Blocked):
            return OnAppeal(
                state.content,
                state.verdict,
                readers=state.readers,
                undone=state.undone,
                since=state.since,
                decided=state.decided,
                appeal=event,
            )
        case ContentRetracted():
            return Withdrawn(
                state.content,
                state.verdict,
                readers=state.readers,
                undone=state.undone,
                before=state,
            )
        case VerdictReplaced():
            now = without(state, event.instead, event.at, event.cleared_by)
            return replace(now, undone=(*state.undone, (event.batch_id, state)))
        case VerdictRestored():
            return _restored(state, event)
    raise ValueError(f"{type(event).__name__} cannot follow {type(state).__name__}")


def _restored(state: Known, event: VerdictRestored) -> Known:
    before = dict(state.undone)[event.batch_id]
    if isinstance(state, Withdrawn) and not isinstance(before, Withdrawn):
        return replace(state, verdict=before.verdict, undone=before.undone, before=before)
    return before


def _read(
    state: Known, event: CaseClaimed | CaseReturned | ContentShown | ReadingRecorded
) -> Known:
    if not isinstance(state, Held | OnAppeal):
        return state
    matter = state.matter
    match event:
        case CaseClaimed():
            matter = replace(matter, claim=event)
        case CaseReturned():
            matter = replace(matter, claim=None)
        case ReadingRecorded():
            matter = replace(matter, claim=None, readings=(*matter.readings, event))
        case ContentShown():
            matter = replace(matter, shown=(*matter.shown, event.reviewer))
    return replace(state, matter=matter)


def _decided(state: Known, event: HoldDecided | AppealDecided) -> Known:
    readers, undone = (*state.readers, *event.readers), state.undone
    content, verdict = state.content, state.verdict
    match event, state:
        case HoldDecided(outcome="block"), _:
            return Blocked(
                content, verdict, readers=readers, undone=undone, since=event.at, decided=event
            )
        case AppealDecided(outcome="upheld"), OnAppeal():
            return Blocked(
                content,
                verdict,
                readers=readers,
                undone=undone,
                since=state.since,
                decided=state.decided,
                heard=event,
            )
    by: Literal["humans", "appeal"] = "humans" if isinstance(event, HoldDecided) else "appeal"
    return Allowed(content, verdict, readers=readers, undone=undone, by=by, said=event.words)
