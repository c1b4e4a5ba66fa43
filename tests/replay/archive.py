"""Recorded histories, kept as protobuf: half a megabyte of JSON is some ten kilobytes so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from google.protobuf.message import Message
from temporalio.api.failure.v1 import Failure
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


def covering() -> list[str]:
    """Few histories in which each story does, once at least, all that it does in any of them."""
    left = {name: _doings(read(name)) for name in names()}
    chosen: list[str] = []
    while any(left.values()):
        chosen.append(max(left, key=lambda name: len(left[name])))
        done = left[chosen[-1]]
        left = {name: doings - done for name, doings in left.items()}
    return sorted(chosen)


def _doings(history: WorkflowHistory) -> set[tuple[str, ...]]:
    """Each kind of event of a story; each activity, child, update, signal and patch by name."""
    started = history.events[0].workflow_execution_started_event_attributes
    story, found = started.workflow_type.name, set()
    for event in history.events:
        about = getattr(event, str(event.WhichOneof("attributes")))
        names = (
            getattr(about, name).name
            for name in ("activity_type", "workflow_type")
            if hasattr(about, name)
        )
        updated = getattr(getattr(about, "accepted_request", None), "input", None)
        signalled = getattr(about, "signal_name", "")
        updated_by = updated.name if updated is not None else ""
        details = getattr(about, "details", {}) if hasattr(about, "marker_name") else {}
        patched = str(details["patch-data"]) if "patch-data" in details else ""
        found.add((story, str(event.event_type), *names, updated_by, signalled, patched))
    return found


def write(name: str, history: WorkflowHistory) -> Path:
    """Keep a history, without the stack traces of its failures: they tell of a machine."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.pb"
    kept = History(events=history.events)
    _forget_traces(kept)
    path.write_bytes(kept.SerializeToString())
    return path


def _forget_traces(message: Message) -> None:
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            continue
        for each in [value] if isinstance(value, Message) else _held(value):
            _forget_traces(each)
    if isinstance(message, Failure):
        message.stack_trace = ""


def _held(value: object) -> list[Message]:
    """The messages of a repeated field, or of a map."""
    found = value.values() if isinstance(value, Mapping) else value
    assert isinstance(found, Iterable)
    return [each for each in found if isinstance(each, Message)]
