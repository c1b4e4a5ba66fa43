"""A sampler whose steps only take time: what is left of a generation is then the tax on it."""

from __future__ import annotations

import time
from typing import Final

import numpy as np
import torch

from gpu_workers.clip import Clip, Pictures, samples_for
from gpu_workers.sampler import OnStep, Plan, SamplingRequest, State, environment

STEPS: Final = 10
STAGE_SECONDS: Final = 0.5
_RATE: Final = 48_000


class SimulatedSampler:
    """Ten steps of 50 ms, then a grey clip: the stand-in for a GPU stage in ``bench tax``."""

    name = "simulated"

    def load(self) -> None:
        """There are no weights."""

    def plan(self, request: SamplingRequest) -> Plan:
        """The request as a plan of ten steps."""
        return Plan(
            model=self.name,
            weights_sha256="0" * 64,
            shots=request.shots,
            width=request.width,
            height=request.height,
            fps=request.fps,
            sample_rate=_RATE,
            seed=request.seed,
            steps=STEPS,
        )

    def start(self, plan: Plan) -> State:
        """Step 0."""
        return State(plan.key, 0, {"x": torch.zeros(1)}, environment())

    def advance(self, plan: Plan, state: State, on_step: OnStep, upto: int | None = None) -> State:
        """Wait for each step as a host waits for its device."""
        for step in range(state.step + 1, (upto or plan.steps) + 1):
            time.sleep(STAGE_SECONDS / STEPS)
            state = State(plan.key, step, state.tensors, state.environment)
            on_step(state)
        return state

    def preview(self, plan: Plan, state: State) -> Pictures:
        """Nothing to see."""
        return np.zeros((0, plan.height, plan.width, 3), np.uint8)

    def decode(self, plan: Plan, state: State) -> Clip:
        """A grey, silent clip."""
        state.require_finished(plan)
        samples = samples_for(plan.frames, plan.fps, plan.sample_rate)
        return Clip(
            frames=np.full((plan.frames, plan.height, plan.width, 3), 128, np.uint8),
            audio=np.zeros((2, samples), np.float32),
            fps=plan.fps,
            sample_rate=plan.sample_rate,
        )
