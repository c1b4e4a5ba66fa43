"""Passing: what a case has to say before anything goes on. No verdict, no way on.

A verdict is for one surface. What passes at one is not thereby shown at another.
"""

from __future__ import annotations

from collections.abc import Callable

from domain.kernel.surface import FEED
from domain.moderation.case_refusals import (
    ContentBlocked,
    ContentGone,
    StillHeld,
    VerdictMissing,
)
from domain.moderation.case_situations import Allowed, Blocked, Case, Held, Known, Withdrawn


def require_cleared(state: Case) -> None:
    """Let only what is allowed pass a gate. Raises what stands against it."""
    match state:
        case Allowed():
            return
        case Held():
            raise StillHeld(f"Rule {_about(state)}.")
        case Blocked():
            raise ContentBlocked(f"{_about(state)}: {state.verdict.words}")
        case Withdrawn():
            raise ContentGone
    raise VerdictMissing


def _about(state: Known) -> str:
    """The rule, and the surface where it is not the feed."""
    surface = state.content.context.surface
    return state.clause if surface == FEED else f"{state.clause}, for the surface {surface}"


def cleared_at(surface: str) -> Callable[[Case], None]:
    """A requirement that content passes at this surface. Raises what stands against it."""

    def require(state: Case) -> None:
        require_cleared(state)
        assert isinstance(state, Known)
        judged = state.content.context.surface
        if judged != surface:
            raise VerdictMissing(f"The verdict is for the surface {judged}, not for {surface}.")

    return require


def cleared_film(sha256: str, surface: str) -> Callable[[Case], None]:
    """A requirement that this very film passes at this surface. Raises what stands against it."""
    require_there = cleared_at(surface)

    def require(state: Case) -> None:
        require_there(state)
        assert isinstance(state, Known)
        if state.content.context.content_sha256 != sha256:
            raise VerdictMissing("The verdict is about another film.")

    return require
