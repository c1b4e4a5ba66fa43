"""Lint, format, types and import contracts hold; ``./callsheet check`` runs the same steps."""

from __future__ import annotations

import pytest

from infra.cli.check import STATIC, Step, run_step


@pytest.mark.timeout(600)
@pytest.mark.parametrize("step", STATIC, ids=lambda step: step.name)
def test_the_static_checks_hold(step: Step) -> None:
    result = run_step(step)
    assert result.ok, f"{result.output}\n{step.remedy}"
