"""Another process that samples: a line ``finish`` or ``begin SAMPLER PLAN.json STATE`` for each.

``finish`` goes on from the saved state and answers with the fingerprint of the clip. ``begin``
answers with the id of a process of its own that samples from the start and saves each state in that
place, until it is killed. All ends with the input. One process serves many tests, because bringing
the libraries into memory takes longer than all that they sample.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from gpu_workers import registry
from gpu_workers.sampler import Plan, Sampler, State
from tests.gpu_workers.orders import fingerprint, ignore


def main() -> None:
    """Answer each line with one line."""
    for line in sys.stdin:
        what, name, plan_path, state_path = line.split()
        plan = Plan.model_validate_json(Path(plan_path).read_text())
        answer = {"finish": _finished, "begin": _begun}[what](name, plan, Path(state_path))
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def _finished(name: str, plan: Plan, state: Path) -> str:
    sampler = _loaded(name)
    done = sampler.advance(plan, State.load(state.read_bytes()), ignore)
    return fingerprint(sampler.decode(plan, done))


def _begun(name: str, plan: Plan, state: Path) -> int:
    child = os.fork()
    if child:
        return child
    try:
        _sample_until_killed(_loaded(name), plan, state)
    finally:
        os._exit(1)


def _sample_until_killed(sampler: Sampler, plan: Plan, place: Path) -> None:
    def save(state: State) -> None:
        new = place.with_suffix(".new")
        new.write_bytes(state.dump())
        new.replace(place)
        time.sleep(0.05)

    sampler.advance(plan, sampler.start(plan), save)
    time.sleep(60)


def _loaded(name: str) -> Sampler:
    sampler = registry.make(name)
    sampler.load()
    return sampler


if __name__ == "__main__":
    main()
