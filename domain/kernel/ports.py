"""What the domain asks of the world: an event log, a codec for it, and a store for media."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from domain.kernel.envelope import Metadata, NewEvent, RecordedEvent
from domain.kernel.model import Event

START: Final = 0
"""The position before the first event of a log."""


class Expected(IntEnum):
    """What a stream must look like for an append, where no exact revision is known.

    Retries are recognised for certain only with ``NO_STREAM`` or an exact revision (0 and up).
    """

    NO_STREAM = -1
    ANY = -2
    EXISTS = -4


@dataclass(frozen=True, slots=True)
class StreamAppend:
    """Events for one stream, and the revision of its last event that the writer has seen."""

    stream: str
    expected: int
    events: Sequence[NewEvent]


@dataclass(frozen=True, slots=True)
class StreamCheck:
    """A stream that must not have moved from this revision, though nothing is written to it."""

    stream: str
    expected: int


@dataclass(frozen=True, slots=True)
class Appended:
    """Where an append ended: the log's position and the new revision of each stream."""

    position: int
    revisions: tuple[int, ...]


class WrongRevision(Exception):
    """A stream is not at the revision that the writer expected. Read it again and decide anew."""

    def __init__(self, stream: str, expected: int, actual: int) -> None:
        super().__init__(f"{stream} is at revision {actual}, {expected} was expected")
        self.stream, self.expected, self.actual = stream, expected, actual

    def __reduce__(self) -> tuple[type[WrongRevision], tuple[str, int, int]]:
        return type(self), (self.stream, self.expected, self.actual)


class LogUnavailable(Exception):
    """The event log cannot be reached, or the outcome of an append is unknown.

    Appending the same events again is safe: their ids make the retry find itself.
    """


class EventLog(Protocol):
    """An append-only log of events in streams, with one order over all of them."""

    async def append(
        self, appends: Sequence[StreamAppend], checks: Sequence[StreamCheck] = ()
    ) -> Appended:
        """Write to several streams atomically, or raise ``WrongRevision`` and write nothing.

        Events that already stand where they would be written make this a repeated success.
        """
        ...

    async def read_stream(
        self, stream: str, after: int = -1, limit: int | None = None
    ) -> list[RecordedEvent]:
        """A stream's events after a revision, oldest first; empty when there is no such stream."""
        ...

    async def read_all(self, after: int = START, limit: int = 1000) -> list[RecordedEvent]:
        """Events of all streams after a position, in log order."""
        ...

    async def head(self) -> int:
        """The position of the last event, or ``START``."""
        ...

    def subscribe(self, after: int = START) -> AsyncIterator[list[RecordedEvent]]:
        """Batches after a position, then new ones as they are written, until the reader stops.

        Survives lost connections; each event comes once, in order.
        """
        ...


class EventCodec(Protocol):
    """Between events and what the log stores. This is where personal fields can be sealed."""

    def encode(self, event: Event, event_id: UUID, metadata: Metadata) -> NewEvent: ...

    def decode(self, recorded: RecordedEvent) -> Event: ...


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object in the store: its key, its size in bytes and the SHA-256 of its bytes, in hex."""

    key: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class UploadGrant:
    """Leave to write one object: POST a form with these fields and, last, the part ``file``.

    The store itself refuses what is larger than ``bytes_max``, of another type, or too late.
    """

    address: str
    fields: Mapping[str, str]
    bytes_max: int
    expires_at: datetime


class ObjectMissing(Exception):
    """The store has no such object."""


class StoreUnavailable(Exception):
    """The object store cannot be reached or cannot take more. Trying again later is safe."""


class HashMismatch(Exception):
    """An object's bytes are not those that were written. It must not be used."""


class ObjectTooLarge(Exception):
    """An object has more bytes than its reader takes. It was not read to its end."""


class ObjectStore(Protocol):
    """Media by key. Writing the same key twice with the same bytes is harmless."""

    async def put_file(self, key: str, path: Path, content_type: str) -> StoredObject:
        """Upload a file and report its size and hash."""
        ...

    async def get_file(
        self, key: str, path: Path, sha256: str | None = None, size_max: int | None = None
    ) -> StoredObject:
        """Download to a file; raise ``HashMismatch`` when the bytes are not as promised.

        With ``size_max``, no more than so many bytes are read: ``ObjectTooLarge`` otherwise.
        """
        ...

    async def copy(self, source: str, target: str) -> None:
        """Copy within the store."""
        ...

    async def verify(self, key: str, sha256: str) -> StoredObject:
        """Read the whole object back and compare its hash, or raise ``HashMismatch``."""
        ...

    async def delete(self, key: str) -> None:
        """Remove an object; one that is gone already is no error."""
        ...

    def list(self, prefix: str) -> AsyncIterator[tuple[str, float]]:
        """Keys under a prefix with the seconds since the epoch at which each was written."""
        ...

    async def address(self, key: str, lifetime: timedelta) -> str:
        """A short-lived URL from which a reader can fetch the object."""
        ...

    async def upload_grant(
        self, key: str, content_type: str, bytes_max: int, expires_at: datetime
    ) -> UploadGrant:
        """Leave for a stranger to write this one object, once or more, until it expires."""
        ...
