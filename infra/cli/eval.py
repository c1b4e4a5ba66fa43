"""``eval NAME``: judge what models and rules decide, on examples with known answers."""

from __future__ import annotations

from typing import Final

import typer

from infra.cli.lazy import Entry, LazyGroup

EVALS: Final = {
    "enrolment": Entry(
        "infra.cli.eval_enrolment:evaluate", "Attacks on enrolment and honest clips, per check."
    ),
}


class _Evals(LazyGroup):
    entries = EVALS


evaluate = typer.Typer(
    cls=_Evals, no_args_is_help=True, add_completion=False, rich_markup_mode=None
)


@evaluate.callback()
def _eval() -> None:
    """Judge one thing. Each prints its figures and takes --json FILE."""
