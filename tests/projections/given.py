"""Given these events in the log, when a projection has caught up, then these rows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

import asyncpg

from domain.account.notice import NoticePosted, notice_id
from domain.cameo.cameo import VersionApproved
from domain.cameo.enrolment_events import EnrolmentStarted
from domain.catalog import EVENTS
from domain.consent.appearance import AppearanceNoted
from domain.consent.asking import ConsentAsked
from domain.kernel.envelope import Metadata, NewEvent
from domain.kernel.ids import event_id
from domain.kernel.model import Event
from domain.kernel.ports import EventLog, Expected, StreamAppend
from domain.moderation.undoing import UndoCompleted, UndoStarted
from domain.provenance.case import CaseClosed, CaseOpened
from domain.video.places import VideoPlaced, VideoUnplaced
from domain.video.video import VideoHidden, VideoReleased, VideoShown
from infra.cli.bench_stories import Entry, appends
from infra.eventlog.codec import CatalogCodec
from projections.fingerprint import Fingerprint, fingerprint
from projections.projection import Projection
from projections.runner import Runner

_CODEC: Final = CatalogCodec(EVENTS)


async def happened(log: EventLog, *events: Event) -> int:
    """Record events, each in the stream where it belongs; the position of the last one."""
    position = 0
    for event in events:
        stream = _stream_of(event)
        number = len(await log.read_stream(stream))
        command = f"{stream}/{number}"
        metadata = Metadata(actor="client/test", correlation_id=stream, causation_id=command)
        new = _CODEC.encode(event, event_id(command, 0), metadata)
        position = await written(log, stream, new, expected=number - 1)
    return position


async def written(log: EventLog, stream: str, event: NewEvent, expected: int = Expected.ANY) -> int:
    """Put one encoded event into a stream; its position."""
    return (await log.append([StreamAppend(stream, expected, (event,))])).position


def unreadable(stored_name: str, stream: str, data: bytes = b'{"at": 7}') -> NewEvent:
    """An event that no projection can fold, with bytes that its model never wrote."""
    metadata = Metadata(actor="client/test", correlation_id=stream, causation_id=f"{stream}/broken")
    return NewEvent(event_id(f"{stream}/broken/{data!r}", 0), stored_name, data, metadata)


async def told(log: EventLog, entries: Iterable[Entry], pause_seconds: float = 0) -> int:
    """Record whole stories, in order, two hundred events at a time; how many events."""
    told = 0
    for batch in appends(entries):
        await log.append(batch)
        told += sum(len(each.events) for each in batch)
        await asyncio.sleep(pause_seconds)
    return told


async def folded(projection: Projection[Any], log: EventLog, dsn: str, batch: int = 2000) -> Runner:
    """Let a projection catch up."""
    runner = Runner(projection, log, EVENTS, dsn, batch_events_max=batch)
    await runner.catch_up()
    return runner


async def bytes_of(projection: Projection[Any], dsn: str) -> Fingerprint:
    """The bytes of the live table."""
    connection = await asyncpg.connect(dsn)
    try:
        return await fingerprint(connection, projection)
    finally:
        await connection.close()


def _stream_of(event: Event) -> str:
    match event:
        case NoticePosted():
            return f"notice-{notice_id(event.about, event.kind, event.occasion)}"
        case VideoReleased() | VideoHidden() | VideoShown() | VideoPlaced() | VideoUnplaced():
            return f"video-{event.video_id}"
        case ConsentAsked():
            return f"ask-{event.ask_id}"
        case AppearanceNoted():
            return f"appearance-{event.appearance_id}"
        case EnrolmentStarted():
            return f"enrolment-{event.enrolment_id}"
        case VersionApproved():
            return f"cameo-{event.cameo_id}"
        case UndoStarted() | UndoCompleted():
            return f"undo-{event.batch_id}"
        case CaseOpened() | CaseClosed():
            return f"case-{event.case_id}"
        case _ if hasattr(event, "case_id"):
            return f"moderation-{event.case_id}"
    return f"generation-{event.generation_id}"  # type: ignore[attr-defined]
