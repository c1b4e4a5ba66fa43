"""Another process that goes on from a saved state: ``resume.py SAMPLER PLAN.json STATE``."""

from __future__ import annotations

import sys
from pathlib import Path

from gpu_workers import registry
from gpu_workers.sampler import Plan, State
from tests.gpu_workers.orders import fingerprint, ignore


def main() -> None:
    """Print the fingerprint of the finished clip."""
    name, plan_path, state_path = sys.argv[1:]
    plan = Plan.model_validate_json(Path(plan_path).read_text())
    sampler = registry.make(name)
    sampler.load()
    state = sampler.advance(plan, State.load(Path(state_path).read_bytes()), ignore)
    sys.stdout.write(fingerprint(sampler.decode(plan, state)))


if __name__ == "__main__":
    main()
