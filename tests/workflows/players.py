"""A sampler of tests that shows whom it was given: it keeps its plans and takes time for a step."""

from __future__ import annotations

from typing import Final

from gpu_workers.sampler import OnStep, Plan, SamplingRequest, State
from gpu_workers.simulated import SimulatedSampler

STEPS: Final = 100
STEP_SECONDS: Final = 0.02


class Players(SimulatedSampler):
    """Takes any cast and every reference. ``plans`` are all that it was asked for.

    ``reached`` is the last step that it has done.
    """

    def __init__(self) -> None:
        super().__init__(STEPS, STEPS * STEP_SECONDS)
        self.plans: list[Plan] = []
        self.reached = 0

    @property
    def name(self) -> str:
        return "players"

    def plan(self, request: SamplingRequest) -> Plan:
        plan = super().plan(request).model_copy(update={"references": request.references})
        self.plans.append(plan)
        return plan

    def advance(self, plan: Plan, state: State, on_step: OnStep, upto: int | None = None) -> State:
        def stepped(reached: State) -> None:
            self.reached = reached.step
            on_step(reached)

        return super().advance(plan, state, stepped, upto)
