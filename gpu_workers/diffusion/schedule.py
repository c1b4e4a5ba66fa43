"""A noise schedule that can be entered at any step and remembers nothing between two steps.

The whole schedule is computed and its beginning cut off. Handing a pipeline the tail of the
sigmas gives the same numbers where it takes sigmas at all, which Wan's does not; and Euler, unlike
the multistep solvers, needs no memory of earlier steps, so the latents alone are a checkpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteSchedulerOutput,
)


class CutSchedule(FlowMatchEulerDiscreteScheduler):  # type: ignore[misc]  # diffusers is not typed
    """Euler's method on the part of the schedule that lies after ``steps_done``."""

    steps_done = 0
    timesteps: torch.Tensor
    sigmas: torch.Tensor

    @staticmethod
    def like(scheduler: Any) -> CutSchedule:
        """The same schedule as ``scheduler``; a multistep solver's shift is kept."""
        shift = scheduler.config.get("flow_shift")
        made: CutSchedule = (
            CutSchedule.from_config(scheduler.config) if shift is None else CutSchedule(shift=shift)
        )
        return made

    def set_timesteps(
        self,
        num_inference_steps: int | None = None,
        device: str | torch.device | None = None,
        sigmas: Sequence[float] | None = None,
        mu: float | None = None,
        timesteps: Sequence[float] | None = None,
    ) -> None:
        """Compute the whole schedule, then keep what is still to be done."""
        super().set_timesteps(num_inference_steps, device, sigmas, mu, timesteps)
        self.timesteps = self.timesteps[self.steps_done :]
        self.sigmas = self.sigmas[self.steps_done :]

    def step(self, *args: Any, return_dict: bool = True, **kwargs: Any) -> Any:
        """One step, whose sample lies in memory as one read from a checkpoint does.

        On CUDA a product of matrices is summed in another order when a tensor lies transposed, as
        packed noise does: what went on from a checkpoint came to other bytes than what never
        stopped.
        """
        (sample,) = super().step(*args, return_dict=False, **kwargs)
        sample = sample.contiguous()
        if not return_dict:
            return (sample,)
        return FlowMatchEulerDiscreteSchedulerOutput(prev_sample=sample)
