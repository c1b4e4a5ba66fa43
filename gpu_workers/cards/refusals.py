"""Why a model cannot take a request: its licence, what it can do, or a limit."""

from __future__ import annotations

from domain.kernel.errors import Refusal


class LicenceExcludesRegion(Refusal):
    """The model's licence does not hold where this studio works."""

    code = "licence-excludes-region"
    stage = "planning"
    next_step = "Choose a model whose licence covers the region, or name the studio's regions."


class LicenceCapsRevenue(Refusal):
    """The model's free licence ends below the revenue of whoever runs this studio."""

    code = "licence-caps-revenue"
    stage = "planning"
    next_step = "Obtain a commercial licence, choose another model, or state the yearly revenue."


class LicenceAsksForMark(Refusal):
    """The model's licence asks for a watermark, and this studio does not set one."""

    code = "licence-asks-for-mark"
    stage = "planning"
    next_step = "Switch marking on, or choose a model without that duty."


class AbilityMissing(Refusal):
    """The model cannot do what is asked."""

    code = "ability-missing"
    stage = "planning"
    next_step = "Choose a model that can, or leave that reference out."


class ReferencesNotTaken(Refusal):
    """The model does not take these references."""

    code = "references-not-taken"
    stage = "planning"
    next_step = "Give fewer references, or choose a model that takes them."


class PromptTooLong(Refusal):
    """The prompt is longer than the model reads."""

    code = "prompt-too-long"
    stage = "planning"
    next_step = "Shorten the prompt; what lies beyond the limit would be ignored silently."


class DirectionNotTaken(Refusal):
    """The model does not obey what a shot says of its cast, its lines or its camera."""

    code = "direction-not-taken"
    stage = "planning"
    next_step = "Leave it out of the shot, or choose a model that takes it."
