"""A studio with a server of videos, for tests: it keeps what was said of jobs taken back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from gpu_workers.sampler import Plan, State
from gpu_workers.video_server.engines import Engine
from gpu_workers.video_server.sampler import VideoServerSampler
from gpu_workers.video_server.settings import VideoServerSettings
from gpu_workers.video_server.withdrawal import Withdrawal
from tests.gpu_workers.orders import ignore, order
from tests.gpu_workers.video_server_double import MODEL, VideoServerDouble

SECRET = "a red dog nobody may hear of"


class Stop(Exception):
    """Nobody wants the take any more."""


class Leaving(Exception):
    """Another worker goes on."""

    goes_on_elsewhere = True


class Studio:
    """A sampler of this server, and what it said about jobs that it took back."""

    def __init__(self, server: VideoServerDouble, **changes: object) -> None:
        settings = VideoServerSettings(
            base_url=server.url,
            engine=server.engine,
            model=MODEL,
            licence="none",
            poll_seconds=0.01,
            patience_seconds_max=0.6,
            withdrawal_seconds_max=0.6,
        )
        self.settings = dataclasses.replace(settings, **changes)  # type: ignore[arg-type]
        self.withdrawn: list[Withdrawal] = []
        self.sampler = VideoServerSampler(self.settings, self.withdrawn.append)

    def plan(self, *prompts: str, **changes: int | float) -> Plan:
        return self.sampler.plan(order(*(prompts or (SECRET,)), **changes))  # type: ignore[arg-type]

    def advance(self, plan: Plan, state: State | None = None, upto: int | None = None) -> State:
        return self.sampler.advance(plan, state or self.sampler.start(plan), ignore, upto)

    def stopped(self, plan: Plan, when: Callable[[State], bool], stop: Exception) -> State:
        """Run until ``when``, then be stopped; the state reached."""
        reached: list[State] = []

        def on_step(state: State) -> None:
            reached.append(state)
            if when(state):
                raise stop

        with pytest.raises(type(stop)):
            self.sampler.advance(plan, self.sampler.start(plan), on_step)
        return reached[-1]


def served_by(server: VideoServerDouble, engine: Engine) -> VideoServerDouble:
    server.engine = engine
    return server
