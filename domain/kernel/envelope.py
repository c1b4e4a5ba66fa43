"""What travels to and from the event log: an event's bytes with who, why and within what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.kernel.model import Value


class Metadata(Value):
    """Who caused an event, by which command, within which story, under which trace."""

    actor: str
    """Who asked, such as ``account/acc_...`` or ``worker/studio``; never a name."""
    correlation_id: str
    """The story that the event belongs to, such as ``generation/gen_...``."""
    causation_id: str
    """The id of the command that caused it."""
    traceparent: str | None = None
    """W3C Trace Context, when the request was traced."""
    schema_version: int = 1


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event on its way into a stream."""

    event_id: UUID
    type: str
    """Its stored name with its version, such as ``video-requested.v1``."""
    data: bytes
    metadata: Metadata


class RecordedEvent(NamedTuple):
    """An event as the log keeps it. ``position`` orders the whole log, ``revision`` its stream.

    A tuple, because readers make them by the hundred thousand.
    """

    position: int
    stream: str
    revision: int
    event_id: UUID
    type: str
    data: bytes
    meta: bytes
    recorded_at: datetime

    @property
    def metadata(self) -> Metadata:
        """The envelope's metadata, decoded on demand."""
        return Metadata.model_validate_json(self.meta)
