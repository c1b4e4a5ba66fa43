"""The studio's books: what the log hears of an attempt, each piece of news once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from activities.generation import context_of
from activities.ledger import Decision, Ledger
from activities.orders import SamplingOrder, SamplingProgress
from domain.generation.commands import (
    AdvanceSampling,
    BeginSampling,
    GenerationCommand,
    RecordStudioTime,
    RecordTake,
)
from domain.generation.decider import GENERATION
from domain.generation.situations import Generation, take_of
from domain.generation.take import Take
from domain.kernel.ports import LogUnavailable
from gpu_workers.sampler import Plan


class Books:
    """Commands on one ledger. Their ids follow from the order and the attempt."""

    def __init__(self, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._ledger, self._now = ledger, now

    async def begin(
        self, order: SamplingOrder, attempt: int, plan: Plan, restored: int
    ) -> Take | None:
        """An attempt begins; the take, where an earlier one was recorded. Raises a Refusal."""
        command = BeginSampling(
            command_id=f"{order.command_id}/{attempt}",
            at=self._now(),
            shot=order.shot,
            attempt=attempt,
            steps=plan.steps,
            restored=restored,
            plan_key=plan.key,
        )
        return take_of(await self._perform(order, command), order.shot)

    async def advance(self, order: SamplingOrder, attempt: int, step: int) -> None:
        """Some more steps are done. A silent log hears of later ones. Raises a Refusal."""
        command = AdvanceSampling(
            command_id=f"{order.command_id}/{attempt}/{step}",
            at=self._now(),
            shot=order.shot,
            attempt=attempt,
            step=step,
        )
        with suppress(LogUnavailable):
            await self._perform(order, command)

    async def account(self, order: SamplingOrder, progress: SamplingProgress) -> None:
        """The time that an attempt had the device; each attempt counts once.

        What a dead worker or a silent log kept from being written, the next attempt writes.
        """
        if not progress.seconds:
            return
        command = RecordStudioTime(
            command_id=f"{order.command_id}/{progress.attempt}/time",
            at=self._now(),
            shot=order.shot,
            attempt=progress.attempt,
            device=progress.device,
            seconds=progress.seconds,
        )
        with suppress(LogUnavailable):
            await self._perform(order, command)

    async def record(self, order: SamplingOrder, take: Take, found: bool = False) -> Take:
        """The take is kept, or was found; the first one recorded stands. Raises a Refusal."""
        command = RecordTake(
            command_id=order.command_id, at=self._now(), shot=order.shot, take=take, found=found
        )
        return take_of(await self._perform(order, command), order.shot) or take

    async def _perform(self, order: SamplingOrder, command: GenerationCommand) -> Generation:
        decision = Decision(GENERATION, order.generation_id, command)
        performed = await self._ledger.perform([decision], context_of(order))
        state: Generation = performed.states[0]
        return state
