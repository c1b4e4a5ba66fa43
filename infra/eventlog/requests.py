"""What every event log checks before it looks at a stream: a request that can never succeed.

A request names each stream once. Two entries for one stream would have to agree on revisions with
each other, and KurrentDB takes one entry per stream: join the events into one entry instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from domain.kernel.ports import Expected, StreamAppend, StreamCheck

STREAM_BYTES_MAX: Final = 512
_SITUATIONS: Final = frozenset(Expected)


class InvalidAppend(ValueError):
    """This append can never succeed as it is, so trying it again does not help."""


def require_valid(appends: Sequence[StreamAppend], checks: Sequence[StreamCheck]) -> None:
    """Raise ``InvalidAppend`` for what is wrong whatever the streams hold."""
    if not appends:
        raise InvalidAppend("An append names no stream to write to; name at least one.")
    entries: list[StreamAppend | StreamCheck] = [*appends, *checks]
    for entry in entries:
        _require_stream_name(entry.stream)
        _require_expectation(entry)
    _require_each_stream_once(appends, checks)
    _require_distinct_events(appends)


def id_taken(stream: str) -> InvalidAppend:
    """Events that stand in the log already, though not where this append would put them."""
    return InvalidAppend(
        f"An append to {stream} carries an event id that already stands elsewhere in the log; "
        "derive each id from its own command and step."
    )


def _require_stream_name(stream: str) -> None:
    if not stream or not stream.isprintable():
        raise InvalidAppend("A stream has no name or one with control characters; use category-id.")
    if len(stream.encode()) > STREAM_BYTES_MAX:
        raise InvalidAppend(f"A stream's name is longer than {STREAM_BYTES_MAX} bytes; shorten it.")


def _require_expectation(entry: StreamAppend | StreamCheck) -> None:
    if entry.expected < 0 and entry.expected not in _SITUATIONS:
        raise InvalidAppend(
            f"{entry.expected} is no revision to expect of {entry.stream}; "
            "give 0 or more, or one of Expected."
        )
    if isinstance(entry, StreamCheck) and entry.expected == Expected.ANY:
        raise InvalidAppend(f"A check of {entry.stream} that accepts anything checks nothing.")


def _require_each_stream_once(
    appends: Sequence[StreamAppend], checks: Sequence[StreamCheck]
) -> None:
    written = {entry.stream for entry in appends}
    checked = {entry.stream for entry in checks}
    if len(written) < len(appends):
        raise InvalidAppend("An append names one stream twice; join its events into one entry.")
    if len(checked) < len(checks):
        raise InvalidAppend("An append checks one stream twice; check it once.")
    if both := written & checked:
        raise InvalidAppend(
            f"An append writes to {min(both)} and checks it too; "
            "its expected revision is the check."
        )


def _require_distinct_events(appends: Sequence[StreamAppend]) -> None:
    for entry in appends:
        if not entry.events:
            raise InvalidAppend(f"An append to {entry.stream} holds no event; leave it out.")
    ids = [event.event_id for entry in appends for event in entry.events]
    if len(set(ids)) < len(ids):
        raise InvalidAppend(f"An append to {appends[0].stream} carries one event id twice.")
