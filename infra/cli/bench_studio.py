"""A studio process for ``bench sampler``: the real one, whose samplers keep a journal of each step.

A line is written with one system call before the step after it begins, so that it outlives a kill.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from gpu_workers import registry
from gpu_workers.clip import Clip, Pictures
from gpu_workers.sampler import OnStep, Plan, Sampler, SamplingRequest, State, decoded
from gpu_workers.simulated import SimulatedSampler
from infra.cli.processes import until_asked_to_stop
from infra.processes import studio
from infra.settings import Settings
from infra.telemetry import logs
from infra.temporal.deployment import load

SHORT: Final = "simulated-short"
STAGE: Final = "simulated-stage"
LONG: Final = "simulated-long"
LONG_STEPS: Final = 60
_SIMULATED: Final = {SHORT: (10, 0.2), STAGE: (20, 0.6), LONG: (LONG_STEPS, 4.5)}
"""Steps, and the seconds of all together."""


class Line(NamedTuple):
    """What happened in a studio, and when in seconds since the boot.

    A job ``began`` and ``ended``; a ``step`` is done, and the ``next`` one begins.
    """

    pid: int
    plan_key: str
    what: str
    step: int
    at: float


class Journal:
    """Lines that several processes append to one file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def writing(self) -> Iterator[int]:
        """The file, opened for lines that are written whole."""
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            yield file
        finally:
            os.close(file)

    def read(self) -> list[Line]:
        """Every whole line so far."""
        if not self.path.exists():
            return []
        text = self.path.read_text(encoding="utf-8")
        return [Line(*json.loads(line)) for line in text.splitlines(keepends=True) if "\n" in line]


@dataclass(frozen=True)
class Journalled:
    """A sampler that is watched."""

    sampler: Sampler
    journal: Journal

    @property
    def name(self) -> str:
        """The name of the sampler itself."""
        return self.sampler.name

    def load(self) -> None:
        """Load the sampler."""
        self.sampler.load()

    def plan(self, request: SamplingRequest) -> Plan:
        """The sampler's plan."""
        return self.sampler.plan(request)

    def start(self, plan: Plan) -> State:
        """The sampler's start."""
        return self.sampler.start(plan)

    def advance(self, plan: Plan, state: State, on_step: OnStep, upto: int | None = None) -> State:
        """The sampler's steps, each with its line."""
        with self.journal.writing() as file:

            def note(what: str, step: int) -> None:
                line = Line(os.getpid(), plan.key, what, step, time.monotonic())
                os.write(file, (json.dumps(line) + "\n").encode())

            def on_noted_step(state: State) -> None:
                note("step", state.step)
                on_step(state)
                if state.step < plan.steps:
                    note("next", state.step + 1)

            note("began", state.step)
            try:
                return self.sampler.advance(plan, state, on_noted_step, upto)
            finally:
                note("ended", state.step)

    def preview(self, plan: Plan, state: State) -> Pictures:
        """The sampler's preview."""
        return self.sampler.preview(plan, state)

    def decode(self, plan: Plan, state: State) -> Clip:
        """The sampler's clip."""
        return self.sampler.decode(plan, state)

    def decode_heeding(self, plan: Plan, state: State, heed: Callable[[], None]) -> Clip:
        """The sampler's clip, made as the studio makes it."""
        return decoded(self.sampler, plan, state, heed)


def bare(name: str) -> Sampler:
    """A sampler of the bench, loaded: a simulated one, or one of the registry."""
    if name in _SIMULATED:
        return SimulatedSampler(*_SIMULATED[name])
    return registry.loaded(name)


def work(settings: Settings, queue: str, journal_path: Path, warm: str) -> None:
    """Serve a queue of its own until killed or asked to stop; ``warm`` is loaded first."""
    logs.configure(settings, studio.ROLE)
    journal = Journal(journal_path)

    @cache
    def samplers(name: str) -> Sampler:
        return Journalled(bare(name), journal)

    samplers(warm)
    deployment = load()
    ours = deployment.model_copy(update={"task_queues": {queue: deployment.task_queues["gpu"]}})

    async def main(settings: Settings, _: Callable[[], None]) -> None:
        ready = journal_path.with_suffix(f".{os.getpid()}.ready")
        await studio.serve(settings, ready.touch, samplers, ours)

    asyncio.run(until_asked_to_stop(main, settings, studio.ROLE))


def loop(name: str, plans: list[Plan], path: Path) -> None:
    """The bare model loop: start, steps and decoding of each plan, one after the other."""
    sampler = bare(name)
    for plan in plans[:1]:
        sampler.decode(plan, sampler.advance(plan, sampler.start(plan), _ignore))
    begun = time.monotonic()
    for plan in plans:
        sampler.decode(plan, sampler.advance(plan, sampler.start(plan), _ignore))
    path.write_text(str(time.monotonic() - begun), encoding="utf-8")


def _ignore(state: State) -> None:
    pass
