"""Run a pipeline's own loop from one step to another, and never a step further.

Stopping is raising from the step callback: the pipelines' ``_interrupt`` would skip what is left
and decode the half-noisy latents as if they were a result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

from gpu_workers.diffusion.refusals import LatentsNotFinite

Tensors = dict[str, torch.Tensor]
OnLatents = Callable[[int, Tensors], None]


class _Reached(Exception):
    """The last step that was asked for is done."""


def solve(
    pipeline: Any,
    inputs: Mapping[str, Any],
    prepared_by: Mapping[str, str],
    done: int,
    upto: int,
    saved: Tensors,
    on_latents: OnLatents,
) -> None:
    """Do the steps after ``done`` up to ``upto``, and hand over the latents after each, on the CPU.

    ``prepared_by`` names, for each tensor of a checkpoint, the pipeline's method that draws it at
    the beginning; ``saved`` holds those tensors, unless nothing was done yet. Raises
    LatentsNotFinite, and whatever ``on_latents`` raises.
    """

    def on_step_end(_: Any, index: int, __: Any, held: dict[str, Any]) -> dict[str, Any]:
        step = done + index + 1
        latents = {name: held[name].detach().to("cpu", copy=True) for name in prepared_by}
        _require_finite(latents, step)
        on_latents(step, latents)
        if step >= upto:
            raise _Reached
        return held

    # A public list without the sound's latents: with them, checkpoints keep the sound.
    pipeline._callback_tensor_inputs = list({*type(pipeline)._callback_tensor_inputs, *prepared_by})
    pipeline.scheduler.steps_done = done
    try:
        with ExitStack() as stack:
            for name, tensor in saved.items():
                stack.enter_context(_given(pipeline, prepared_by[name], tensor))
            pipeline(
                **inputs,
                output_type="latent",
                callback_on_step_end=on_step_end,
                callback_on_step_end_tensor_inputs=list(prepared_by),
            )
    except _Reached:
        pass
    finally:
        pipeline.scheduler.steps_done = 0
        pipeline.maybe_free_model_hooks()


@contextmanager
def _given(pipeline: Any, method: str, tensor: torch.Tensor) -> Iterator[None]:
    """Let ``method`` answer with ``tensor`` in place of the noise that it draws.

    The pipelines' own arguments for latents expect them clean and unpacked, and normalise them:
    what went in would not come out to the bit. Masks and conditions are still prepared as usual.
    """
    draw = getattr(pipeline, method)

    def answer(*args: Any, **kwargs: Any) -> Any:
        drawn = draw(*args, **kwargs)
        first, rest = (drawn[0], drawn[1:]) if isinstance(drawn, tuple) else (drawn, None)
        restored = tensor.to(first.device).contiguous()
        return restored if rest is None else (restored, *rest)

    setattr(pipeline, method, answer)
    try:
        yield
    finally:
        delattr(pipeline, method)


def _require_finite(latents: Tensors, step: int) -> None:
    for name, tensor in latents.items():
        if not bool(torch.isfinite(tensor).all()):
            raise LatentsNotFinite(f"It happened in {name} at step {step}.")
