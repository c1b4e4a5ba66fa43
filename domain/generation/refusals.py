"""Why a request about a generation cannot be granted."""

from __future__ import annotations

from domain.kernel.errors import Refusal


class GenerationUnknown(Refusal):
    """No generation with this id has been requested."""

    code = "generation-unknown"
    next_step = "Check the id, or ask for a video with POST /v1/generations."


class AlreadyRequested(Refusal):
    """A generation with this id exists and was asked for with another brief."""

    code = "generation-already-requested"
    next_step = "Use a new generation id."


class AlreadySettled(Refusal):
    """This generation has already been completed, failed or cancelled."""

    code = "generation-already-settled"
    stage = "settlement"
    next_step = "Read its outcome; ask for a new generation if you want another."


class NotYetSampled(Refusal):
    """The studio has not sampled this generation yet."""

    code = "generation-not-sampled"
    stage = "sampling"
    next_step = "Wait for its take."


class ShotUnknown(Refusal):
    """This generation has no such shot."""

    code = "shot-unknown"
    stage = "sampling"
    next_step = "Name one of its shots by its number, counted from 1."


class NotStored(Refusal):
    """The rendition of this generation has not been stored and read back yet."""

    code = "generation-not-stored"
    stage = "release"
    next_step = "Store the rendition first; nothing is called complete without it."
