"""A batch of appends as PostgreSQL takes it: arrays side by side, and the answers taken apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from domain.kernel.envelope import NewEvent
from domain.kernel.ports import Appended, StreamAppend, StreamCheck, WrongRevision
from infra.eventlog.codec import encode_metadata
from infra.eventlog.requests import InvalidAppend, id_taken

EventRow = tuple[UUID, str, int, bytes, bytes, str, str, str]
"""Id, type, schema version, data, metadata, correlation id, causation id, actor."""


@dataclass(frozen=True, slots=True)
class Request:
    """One caller's append, encoded in the caller's time rather than in the committer's."""

    entries: Sequence[StreamAppend | StreamCheck]
    counts: Sequence[int]
    """How many events each entry has; 0 for a check."""
    rows: Sequence[EventRow]
    size_bytes: int

    @classmethod
    def of(cls, appends: Sequence[StreamAppend], checks: Sequence[StreamCheck]) -> Request:
        """Flatten a valid append."""
        rows = [_row(event) for entry in appends for event in entry.events]
        return cls(
            entries=(*appends, *checks),
            counts=(*(len(entry.events) for entry in appends), *(0 for _ in checks)),
            rows=rows,
            size_bytes=sum(len(row[3]) + len(row[4]) for row in rows),
        )


def _row(event: NewEvent) -> EventRow:
    metadata = event.metadata
    return (
        event.event_id,
        event.type,
        metadata.schema_version,
        event.data,
        encode_metadata(metadata),
        metadata.correlation_id,
        metadata.causation_id,
        metadata.actor,
    )


def arguments(requests: Sequence[Request]) -> list[list[Any]]:
    """The twelve arrays that ``append.sql`` takes."""
    entries = [
        (number, entry.stream, entry.expected, count)
        for number, request in enumerate(requests)
        for entry, count in zip(request.entries, request.counts, strict=True)
    ]
    events = [row for request in requests for row in request.rows]
    return [list(column) for column in (*zip(*entries, strict=True), *zip(*events, strict=True))]


def answers(
    requests: Sequence[Request], rows: Sequence[asyncpg.Record]
) -> Iterator[Appended | WrongRevision | InvalidAppend]:
    """One answer for each request, in order, out of one row for each entry."""
    first = 0
    for request in requests:
        end = first + len(request.entries)
        yield _answer(request, rows[first:end])
        first = end


def _answer(
    request: Request, rows: Sequence[asyncpg.Record]
) -> Appended | WrongRevision | InvalidAppend:
    for entry, (outcome, revision, _) in zip(request.entries, rows, strict=True):
        if outcome == "wrong":
            return WrongRevision(entry.stream, entry.expected, revision)
        if outcome == "taken":
            return id_taken(entry.stream)
    written = [row for row, count in zip(rows, request.counts, strict=True) if count]
    return Appended(
        position=max(row["at_position"] for row in written),
        revisions=tuple(row["at_revision"] for row in written),
    )
