"""Which samplers there are, by name; each is imported only when it is asked for.

The names can be read without torch, so that a door refuses a name that no studio knows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final

from domain.kernel.errors import Refusal

if TYPE_CHECKING:
    from gpu_workers.sampler import Sampler


class SamplerUnknown(Refusal):
    """There is no sampler of this name."""

    code = "sampler-unknown"
    stage = "planning"
    next_step = "Name one of the samplers that this studio lists."


def _animatic() -> Sampler:
    from gpu_workers.animatic.sampler import AnimaticSampler

    return AnimaticSampler()


def _ltx2() -> Sampler:
    from gpu_workers.diffusion.ltx2 import Ltx2
    from gpu_workers.diffusion.sampler import DiffusionSampler
    from gpu_workers.diffusion.workshop import Workshop

    return DiffusionSampler("ltx2", Ltx2(), Workshop.from_environment())


def _ltx2_condition() -> Sampler:
    from gpu_workers.diffusion.ltx2 import Ltx2Condition
    from gpu_workers.diffusion.sampler import DiffusionSampler
    from gpu_workers.diffusion.workshop import Workshop

    return DiffusionSampler("ltx2-condition", Ltx2Condition(), Workshop.from_environment())


def _ltx2_in_context() -> Sampler:
    from gpu_workers.diffusion.ltx2 import Ltx2InContext
    from gpu_workers.diffusion.sampler import DiffusionSampler
    from gpu_workers.diffusion.workshop import Workshop

    return DiffusionSampler("ltx2-in-context", Ltx2InContext(), Workshop.from_environment())


def _sketch() -> Sampler:
    from gpu_workers.sketch.sampler import made

    return made()


def _video_server() -> Sampler:
    from gpu_workers.video_server.sampler import VideoServerSampler

    return VideoServerSampler.configured()


def _wan_vace() -> Sampler:
    from gpu_workers.diffusion.sampler import DiffusionSampler
    from gpu_workers.diffusion.wan import WanVace
    from gpu_workers.diffusion.workshop import Workshop

    return DiffusionSampler("wan-vace", WanVace(), Workshop.from_environment())


_MAKERS: Final[dict[str, Callable[[], Sampler]]] = {
    "animatic": _animatic,
    "ltx2": _ltx2,
    "ltx2-condition": _ltx2_condition,
    "ltx2-in-context": _ltx2_in_context,
    "sketch": _sketch,
    "video-server": _video_server,
    "wan-vace": _wan_vace,
}

DEFAULT: Final = "sketch"


def names() -> tuple[str, ...]:
    """The samplers of this studio, in the order of the alphabet."""
    return tuple(sorted(_MAKERS))


def make(name: str) -> Sampler:
    """A new sampler, not loaded yet. Raises SamplerUnknown."""
    if name not in _MAKERS:
        raise SamplerUnknown(f"The samplers are: {', '.join(names())}.")
    return _MAKERS[name]()


@cache
def loaded(name: str) -> Sampler:
    """A sampler with its weights in memory, once per process. Raises SamplerUnknown.

    One thread for each tensor operation: jobs run side by side, and bytes must not depend on how
    many cores there are.
    """
    import torch

    torch.set_num_threads(1)
    sampler = make(name)
    sampler.load()
    return sampler
