"""``eval NAME``: judge what models and rules decide, on examples with known answers."""

from __future__ import annotations

from typing import Final

import typer

from infra.cli.lazy import Entry, LazyGroup

EVALS: Final = {
    "enrolment": Entry(
        "infra.cli.eval_enrolment:evaluate", "Attacks on enrolment and honest clips, per check."
    ),
    "moderation": Entry(
        "infra.cli.eval_moderation:evaluate", "Detectors and policy on labelled prompts."
    ),
    "sketch": Entry(
        "infra.cli.eval_sketch:evaluate", "Does the built-in model do what captions say?"
    ),
}


class _Evals(LazyGroup):
    entries = EVALS


evals = typer.Typer(cls=_Evals, no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@evals.callback()
def _evals() -> None:
    """Judge one model. Each prints its figures and takes --json FILE."""
