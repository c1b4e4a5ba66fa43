"""The situations that an attempt to enrol can be in, and how each event moves it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from domain.cameo.checks import CheckName, CheckVerdict, Shortcoming
from domain.cameo.clip import Clip
from domain.cameo.enrolment_events import (
    ChallengeIssued,
    CheckRecorded,
    ClipDeclined,
    ClipReceived,
    EnrolmentApproved,
    EnrolmentClosed,
    EnrolmentEvent,
    EnrolmentRefused,
    EnrolmentReviewed,
    EnrolmentStarted,
    ReviewReopened,
    ReviewRequested,
)


@dataclass(frozen=True)
class NotStarted:
    """Nobody has begun this attempt."""


@dataclass(frozen=True)
class Started:
    """A release is signed; a challenge, or for pets and objects the clip, comes next."""

    began: EnrolmentStarted
    challenges: int = field(default=0, kw_only=True)
    declined: int = field(default=0, kw_only=True)


@dataclass(frozen=True)
class Challenged(Started):
    """A challenge is open, or has expired."""

    issued: ChallengeIssued


@dataclass(frozen=True)
class Examining(Started):
    """The clip is here and is being looked at. ``answered`` is the challenge that it answers."""

    clip: Clip
    answered: ChallengeIssued | None
    verdicts: Mapping[CheckName, CheckVerdict]


@dataclass(frozen=True)
class InReview(Examining):
    """A human decides."""

    in_question: ReviewRequested


@dataclass(frozen=True)
class Approved(Started):
    """The attempt became a version of its cameo."""


@dataclass(frozen=True)
class Reopened(Approved):
    """It did, and a human decides about it once more; its cameo is suspended meanwhile."""

    in_question: ReviewReopened


@dataclass(frozen=True)
class Refused(Started):
    """The attempt failed, and why is known."""

    shortcomings: tuple[Shortcoming, ...]


@dataclass(frozen=True)
class Closed(Started):
    """The attempt ended without a decision."""

    reason: str


Settled = Approved | Refused | Closed
Enrolment = NotStarted | Started | Challenged | Examining | InReview | Settled


def evolve(state: Enrolment, event: EnrolmentEvent) -> Enrolment:
    """The situation after one more event. It never refuses: what happened, happened."""
    if isinstance(event, EnrolmentStarted):
        return Started(event)
    if isinstance(state, NotStarted):
        raise ValueError(f"{type(event).__name__} cannot be the first event of an enrolment")
    if isinstance(event, ClipDeclined):
        return replace(state, declined=state.declined + 1)
    moved = _moved(state, event)
    count = state.challenges + isinstance(event, ChallengeIssued)
    return replace(moved, challenges=count, declined=state.declined)


def _moved(state: Started, event: EnrolmentEvent) -> Started:
    began = state.began
    match event:
        case ChallengeIssued():
            return Challenged(began, issued=event)
        case ClipReceived():
            answered = state.issued if isinstance(state, Challenged) else None
            return Examining(began, event.clip, answered, MappingProxyType({}))
        case CheckRecorded() if isinstance(state, Examining):
            verdicts = {**state.verdicts, event.verdict.check: event.verdict}
            return replace(state, verdicts=MappingProxyType(verdicts))
        case ReviewRequested() if isinstance(state, Examining):
            return InReview(began, state.clip, state.answered, state.verdicts, event)
        case ReviewReopened():
            return Reopened(began, in_question=event)
        case EnrolmentReviewed() if isinstance(state, Reopened):
            return Approved(began)
        case EnrolmentApproved():
            return Approved(began)
        case EnrolmentRefused():
            return Refused(began, event.shortcomings)
        case EnrolmentClosed():
            return Closed(began, event.reason)
        case EnrolmentReviewed():
            return state  # the decision itself is the next event
    raise ValueError(f"{type(event).__name__} met {type(state).__name__}")
