"""Events and streams for the tests of an event log, made from a scope of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from ulid import ULID

from domain.kernel.envelope import Metadata, NewEvent, RecordedEvent
from domain.kernel.ids import event_id
from domain.kernel.ports import Appended, EventLog, StreamAppend

METADATA = Metadata(
    actor="account/acc_01J8ZQ4W6V3T2S1R0Q9P8N7M6K",
    correlation_id="generation/gen_01J8ZQ4W6V3T2S1R0Q9P8N7M6K",
    causation_id="cmd_01J8ZQ4W6V3T2S1R0Q9P8N7M6K",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    schema_version=3,
)


@dataclass(frozen=True)
class Scope:
    """Names that no other test uses, so that a log may be shared and kept."""

    key: str = field(default_factory=lambda: str(ULID()))

    def stream(self, name: str = "one") -> str:
        return f"scene-{name}_{self.key}"

    def event(self, name: str) -> NewEvent:
        """The event of this name: the same name is the same event."""
        return NewEvent(
            event_id(f"{self.key}/{name}", 0), "slate-marked.v3", name.encode(), METADATA
        )

    def events(self, *names: str) -> list[NewEvent]:
        return [self.event(name) for name in names]

    def entry(self, expected: int, *names: str, stream: str = "one") -> StreamAppend:
        return StreamAppend(self.stream(stream), expected, self.events(*names))


def said(events: Sequence[RecordedEvent]) -> list[str]:
    """What the events carry, in their order."""
    return [event.data.decode() for event in events]


async def write(log: EventLog, *entries: StreamAppend) -> Appended:
    """Append entries without checks."""
    return await log.append(entries)


async def take(subscription: AsyncIterator[list[RecordedEvent]], count: int) -> list[RecordedEvent]:
    """The next events of a subscription, at least this many."""
    taken: list[RecordedEvent] = []
    while len(taken) < count:
        taken += await anext(subscription)
    return taken
