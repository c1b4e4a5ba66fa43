"""Where ``bench sampler`` and its tests rehearse: real servers, and studios on queues of their own.

Studios are forked from one process that has imported torch, so that starting another takes
milliseconds.
"""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

from temporalio.client import Client
from temporalio.common import RetryPolicy

from activities.ledger import Context, Decision, Ledger
from activities.orders import SamplingOrder
from domain.generation.brief import Brief, Shot
from domain.generation.commands import RequestVideo
from domain.generation.decider import GENERATION
from domain.generation.take import Take
from gpu_workers.mezzanine import write_mezzanine
from gpu_workers.requests import order_request
from gpu_workers.sampler import Plan
from gpu_workers.simulated import SimulatedSampler
from infra.bootstrap import open_ledger, prepare
from infra.cli import bench_studio
from infra.cli.bench_studio import LONG_STEPS, Journal
from infra.clock import system_clock
from infra.embedded.servers import EmbeddedServers
from infra.identity import drawn_by
from infra.settings import Settings
from infra.temporal.client import connect

HEARTBEAT_SECONDS: Final = 1.0
"""Shorter than in ``temporal.yaml``: how soon a death is noticed is not measured here."""

_SECONDS_MAX: Final = 60.0
_GLANCE_SECONDS: Final = 0.01
GREY: Final = Brief(
    prompt="grey", shots=(Shot(prompt="grey", seconds=0.5),), width=64, height=64, fps=8
)

draw = drawn_by(system_clock)


@dataclass
class Hall:
    """The servers, and studios on queues of their own."""

    settings: Settings
    client: Client
    ledger: Ledger
    fork: Any
    running: list[BaseProcess] = field(default_factory=list)

    def journal(self, queue: str) -> Journal:
        """What the studios of a queue noted."""
        return Journal(self.settings.home / f"{queue}.jsonl")

    async def studio(self, queue: str, warm: str) -> int:
        """Start a studio on this queue; its pid, once it polls."""
        path = self.journal(queue).path
        process = self.fork.Process(
            target=bench_studio.work, args=(self.settings, queue, path, warm), daemon=True
        )
        process.start()
        self.running.append(process)
        await until(path.with_suffix(f".{process.pid}.ready").exists)
        return int(process.pid)

    async def loop(self, name: str, plans: list[Plan]) -> float:
        """Seconds of the bare loop over these plans, in a process like a studio's."""
        path = self.settings.home / "loop"
        path.unlink(missing_ok=True)
        process = self.fork.Process(target=bench_studio.loop, args=(name, plans, path))
        process.start()
        await asyncio.to_thread(process.join, _SECONDS_MAX)
        return float(path.read_text(encoding="utf-8"))

    async def order(self, brief: Brief, sampler: str, seed: int) -> SamplingOrder:
        """A generation that was asked for, as the studio gets it."""
        generation_id, account_id = draw("gen"), draw("acc")
        brief = brief.model_copy(update={"sampler": sampler})
        command = RequestVideo(
            command_id=f"bench/{generation_id}",
            at=system_clock(),
            generation_id=generation_id,
            account_id=account_id,
            brief=brief,
        )
        decision = Decision(GENERATION, generation_id, command)
        await self.ledger.perform([decision], Context("client/bench", generation_id))
        return SamplingOrder(
            generation_id=generation_id,
            account_id=account_id,
            command_id=f"bench/{generation_id}/sample",
            at=system_clock(),
            actor="client/bench",
            brief=brief,
            seed=seed,
        )

    async def sampled(self, order: SamplingOrder, queue: str) -> Take:
        """Have a take sampled on a queue, by as many attempts as it needs."""
        take: Take = await self.client.execute_activity(
            "sample_take",
            order,
            id=order.command_id,
            task_queue=queue,
            result_type=Take,
            start_to_close_timeout=timedelta(seconds=_SECONDS_MAX),
            heartbeat_timeout=timedelta(seconds=HEARTBEAT_SECONDS),
            retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=100)),
        )
        return take

    def kill(self, pid: int) -> None:
        """SIGKILL, and no last word; one that is gone already is no error."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        for process in [each for each in self.running if each.pid == pid]:
            process.join()
            self.running.remove(process)


@asynccontextmanager
async def opened() -> AsyncIterator[Hall]:
    """The servers, ready, with a forkserver that has imported torch once for all studios."""
    fork = multiprocessing.get_context("forkserver")
    fork.set_forkserver_preload(["infra.cli.bench_studio"])
    with tempfile.TemporaryDirectory(prefix="callsheet-sampler-") as home:
        settings = Settings.read().filled(home=Path(home), log_level="error")
        async with EmbeddedServers(settings) as servers:
            await prepare(servers.settings)
            async with open_ledger(servers.settings) as ledger:
                client = await connect(servers.settings, role="bench")
                hall = Hall(servers.settings, client, ledger, fork)
                try:
                    yield hall
                finally:
                    for process in list(hall.running):
                        hall.kill(int(process.pid or 0))


def undisturbed(plan: Plan, folder: Path) -> str:
    """The hash of a plan's file, made here without waiting."""
    sampler = SimulatedSampler(LONG_STEPS, 0)
    path = folder / f"{plan.key}.mkv"
    state = sampler.advance(plan, sampler.start(plan), lambda _: None)
    write_mezzanine(sampler.decode(plan, state), path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def plan_of(name: str, order: SamplingOrder) -> Plan:
    """What a sampler of the bench plans for an order."""
    return bench_studio.bare(name).plan(order_request(order))


def reached(journal: Journal, plan_key: str, step: int) -> bool:
    """Whether a plan has come to this step."""
    return any(each.plan_key == plan_key and each.step >= step for each in journal.read())


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something that another process does, for a minute at most."""
    give_up_at = time.monotonic() + _SECONDS_MAX
    while not holds():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"nothing happened in {_SECONDS_MAX:g} s")
        await asyncio.sleep(_GLANCE_SECONDS)
