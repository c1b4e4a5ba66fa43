"""How the tests are dealt out to the processes that ``./callsheet test`` runs side by side."""

from __future__ import annotations

from typing import Final

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

_SHARING: Final = (
    "tests/workflows/",
    "tests/projections/",
    "tests/contracts/",
    "tests/infra/",
)
"""Most tests here share servers: one process runs them all and starts those servers once."""
_TURNS: Final = (
    *_SHARING,
    "tests/faults/",
    "tests/privacy/",
    "tests/replay/",
    "tests/gpu_workers/test_conformance.py",
    "tests/activities/test_likeness_trials.py",
    "tests/architecture/",
    "tests/gpu_workers/",
    "tests/activities/",
)


class _Scheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist's classes are untyped
    """Tests that share servers stay together; of the others each file stays whole."""

    def _split_scope(self, nodeid: str) -> str:
        return "servers" if nodeid.startswith(_SHARING) else nodeid.split("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Deal the files out in the order in which they were collected."""
    config.option.loadscopereorder = False
    return _Scheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that no process waits for another at the end."""
    items.sort(key=lambda item: _turn(item.nodeid))


def _turn(nodeid: str) -> int:
    turns = (turn for turn, folder in enumerate(_TURNS) if nodeid.startswith(folder))
    return next(turns, len(_TURNS))
