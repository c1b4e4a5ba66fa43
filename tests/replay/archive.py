"""Recorded histories, kept as protobuf: half a megabyte of JSON is some ten kilobytes so."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from temporalio.api.history.v1 import History
from temporalio.client import WorkflowHistory

FOLDER: Final = Path(__file__).with_name("histories")


def names() -> list[str]:
    """The histories that are kept."""
    return sorted(path.stem for path in FOLDER.glob("*.pb"))


def read(name: str) -> WorkflowHistory:
    """A kept history; its workflow id stands in its first event."""
    history = History.FromString((FOLDER / f"{name}.pb").read_bytes())
    started = history.events[0].workflow_execution_started_event_attributes
    return WorkflowHistory(started.workflow_id, list(history.events))


def write(name: str, history: WorkflowHistory) -> Path:
    """Keep a history."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.pb"
    path.write_bytes(History(events=history.events).SerializeToString())
    return path
