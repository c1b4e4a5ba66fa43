"""``check``: lint, types, import contracts and the fast tests, each with its time."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

ROOT: Final = Path(__file__).resolve().parents[2]
ROOMS: Final = (
    "domain",
    "activities",
    "workflows",
    "gpu_workers",
    "projections",
    "infra",
    "tests",
)
FAST: Final = "not servers and not stack and not kurrent and not gpu"
_STATIC_TESTS: Final = "tests/architecture/test_static_checks.py"


@dataclass(frozen=True)
class Step:
    """One tool, its arguments, and what to do when it complains."""

    name: str
    arguments: tuple[str, ...]
    remedy: str


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)


STATIC: Final = (
    Step("lint", _python("ruff", "check", "."), "Correct it, or try ruff check --fix."),
    Step("format", _python("ruff", "format", "--check", "."), "Run ruff format."),
    Step("types", _python("mypy", *ROOMS), "Correct the types."),
    Step(
        "imports",
        (str(Path(sysconfig.get_path("scripts")) / "lint-imports"),),
        "Imports point inward; see .importlinter.",
    ),
)
FAST_TESTS: Final = Step(
    "fast tests",
    _python("pytest", "-q", "-m", FAST, "--ignore", _STATIC_TESTS),
    "Correct the code or the test.",
)


@dataclass(frozen=True)
class Result:
    """How a step went: its output and how many seconds it took."""

    step: Step
    ok: bool
    output: str
    seconds: float


def run_step(step: Step) -> Result:
    """Run one step from the root of the repository and keep what it says."""
    began = time.monotonic()
    done = subprocess.run(
        step.arguments,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Result(step, done.returncode == 0, done.stdout.strip(), time.monotonic() - began)


def check(
    static: Annotated[bool, typer.Option("--static", help="Leave the fast tests out.")] = False,
) -> None:
    """Lint, types, import contracts and the tests that need no servers."""
    steps = STATIC if static else (*STATIC, FAST_TESTS)
    failed = [result for result in map(_told, steps) if not result.ok]
    if failed:
        typer.echo(f"\n{len(failed)} of {len(steps)} checks failed:")
        for result in failed:
            typer.echo(f"  {result.step.name}: {result.step.remedy}")
        raise typer.Exit(1)
    typer.echo(f"\nAll {len(steps)} checks hold.")


def _told(step: Step) -> Result:
    result = run_step(step)
    typer.echo(f"{'ok    ' if result.ok else 'FAILED'}  {step.name:<12} {result.seconds:6.1f} s")
    if not result.ok:
        typer.echo(result.output)
    return result
