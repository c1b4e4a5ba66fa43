"""The studio's activity: sample a take, say how far it is, stop at a step when told to."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from temporalio import activity

from activities.generation import context_of
from activities.ledger import Decision, Ledger
from activities.orders import SamplingOrder, SamplingProgress
from domain.generation.commands import (
    AdvanceSampling,
    BeginSampling,
    GenerationCommand,
    RecordTake,
)
from domain.generation.decider import GENERATION
from domain.generation.situations import Generation, Sampled, Stored
from domain.generation.take import Take
from domain.kernel.errors import Refusal
from domain.kernel.ports import LogUnavailable, ObjectStore
from gpu_workers.mezzanine import write_mezzanine
from gpu_workers.sampler import Plan, Sampler, SamplingRequest, Shot, State

HEARTBEAT: Final = timedelta(milliseconds=100)
NEWS_SHARE: Final = 0.2
"""The log hears of progress about five times a take; heartbeats carry every step."""


DEATHS_MAX: Final = 3


class Stopped(Exception):
    """The caller asked to stop; no further step was begun."""


class StudioKeepsDying(Refusal):
    """Every worker that took this order died with it."""

    code = "studio-keeps-dying"
    stage = "sampling"
    next_step = "Ask for something smaller; the operator finds the cause in the studio's log."


@dataclass
class Reel:
    """What the sampling thread and its follower share: how far it is, and whether to stop."""

    attempt: int
    steps: int
    deaths: int
    step: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def on_step(self, state: State) -> None:
        """Called by the sampler after each step: the fence before the next one."""
        self.step = state.step
        if self.stop.is_set():
            raise Stopped

    def progress(self, left: bool = False) -> SamplingProgress:
        """What the heartbeat says."""
        return SamplingProgress(
            attempt=self.attempt, step=self.step, steps=self.steps, deaths=self.deaths, left=left
        )


class StudioActivities:
    """Runs samplers in threads of this process and keeps their takes without loss."""

    def __init__(
        self,
        samplers: Callable[[str], Sampler],
        store: ObjectStore,
        ledger: Ledger,
        now: Callable[[], datetime],
        scratch: Path,
    ) -> None:
        self._samplers, self._store, self._ledger = samplers, store, ledger
        self._now, self._scratch = now, scratch

    @activity.defn
    async def sample_take(self, order: SamplingOrder) -> Take:
        """Sample pictures and sound; a take that was recorded before is given again."""
        deaths = _deaths()
        sampler = self._samplers(order.brief.sampler)
        plan = sampler.plan(_request(order))
        reel = Reel(attempt=activity.info().attempt, steps=plan.steps, deaths=deaths)
        begin = BeginSampling(
            command_id=f"{order.command_id}/{reel.attempt}",
            at=self._now(),
            attempt=reel.attempt,
            steps=plan.steps,
            plan_key=plan.key,
        )
        state = await self._perform(order, begin)
        if isinstance(state, Sampled | Stored):
            return state.take

        self._scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="take-") as folder:
            path = Path(folder) / "take.mkv"
            shooting = asyncio.create_task(asyncio.to_thread(_shoot, sampler, plan, reel, path))
            await self._follow(order, reel, shooting)
            activity.heartbeat(reel.progress(left=True))
            return await self._keep(order, plan, path)

    async def _follow(self, order: SamplingOrder, reel: Reel, shooting: asyncio.Task[None]) -> None:
        """Heartbeat on a timer until the thread ends; whatever goes wrong, the thread stops."""
        told = 0
        try:
            while not shooting.done():
                activity.heartbeat(reel.progress())
                await asyncio.wait([shooting], timeout=HEARTBEAT.total_seconds())
                if reel.step - told >= reel.steps * NEWS_SHARE and reel.step < reel.steps:
                    told = reel.step
                    await self._advance(order, reel, told)
            await shooting
        except BaseException:
            activity.heartbeat(reel.progress(left=True))
            reel.stop.set()
            await asyncio.wait([shooting])
            if not shooting.cancelled():
                shooting.exception()  # it stopped because it was told to
            raise

    async def _advance(self, order: SamplingOrder, reel: Reel, step: int) -> None:
        command = AdvanceSampling(
            command_id=f"{order.command_id}/{reel.attempt}/{step}",
            at=self._now(),
            attempt=reel.attempt,
            step=step,
        )
        with contextlib.suppress(LogUnavailable):  # news can wait; a refusal stops the work
            await self._perform(order, command)

    async def _keep(self, order: SamplingOrder, plan: Plan, path: Path) -> Take:
        sha256 = await asyncio.to_thread(_sha256, path)
        key = f"takes/{order.generation_id}/{sha256}.mkv"
        stored = await self._store.put_file(key, path, "video/x-matroska")
        take = Take(
            key=key,
            sha256=stored.sha256,
            size=stored.size,
            plan_key=plan.key,
            frames=plan.frames,
            fps=plan.fps,
            sample_rate=plan.sample_rate,
        )
        command = RecordTake(command_id=order.command_id, at=self._now(), take=take)
        state = await self._perform(order, command)
        return state.take if isinstance(state, Sampled | Stored) else take

    async def _perform(self, order: SamplingOrder, command: GenerationCommand) -> Generation:
        decision = Decision(GENERATION, order.generation_id, command)
        performed = await self._ledger.perform([decision], context_of(order))
        state: Generation = performed.states[0]
        return state


def _deaths() -> int:
    """How many workers have died with this order: each left a heartbeat and no farewell."""
    details = activity.info().heartbeat_details
    if not details:
        return 0
    last = SamplingProgress.model_validate(details[0])
    deaths = last.deaths + (0 if last.left else 1)
    if deaths >= DEATHS_MAX:
        raise StudioKeepsDying(f"That happened {deaths} times.")
    return deaths


def _request(order: SamplingOrder) -> SamplingRequest:
    brief = order.brief
    return SamplingRequest(
        generation_id=order.generation_id,
        shots=tuple(Shot(prompt=each.prompt, seconds=each.seconds) for each in brief.shots),
        width=brief.width,
        height=brief.height,
        fps=brief.fps,
        seed=order.seed,
    )


def _shoot(sampler: Sampler, plan: Plan, reel: Reel, path: Path) -> None:
    state = sampler.advance(plan, sampler.start(plan), reel.on_step)
    write_mezzanine(sampler.decode(plan, state), path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
