"""``test``: the whole test suite, static checks included, with servers of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

import typer

from infra.cli.check import ROOT

SIDE_BY_SIDE: Final = ("-n", "3", "--dist", "loadfile")
"""One process for the tests that share servers, two for the others, which mostly wait for what they
have started; ``-n 0`` runs all in one."""

_SURROUNDINGS: Final = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "CALLSHEET_PROCESSES_START_SECONDS_MAX": "180",
}
"""Threads that wait for a busy core hold one another up; and what starts beside tests is slow."""

test = typer.Typer(add_completion=False)


@test.command(
    name="test",
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": ["--help"],
    },
)
def run(context: typer.Context) -> None:
    """Run pytest on the whole repository in three processes; what you add is handed on to pytest.

    Paths are relative to the root of the repository. Nothing is asked, and pytest's closing line
    is the last one.
    """
    sys.stdout.flush()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *SIDE_BY_SIDE, *context.args],
        cwd=ROOT,
        env=_SURROUNDINGS | os.environ,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    raise typer.Exit(done.returncode)
