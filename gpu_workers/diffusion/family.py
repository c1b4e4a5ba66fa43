"""What differs between families of models: their inputs, their grid, and how they are decoded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gpu_workers.cards.card import Recipe
from gpu_workers.clip import Pictures, Sound
from gpu_workers.diffusion.solver import Tensors
from gpu_workers.sampler import Plan


@dataclass(frozen=True)
class Canvas:
    """What the model is asked to fill for one shot; the shot is cut out of it.

    ``width``×``height`` pixels and ``frames`` lie on the model's grid, ``fps`` is its rate; the
    first ``lead`` frames repeat the source that the shot goes on from.
    """

    width: int
    height: int
    frames: int
    fps: float
    lead: int = 0


@dataclass(frozen=True)
class Sources:
    """The references of one shot as pictures, each already of the canvas's size and rate."""

    first: Pictures | None = None
    tail: Pictures | None = None
    remix: Pictures | None = None
    keep: float = 0.0
    likenesses: tuple[Pictures, ...] = ()


class Family(Protocol):
    """One kind of pipeline."""

    @property
    def pipeline(self) -> str:
        """The name of its class in diffusers."""
        ...

    @property
    def fps(self) -> float | None:
        """The only rate it samples at, or None where it is told the rate."""
        ...

    @property
    def moving_likenesses(self) -> bool:
        """Whether a clip of somebody is looked at as a whole, or as one picture."""
        ...

    @property
    def prepared_by(self) -> Mapping[str, str]:
        """The tensors of a checkpoint, each with the pipeline's method that draws it."""
        ...

    def grid(self, pipeline: Any) -> tuple[int, int]:
        """Sides are multiples of the first number; frames are 1 more than one of the second."""
        ...

    def inputs(self, pipeline: Any, canvas: Canvas, recipe: Recipe, sources: Sources) -> Any:
        """The pipeline's arguments for one shot, besides prompt, seed and callbacks."""
        ...

    def pictures(self, pipeline: Any, latents: Tensors, canvas: Canvas) -> Pictures:
        """Decode one shot: uint8 [canvas.frames, canvas.height, canvas.width, 3].

        Raises LatentsNotFinite, as ``sound`` does.
        """
        ...

    def glance(self, pipeline: Any, latents: Tensors, canvas: Canvas) -> Pictures:
        """Decode a moment from the middle alone: uint8 [1, canvas.height, canvas.width, 3]."""
        ...

    def sound(self, pipeline: Any, latents: Tensors) -> Sound | None:
        """Decode the sound of one shot: float32 [channels, samples]; None where there is none."""
        ...


def canvas_for(family: Family, pipeline: Any, plan: Plan, shot: int) -> Canvas:
    """The smallest canvas of the model's grid that holds a shot of the plan."""
    multiple, ratio = family.grid(pipeline)
    fps = family.fps or float(plan.fps)
    extends = shot == 0 and any(each.use == "extend" for each in plan.references)
    lead = ratio + 1 if extends else 0
    needed = math.ceil(plan.shot_frames[shot] / plan.fps * fps - 1e-9) + lead
    return Canvas(
        width=math.ceil(plan.width / multiple) * multiple,
        height=math.ceil(plan.height / multiple) * multiple,
        frames=max(1, math.ceil((needed - 1) / ratio)) * ratio + 1,
        fps=fps,
        lead=lead,
    )


def cut_out(pictures: Pictures, canvas: Canvas, plan: Plan, frames: int) -> Pictures:
    """``frames`` pictures of the plan's size and rate out of a decoded canvas."""
    moments = (np.arange(frames) + 0.5) / plan.fps
    index = np.minimum(canvas.lead + (moments * canvas.fps).astype(int), len(pictures) - 1)
    top, left = (canvas.height - plan.height) // 2, (canvas.width - plan.width) // 2
    return pictures[index, top : top + plan.height, left : left + plan.width]


def as_bytes(pictures: NDArray[np.float32]) -> Pictures:
    """Pictures in [0, 1] as uint8; what lies outside is shown as the nearest that can be."""
    return np.rint(np.clip(pictures, 0, 1) * 255).astype(np.uint8)
