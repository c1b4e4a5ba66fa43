"""Decisions that the API takes on the log itself: short, at once, and refused like the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from activities.ledger import Context, Decision, Guard, Performed
from domain.kernel.decider import Decider
from domain.kernel.errors import Refusal
from infra.api.deadlines import asking
from infra.api.doors import Doors
from infra.api.problems import Trouble
from infra.telemetry import traces

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")


async def decide(
    doors: Doors,
    client: str,
    about: str,
    decisions: Sequence[Decision],
    guards: Sequence[Guard] = (),
) -> Performed:
    """Carry out commands, all or none. A refusal becomes its problem document."""
    context = Context(f"client/{client}", about, traces.current_traceparent())
    try:
        async with asking("postgres"):
            return await doors.ledger.perform(decisions, context, guards)
    except Refusal as refusal:
        raise Trouble.refused(refusal) from None


async def standing(doors: Doors, decider: Decider[Any, S, Any], identifier: str) -> S:
    """How an aggregate stands in the log."""
    async with asking("postgres"):
        return (await doors.ledger.state(decider, identifier)).state


def held_to(decider: Decider[C, S, E], require: Callable[[S], None]) -> Decider[C, S, E]:
    """The same decider, which first requires something of the situation that it decides on."""

    def decide(command: C, state: S) -> Sequence[E]:
        require(state)
        return decider.decide(command, state)

    return Decider(decider.category, decider.initial, decide, decider.evolve)
