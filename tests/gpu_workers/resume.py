"""Another process that goes on from saved states: a line ``SAMPLER PLAN.json STATE`` for each.

It answers with the fingerprint of the finished clip, and ends with its input. It goes on for many
tests, because bringing the libraries into memory takes longer than all that they sample.
"""

from __future__ import annotations

import sys
from pathlib import Path

from gpu_workers import registry
from gpu_workers.sampler import Plan, State
from tests.gpu_workers.orders import fingerprint, ignore


def main() -> None:
    """Print one fingerprint for each line."""
    for line in sys.stdin:
        name, plan_path, state_path = line.split()
        plan = Plan.model_validate_json(Path(plan_path).read_text())
        sampler = registry.make(name)
        sampler.load()
        state = sampler.advance(plan, State.load(Path(state_path).read_bytes()), ignore)
        sys.stdout.write(fingerprint(sampler.decode(plan, state)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
