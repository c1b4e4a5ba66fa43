"""Why a diffusion model cannot sample: its weights, its library, its sources or its numbers."""

from __future__ import annotations

from domain.kernel.errors import Refusal


class LibraryMissing(Refusal):
    """This sampler needs libraries that are not installed."""

    code = "library-missing"
    stage = "planning"
    next_step = "Install the extra named diffusers, or choose another sampler."


class WeightsMissing(Refusal):
    """The model's weights are not in the studio's folder."""

    code = "weights-missing"
    stage = "planning"
    next_step = "Put the weights there as diffusers saves them, in safetensors."


class WeightsUnreadable(Refusal):
    """The model's weights are there but cannot be read."""

    code = "weights-unreadable"
    stage = "planning"
    next_step = "Fetch the weights again; the file is cut short or of another model."


class WeightsChanged(Refusal):
    """The weights in the studio's folder are not those that the plan was made with."""

    code = "weights-changed"
    stage = "sampling"
    next_step = "Plan again with the present weights, or put the former ones back."


class LatentsNotFinite(Refusal):
    """The model's numbers grew beyond all bounds, so there is no clip."""

    code = "latents-not-finite"
    stage = "sampling"
    next_step = (
        "Ask with another seed or lower guidance; if it stays, check the weights' precision."
    )
