"""A sampler whose steps only take time: what is left of a generation is then the tax on it.

Its numbers are worth nothing, but each step folds them on, so bytes tell whether all were done.
"""

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
_NUMBERS: Final = 64


class SimulatedSampler:
    """Ten steps of 50 ms unless told otherwise: the stand-in for a GPU stage in benches."""

    def __init__(self, steps: int = STEPS, stage_seconds: float = STAGE_SECONDS) -> None:
        self._steps, self._step_seconds = steps, stage_seconds / steps

    @property
    def name(self) -> str:
        """What requests and plans call it."""
        return "simulated"

    def load(self) -> None:
        """There are no weights."""

    def plan(self, request: SamplingRequest) -> Plan:
        """The request as a plan of so many steps."""
        return Plan(
            model=self.name,
            weights_sha256="0" * 64,
            shots=request.shots,
            width=request.width,
            height=request.height,
            fps=request.fps,
            sample_rate=_RATE,
            seed=request.seed,
            steps=self._steps,
        )

    def start(self, plan: Plan) -> State:
        """Step 0: numbers that follow from the seed."""
        chance = torch.Generator().manual_seed(plan.seed)
        numbers = torch.rand(_NUMBERS, generator=chance, dtype=torch.float64)
        return State(plan.key, 0, {"x": numbers}, environment())

    def advance(self, plan: Plan, state: State, on_step: OnStep, upto: int | None = None) -> State:
        """Wait for each step as a host waits for its device."""
        state.require(plan)
        for step in range(state.step + 1, (upto or plan.steps) + 1):
            time.sleep(self._step_seconds)
            folded = torch.frac(state.tensors["x"] * 3.7 + step / 7)
            state = State(plan.key, step, {"x": folded}, state.environment)
            on_step(state)
        return state

    def preview(self, plan: Plan, state: State) -> Pictures:
        """Nothing to see."""
        return np.zeros((0, plan.height, plan.width, 3), np.uint8)

    def decode(self, plan: Plan, state: State) -> Clip:
        """A clip of one grey after the other, in silence."""
        state.require_finished(plan)
        greys = (state.tensors["x"].numpy() * 255).astype(np.uint8)
        shown = greys[np.arange(plan.frames) % _NUMBERS]
        frames = np.broadcast_to(
            shown[:, None, None, None], (plan.frames, plan.height, plan.width, 3)
        )
        samples = samples_for(plan.frames, plan.fps, plan.sample_rate)
        return Clip(
            frames=np.ascontiguousarray(frames),
            audio=np.zeros((2, samples), np.float32),
            fps=plan.fps,
            sample_rate=plan.sample_rate,
        )
