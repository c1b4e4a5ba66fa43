"""Why a take cannot become a film."""

from __future__ import annotations

from domain.kernel.errors import Refusal


class TakeUnusable(Refusal):
    """This take cannot be made into a film."""

    code = "take-unusable"
    stage = "assembling"
    next_step = "Ask for the generation again; the studio samples a new take."


class FilmFaulty(Refusal):
    """The film does not hold what its take holds, and is not used."""

    code = "film-faulty"
    stage = "assembling"
    next_step = "Give the operator this generation's id; encoding again would give the same film."
